// Chat messages as clients write them: every role, part and kind of call, in good and bad order.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { callArguments, dataUrl, toolName } from './generate-parts.ts';

export function chatMessages(c: Choices): JsonObject[] {
  const first: JsonObject[] = c.chance(50) ? [instruction(c)] : [];
  return [...first, ...c.list(1, 4, () => turn(c)).flat()];
}

function turn(c: Choices): JsonObject[] {
  return c.pick<JsonObject[]>(
    () => [user(c)],
    () => exchange(c),
    () => [assistant(c, [])],
    () => [instruction(c)],
    () => (c.chance(30) ? legacy(c) : exchange(c)),
    () => (c.chance(30) ? [result(c, `call_${c.word()}`)] : [{ role: 'user', content: c.text() }]),
  );
}

function user(c: Choices): JsonObject {
  const content = userContent(c);
  return { role: 'user', content, ...common(c, content) };
}

/** A mark on the message stands for one on its last part, so parts with marks of their own have none. */
function common(c: Choices, content: JsonValue): JsonObject {
  const marked =
    typeof content === 'string' && content !== '' && c.chance(8)
      ? { cache_control: { type: 'ephemeral' } }
      : {};
  return {
    ...marked,
    ...c.members(10, { name: () => c.word() }),
    ...c.members(6, { x_new: () => c.word() }),
  };
}

function instruction(c: Choices): JsonObject {
  const content = c.one<JsonValue>(c.text(), [textPart(c), textPart(c)]);
  return { role: c.one('system', 'developer'), content, ...common(c, content) };
}

function marks(c: Choices): JsonObject {
  const mark = c.pick<JsonObject>(
    () =>
      c.members(12, {
        cache_control: () => ({ type: 'ephemeral', ...c.members(50, { ttl: () => c.one('5m', '1h') }) }),
      }),
    () => c.members(12, { prompt_cache_breakpoint: () => ({ mode: 'explicit', ttl: c.one('30m', '12h') }) }),
  );
  return { ...mark, ...c.members(8, { x_new: () => c.word() }) };
}

function textPart(c: Choices): JsonObject {
  return { type: 'text', text: c.chance(5) ? '' : c.text(), ...marks(c) };
}

function userContent(c: Choices): JsonValue {
  if (c.chance(40)) return c.text();
  return c.list(1, 3, () => userPart(c));
}

function userPart(c: Choices): JsonObject {
  if (c.rarely())
    return c.pick<JsonObject>(
      () => audio(c),
      () => ownFile(c),
      () => ({ type: 'x_part', deep: { id: c.word() } }),
    );
  return c.pick<JsonObject>(
    () => textPart(c),
    () => ({
      type: 'image_url',
      image_url: { url: `https://e.com/${c.word()}.png`, ...detail(c) },
      ...marks(c),
    }),
    () => ({
      type: 'image_url',
      image_url: { url: dataUrl(c, c.one('image/png', 'image/jpeg')), ...detail(c) },
      ...marks(c),
    }),
    () => ({
      type: 'file',
      file: {
        file_data: dataUrl(c, 'application/pdf'),
        ...c.members(70, { filename: () => `${c.word()}.pdf` }),
      },
      ...marks(c),
    }),
  );
}

function audio(c: Choices): JsonObject {
  return { type: 'input_audio', input_audio: { data: c.word(), format: c.one('wav', 'mp3') } };
}

function ownFile(c: Choices): JsonObject {
  return { type: 'file', file: { file_id: c.word(), ...c.members(50, { filename: () => c.word() }) } };
}

function detail(c: Choices): JsonObject {
  return c.members(40, { detail: () => c.one('low', 'high', 'auto', 'original') });
}

function assistant(c: Choices, calls: JsonObject[]): JsonObject {
  const content = c.pick<JsonValue>(
    () => c.text(),
    () => c.list(1, 2, () => (c.chance(25) ? { type: 'refusal', refusal: c.text() } : textPart(c))),
    () => (calls.length > 0 ? null : c.text()),
    () => '',
  );
  return {
    role: 'assistant',
    content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...c.members(15, { refusal: () => c.text(), reasoning_content: () => c.text(), annotations: () => [] }),
    ...c.members(4, {
      audio: () => ({ id: c.word(), ...c.members(70, { transcript: () => c.text() }) }),
      reasoning: () => c.text(),
    }),
    ...common(c, content),
  };
}

/** Calls with their results: each once mostly, else none, two, or out of order. */
function exchange(c: Choices): JsonObject[] {
  const calls = c.list(1, 3, () => call(c));
  const results = calls.flatMap((one) => {
    const id = String(one.id);
    const times = c.one(1, 1, 1, 1, 0, 2);
    return Array.from({ length: times }, () => result(c, id));
  });
  return [assistant(c, calls), ...(c.chance(20) ? results.toReversed() : results)];
}

function call(c: Choices): JsonObject {
  const id = c.one(
    `call_${c.word()}`,
    `call_${c.word()}`,
    `functions.${c.word()}:0`,
    `${'i'.repeat(60)}${c.word()}`,
  );
  if (c.chance(15)) return { id, type: 'custom', custom: { name: toolName(c), input: c.text() } };
  return {
    id,
    type: 'function',
    function: { name: toolName(c), arguments: callArguments(c) },
    ...c.members(5, { x_new: () => c.word(), index: () => 0 }),
  };
}

function result(c: Choices, tool_call_id: string): JsonObject {
  const content = c.pick<JsonValue>(
    () => c.text(),
    () => [textPart(c), textPart(c)],
    () => `[tool error] ${c.text()}`,
    () => '',
  );
  return { role: 'tool', tool_call_id, content, ...common(c, content) };
}

function legacy(c: Choices): JsonObject[] {
  const name = c.word();
  return [
    { role: 'assistant', content: null, function_call: { name, arguments: callArguments(c) } },
    { role: 'function', name, content: c.text() },
  ];
}
