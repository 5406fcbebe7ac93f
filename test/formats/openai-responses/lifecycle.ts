// Writes events as a Responses stream and checks that the stream is a legal life cycle.

import type { StreamEvent } from '../../../src/canonical/event.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { parseFrames } from '../../../src/lib/sse.ts';

export const dressWith = (request: JsonObject = {}): Dress => ({
  model: 'claude-opus-4.6',
  id: 'resp_01TEST',
  createdS: 1_790_000_000,
  nowS: () => 1_790_000_009,
  includeUsage: true,
  request,
  requestId: 'req-1',
});

export function encode(events: StreamEvent[], request: JsonObject = {}): JsonObject[] {
  const encoder = openaiResponses.streamEncoder(dressWith(request));
  const text = events.map((event) => encoder.push(event)).join('');
  return parseFrames(Buffer.from(text)).map((frame) => {
    const data = asObject(JSON.parse(frame.data));
    if (frame.event !== data.type) throw new Error('the event line does not name the type');
    return data;
  });
}

export const typesOf = (sent: JsonObject[]) => sent.map(({ type }) => String(type));
export const lastResponse = (sent: JsonObject[]) => asObject(sent.at(-1)?.response);
export const text = (index: number, ...pieces: string[]): StreamEvent[] => [
  { type: 'part-start', index, part: { kind: 'text' } },
  ...pieces.map(
    (piece): StreamEvent => ({ type: 'part-delta', index, delta: { kind: 'text', text: piece } }),
  ),
  { type: 'part-end', index },
];
export const call = (
  index: number,
  name: string,
  input: string,
  form: 'json' | 'text' = 'json',
): StreamEvent[] => [
  { type: 'part-start', index, part: { kind: 'tool-call', id: `call_${index}`, name, form } },
  { type: 'part-delta', index, delta: { kind: 'input', text: input } },
  { type: 'part-end', index },
];
export const start: StreamEvent = { type: 'start', id: 'upstream-id', model: 'upstream-model' };
export const end: StreamEvent = { type: 'finish', finish: { reason: 'end' } };

/** Why a stream is no legal life cycle, or undefined. */
export function breach(sent: JsonObject[]): string | undefined {
  const types = typesOf(sent);
  if (types[0] !== 'response.created' || types[1] !== 'response.in_progress') return 'begins wrongly';
  if (!/^response\.(completed|incomplete|failed)$/.test(types.at(-1) ?? '')) return 'has no end';
  const ids = new Set<string>();
  const done: unknown[] = [];
  let item: string | undefined;
  let parts = 0;
  let part: string | undefined;
  for (const [number, event] of sent.entries()) {
    const type = String(event.type);
    if (event.sequence_number !== number) return `${type} is misnumbered`;
    if (event.response !== undefined) {
      if (asObject(event.response).id !== 'resp_01TEST') return `${type} has another id`;
      if (number > 1 && number < sent.length - 1) return `${type} in the middle`;
      continue;
    }
    if (type === 'error') {
      if (types.at(-1) !== 'response.failed' || number !== sent.length - 2) return 'an error in the middle';
      continue;
    }
    if (event.output_index !== done.length) return `${type} has a wrong output_index`;
    if (type === 'response.output_item.added') {
      if (item !== undefined) return 'overlapping items';
      item = String(asObject(event.item).id);
      if (ids.has(item)) return 'an id twice';
      ids.add(item);
      parts = 0;
      continue;
    }
    if (item === undefined) return `${type} outside an item`;
    if (type === 'response.output_item.done') {
      if (part !== undefined) return 'an item ends before its part';
      if (asObject(event.item).id !== item) return 'another item ends';
      done.push(event.item);
      item = undefined;
      continue;
    }
    if (event.item_id !== item) return `${type} has a wrong item_id`;
    if (/part\.added$/.test(type)) {
      if (part !== undefined) return 'overlapping parts';
      part = type.includes('summary') ? 'summary' : 'content';
    } else if (/part\.done$/.test(type)) {
      if (part === undefined) return `${type} without a part`;
      part = undefined;
      parts++;
    } else if (/output_text|refusal|reasoning/.test(type)) {
      if (part === undefined) return `${type} outside a part`;
      if ((event.content_index ?? event.summary_index) !== parts && !type.includes('reasoning'))
        return `${type} has a wrong content_index`;
    }
  }
  const output = asArray(lastResponse(sent).output);
  if (types.includes('response.failed') && !types.includes('error')) return 'a failure without its error';
  const reported = types.at(-1) === 'response.failed' ? output.slice(0, done.length) : output;
  return Bun.deepEquals(withoutSources(reported), withoutSources(done))
    ? undefined
    : 'the answer differs from its items';
}

/** Sources may be told after the text they belong to is done. */
function withoutSources(items: unknown): unknown {
  return JSON.parse(JSON.stringify(items), (name, value) => (name === 'annotations' ? [] : value));
}
