// Contents of Gemini requests as clients write them: every kind of part, in good and bad order.

import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { toolName } from './generate-parts.ts';

export function googleContents(c: Choices): JsonObject[] {
  return c.list(1, 5, () => turn(c)).flat();
}

function turn(c: Choices): JsonObject[] {
  return c.pick<JsonObject[]>(
    () => [{ role: 'user', parts: c.list(1, 3, () => userPart(c)), ...odd(c) }],
    () => exchange(c),
    () => [{ role: 'model', parts: c.list(1, 3, () => modelPart(c)), ...odd(c) }],
    () => [{ parts: [{ text: c.text() }] }],
  );
}

function odd(c: Choices): JsonObject {
  return c.members(4, { x_new: () => c.word() });
}

function textPart(c: Choices): JsonObject {
  return { text: c.chance(5) ? '' : c.text(), ...odd(c) };
}

function userPart(c: Choices): JsonObject {
  if (c.rarely())
    return c.pick<JsonObject>(
      () => ({ inlineData: { mimeType: 'audio/wav', data: c.word() } }),
      () => ({ inlineData: { mimeType: 'video/mp4', data: c.word() }, videoMetadata: { fps: c.count(5) } }),
      () => ({ fileData: { fileUri: `gs://bucket/${c.word()}` } }),
      () => ({ xPart: { deep: c.word() } }),
    );
  return c.pick<JsonObject>(
    () => textPart(c),
    () => ({
      inlineData: {
        mimeType: c.one('image/png', 'image/jpeg'),
        data: c.word(),
        ...c.members(10, { displayName: () => c.word() }),
      },
      ...c.members(10, { mediaResolution: () => ({ level: c.word() }) }),
    }),
    () => ({
      inlineData: {
        mimeType: 'application/pdf',
        data: c.word(),
        ...c.members(50, { displayName: () => `${c.word()}.pdf` }),
      },
    }),
    () => ({ fileData: { mimeType: 'image/png', fileUri: `https://e.com/${c.word()}.png`, ...odd(c) } }),
  );
}

function modelPart(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => textPart(c),
    () => textPart(c),
    () => ({ text: c.text(), thought: true, ...signature(c, 30) }),
    () => ({ text: c.text(), ...signature(c, 50) }),
    () => ({ executableCode: { language: 'PYTHON', code: c.text() } }),
    () => ({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: c.text() } }),
  );
}

function signature(c: Choices, percent: number): JsonObject {
  return c.members(percent, { thoughtSignature: () => c.word() });
}

/** Calls with their results: each once mostly, else none, two, or out of order; with ids and without. */
function exchange(c: Choices): JsonObject[] {
  const hasIds = c.chance(60);
  const calls = c.list(1, 3, () => call(c, hasIds));
  const results = calls.flatMap((one) => {
    const { id, name } = one.functionCall as JsonObject;
    const times = hasIds ? c.one(1, 1, 1, 1, 0, 2) : 1;
    return Array.from({ length: times }, () =>
      result(c, id === undefined ? { name: name ?? '' } : { id, name: name ?? '' }),
    );
  });
  const parts = [...(c.chance(30) ? [modelPart(c)] : []), ...calls];
  const model = { role: 'model', parts };
  if (results.length === 0) return [model];
  const rest = c.chance(20) ? [textPart(c)] : [];
  const ordered = hasIds && c.chance(20) ? results.toReversed() : results;
  return [model, { role: c.one('user', 'function'), parts: [...rest, ...ordered] }];
}

function call(c: Choices, hasId: boolean): JsonObject {
  return {
    functionCall: {
      ...(hasId
        ? { id: c.one(`call_${c.word()}`, `functions.${c.word()}:0`, `${'i'.repeat(60)}${c.word()}`) }
        : {}),
      name: toolName(c),
      ...c.members(90, {
        args: () => ({ [c.word()]: c.text(), deep: { list: [c.word(), 1.5, true, null] } }),
      }),
      ...odd(c),
    },
    ...signature(c, 30),
  };
}

function result(c: Choices, whose: JsonObject): JsonObject {
  const response = c.pick<JsonObject>(
    () => ({ result: c.text() }),
    () => ({ output: c.text() }),
    () => ({ error: c.text() }),
    () => ({ [c.word()]: c.text(), list: [c.word(), null] }),
    () => ({ output: { [c.word()]: c.word() } }),
  );
  return {
    functionResponse: {
      ...whose,
      response,
      ...c.members(15, { parts: () => [{ inlineData: { mimeType: 'image/png', data: c.word() } }] }),
      ...odd(c),
    },
  };
}
