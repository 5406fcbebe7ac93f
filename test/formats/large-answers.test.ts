// Answers that are far larger than any model's own: all others wait while one is read, so that must not take for ever.

import { expect, test } from 'bun:test';
import type { StreamEvent } from '../../src/canonical/event.ts';
import { Fold } from '../../src/canonical/fold.ts';
import { encodeGrounding, GroundingReader } from '../../src/formats/google-generate-content/grounding.ts';
import { CODECS } from '../../src/formats/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { parseFrames } from '../../src/lib/sse.ts';

const COUNT = 60_000;
const list = <T>(one: (index: number) => T): T[] => Array.from({ length: COUNT }, (_, index) => one(index));

function fold(events: StreamEvent[]): Fold {
  const folded = new Fold();
  for (const event of events) folded.push(event);
  return folded;
}

function callAt(index: number): StreamEvent[] {
  return [
    { type: 'part-start', index, part: { kind: 'tool-call', id: `c${index}`, name: 'f', form: 'json' } },
    { type: 'part-delta', index, delta: { kind: 'input', text: '{}' } },
    { type: 'part-end', index },
  ];
}

test.each(CODECS.map((codec) => [codec.id, codec] as const))(
  'tens of thousands of tool calls are written and read, %s',
  (_, codec) => {
    const dress = { model: 'm', id: 'id_1', createdS: 1, includeUsage: false, request: {}, requestId: 'req' };
    const encoder = codec.streamEncoder(dress);
    const events: StreamEvent[] = [
      { type: 'start', id: 'a' },
      ...list(callAt).flat(),
      { type: 'finish', finish: { reason: 'tool' } },
    ];
    const wire = events.map((event) => encoder.push(event)).join('');
    const decoder = codec.streamDecoder();
    const read = parseFrames(Buffer.from(wire)).flatMap((frame) => decoder.push(frame));
    const { parts } = fold([...read, ...decoder.end()]).response();
    expect(parts.filter((part) => part.kind === 'tool-call')).toHaveLength(COUNT);
  },
);

test('tool calls that all wait for the first one get their own arguments', () => {
  const decoder = openaiChat.streamDecoder();
  const frame = (...calls: object[]) => ({
    data: JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] }),
  });
  const opened = list((i) => frame({ index: i, id: `c${i}`, function: { name: 'f', arguments: '' } }));
  const told = list((i) => frame({ index: i, function: { arguments: `[${i}]` } }));
  const events = [...opened, ...told].flatMap((each) => decoder.push(each));
  const end = { data: '{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}' };
  events.push(...decoder.push(end), ...decoder.push({ data: '[DONE]' }), ...decoder.end());
  const inputs = fold(events)
    .response()
    .parts.map((part) => part.kind === 'tool-call' && part.input);
  expect(inputs).toEqual(list((i) => `[${i}]`));
});

test('citations and odds of one text add up', () => {
  const odds = { token: 'a', logprob: -1, bytes: null, top: [] };
  const events: StreamEvent[] = list((i): StreamEvent[] => [
    { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'a', logprobs: [odds] } },
    { type: 'part-delta', index: 0, delta: { kind: 'citation', citation: { kind: 'url', url: `u${i}` } } },
  ]).flat();
  const [part] = fold([{ type: 'part-start', index: 0, part: { kind: 'text' } }, ...events]).response().parts;
  expect(part?.kind === 'text' && [part.citations?.length, part.logprobs?.length]).toEqual([COUNT, COUNT]);
});

test('sources that each point into a long text are found in it and written for it', () => {
  const text = 'ü'.repeat(200_000);
  const read = new GroundingReader();
  read.note({
    groundingMetadata: {
      groundingChunks: [{ web: { uri: 'u' } }],
      groundingSupports: list((i) => ({
        segment: { startIndex: 2 * i, endIndex: 400_000 },
        groundingChunkIndices: [0],
      })),
    },
  });
  const citations = read.take(text, undefined);
  expect(citations.at(-1)).toEqual({ kind: 'url', url: 'u', start: COUNT - 1, end: 200_000 });
  const short = citations.map((each) =>
    each.kind === 'url' ? { ...each, end: (each.start ?? 0) + 1 } : each,
  );
  const written = encodeGrounding([{ text, citations: short, partIndex: 0 }], []);
  expect(written?.groundingSupports).toHaveLength(COUNT);
});
