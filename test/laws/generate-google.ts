// Gemini requests as clients write them, with every member and kind of part of the mapping tables.

import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { googleContents } from './generate-google-contents.ts';
import { jsonSchema, toolName } from './generate-parts.ts';

export function googleRequest(c: Choices): JsonObject {
  const functions = c.chance(50) ? c.list(1, 3, () => declaration(c)) : [];
  const names = functions.map((one) => String(one.name));
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...hosted(c)];
  return {
    contents: googleContents(c),
    ...(c.chance(50)
      ? {
          systemInstruction: {
            parts: c.list(1, 2, () => ({ text: c.text() })),
            ...c.members(20, { role: () => 'user' }),
          },
        }
      : {}),
    ...(tools.length === 0 ? {} : { tools }),
    ...(c.chance(40) ? { toolConfig: toolConfig(c, names) } : {}),
    ...(c.chance(70) ? { generationConfig: config(c) } : {}),
    ...c.members(15, {
      safetySettings: () => [{ category: c.word(), threshold: c.word() }],
      serviceTier: () => c.one('standard', 'flex', 'priority', c.word()),
      labels: () => ({ [c.word()]: c.word() }),
      store: () => c.chance(50),
      x_new: () => ({ deep: [c.word()] }),
    }),
    ...(c.rarely() ? { cachedContent: c.word() } : {}),
  };
}

function declaration(c: Choices): JsonObject {
  const schema = c.pick<JsonObject>(
    () => ({ parametersJsonSchema: jsonSchema(c) }),
    () => ({ parameters: ownSchema(c) }),
    () => ({}),
  );
  return {
    name: toolName(c),
    ...c.members(70, { description: () => c.text() }),
    ...schema,
    ...c.members(8, { behavior: () => c.word(), x_new: () => c.word() }),
  };
}

/** Google's own dialect: types in capitals, limits as strings. */
function ownSchema(c: Choices): JsonObject {
  return {
    type: 'OBJECT',
    properties: {
      [c.word()]: { type: 'STRING', description: c.text(), ...c.members(30, { enum: () => [c.word()] }) },
      [c.word()]: { type: 'ARRAY', items: { type: 'INTEGER', description: c.text() } },
    },
    ...c.members(30, { required: () => [c.word()], description: () => c.text() }),
  };
}

function hosted(c: Choices): JsonObject[] {
  return [
    ...(c.chance(8) ? [{ googleSearch: c.members(30, { x_new: () => c.word() }) }] : []),
    ...(c.rarely() ? [c.one<JsonObject>({ codeExecution: {} }, { urlContext: { x_new: c.word() } })] : []),
  ];
}

function toolConfig(c: Choices, names: string[]): JsonObject {
  const [name] = names;
  const mode = c.one('AUTO', 'NONE', 'ANY', 'VALIDATED', 'ANY');
  const allowed =
    name === undefined || mode !== 'ANY' || c.chance(40)
      ? {}
      : { allowedFunctionNames: c.one(names, [name]) };
  return {
    functionCallingConfig: { mode, ...allowed, ...c.members(5, { x_new: () => c.word() }) },
    ...c.members(10, { retrievalConfig: () => ({ languageCode: c.word() }) }),
  };
}

function config(c: Choices): JsonObject {
  return {
    ...c.members(20, {
      maxOutputTokens: () => c.count(100),
      temperature: () => c.one(0.25, 0, 1, 1.75),
      topP: () => c.one(0.375, 1),
      topK: () => c.count(3000),
      seed: () => c.count(4000),
      frequencyPenalty: () => 0.125,
      presencePenalty: () => -0.625,
      stopSequences: () => c.list(1, 5, () => c.text()),
      responseLogprobs: () => true,
      logprobs: () => 7,
      thinkingConfig: () => thinking(c),
      mediaResolution: () => c.word(),
      speechConfig: () => ({
        voiceConfig: { prebuiltVoiceConfig: { voiceName: c.one('Kore', c.word()) } },
        ...c.members(30, { languageCode: () => c.word() }),
      }),
      x_new: () => c.word(),
    }),
    ...output(c),
    ...c.members(5, { responseModalities: () => ['TEXT'], candidateCount: () => 1 }),
    ...(c.rarely()
      ? c.one<JsonObject>(
          { responseModalities: ['TEXT', 'IMAGE'] },
          { responseModalities: ['AUDIO'] },
          { candidateCount: 2 },
        )
      : {}),
  };
}

function thinking(c: Choices): JsonObject {
  return {
    ...c.pick<JsonObject>(
      () => ({ thinkingLevel: c.one('MINIMAL', 'LOW', 'MEDIUM', 'HIGH', c.word()) }),
      () => ({ thinkingBudget: c.one(0, -1, c.count(1024)) }),
      () => ({}),
    ),
    ...c.members(40, { includeThoughts: () => c.chance(50), x_new: () => c.word() }),
  };
}

function output(c: Choices): JsonObject {
  if (!c.chance(30)) return {};
  return c.pick<JsonObject>(
    () => ({ responseMimeType: 'application/json' }),
    () => ({ responseMimeType: 'text/plain' }),
    () => ({ responseMimeType: 'application/json', responseJsonSchema: jsonSchema(c) }),
    () => ({ responseMimeType: 'application/json', responseSchema: ownSchema(c) }),
  );
}
