// Writing Chat streams: the shape every client needs, whatever order events come in.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { parseFrames } from '../../../src/lib/sse.ts';

const DRESS: Dress = {
  model: 'my-model',
  id: 'chatcmpl-ours',
  createdS: 1790000000,
  includeUsage: true,
  request: {},
  requestId: 'req-1',
};

type Chunk = {
  id: string;
  object: string;
  created: number;
  model: string;
  usage?: object | null;
  choices: {
    index: number;
    delta: Record<string, unknown>;
    logprobs: unknown;
    finish_reason: string | null;
  }[];
};

function write(events: StreamEvent[], dress: Partial<Dress> = {}): string {
  const encoder = openaiChat.streamEncoder({ ...DRESS, ...dress });
  return events.map((event) => encoder.push(event)).join('');
}

const dataOf = (text: string) => parseFrames(new TextEncoder().encode(text)).map((frame) => frame.data);
const chunksOf = (text: string) =>
  dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data): Chunk => JSON.parse(data));
const deltasOf = (text: string) =>
  chunksOf(text).flatMap((chunk) => chunk.choices.map((choice) => choice.delta));

const FINISH: StreamEvent = { type: 'finish', finish: { reason: 'end' } };
const usage = { ...noUsage(), input: 9, inputUncached: 9, output: 3 };

/** Throws when the text is not what a strict Chat client reads. */
function checkLegal(text: string, includeUsage: boolean): void {
  const data = dataOf(text);
  const isClosed = data.at(-1) === '[DONE]';
  const last = data.at(-1) ?? '{}';
  const isBroken = !isClosed && JSON.parse(last).error !== undefined;
  const chunks = data
    .filter((line) => line !== '[DONE]' && !line.includes('"type":"error"'))
    .map((line): Chunk => JSON.parse(line));
  expect(data.filter((line) => line === '[DONE]').length).toBe(isClosed ? 1 : 0);
  let finished = 0;
  const calls: { args: string }[] = [];
  for (const [i, chunk] of chunks.entries()) {
    expect([chunk.id, chunk.object, chunk.created, chunk.model]).toEqual([
      DRESS.id,
      'chat.completion.chunk',
      1790000000,
      'my-model',
    ]);
    if (chunk.choices.length === 0) {
      expect([includeUsage, i, finished]).toEqual([true, chunks.length - 1, 1]);
      expect(chunk.usage).toBeObject();
      continue;
    }
    expect('usage' in chunk).toBe(includeUsage);
    expect(chunk.usage ?? null).toBeNull();
    expect(finished).toBe(0);
    const [choice] = chunk.choices;
    expect([choice?.index, chunk.choices.length]).toEqual([0, 1]);
    expect(choice?.delta.role).toBe(i === 0 ? 'assistant' : undefined);
    if (choice?.finish_reason) finished++;
    for (const call of (choice?.delta.tool_calls ?? []) as Record<string, unknown>[]) {
      const index = call.index as number;
      const body = (call.function ?? call.custom) as { name?: string; arguments?: string; input?: string };
      if (index === calls.length) {
        expect([typeof call.id, typeof call.type, typeof body.name]).toEqual(['string', 'string', 'string']);
        calls.push({ args: call.function ? '' : '{}' });
      } else expect([call.id, call.type, body.name]).toEqual([undefined, undefined, undefined]);
      const made = calls[index];
      expect(made).toBeDefined();
      if (made && call.function) made.args += body.arguments ?? '';
    }
  }
  expect(finished).toBe(isClosed ? 1 : 0);
  if (isClosed) for (const call of calls) expect(call.args.trim()).not.toBe('');
  if (isBroken) expect(finished).toBe(0);
}

describe('the shape of the stream', () => {
  const events: StreamEvent[] = [
    { type: 'start', id: 'msg_up', model: 'up' },
    { type: 'part-start', index: 0, part: { kind: 'reasoning' } },
    { type: 'part-delta', index: 0, delta: { kind: 'reasoning', form: 'summary', section: 0, text: 'A' } },
    { type: 'part-delta', index: 0, delta: { kind: 'reasoning', form: 'summary', section: 1, text: 'B' } },
    { type: 'part-delta', index: 0, delta: { kind: 'seal', seal: { issuer: 'x', data: 'c2VjcmV0' } } },
    { type: 'part-end', index: 0 },
    { type: 'part-start', index: 1, part: { kind: 'text' } },
    { type: 'part-delta', index: 1, delta: { kind: 'text', text: 'Bern.' } },
    {
      type: 'part-delta',
      index: 1,
      delta: { kind: 'citation', citation: { kind: 'url', url: 'https://e.com' } },
    },
    { type: 'part-end', index: 1 },
    {
      type: 'part-start',
      index: 2,
      part: { kind: 'tool-call', id: 'call_A', name: 'weather', form: 'json' },
    },
    { type: 'part-delta', index: 2, delta: { kind: 'input', text: '{"city":' } },
    { type: 'part-delta', index: 2, delta: { kind: 'input', text: '"Bern"}' } },
    { type: 'part-end', index: 2 },
    { type: 'part-start', index: 3, part: { kind: 'tool-call', id: 'call_B', name: 'clock', form: 'json' } },
    { type: 'part-end', index: 3 },
    { type: 'part-start', index: 4, part: { kind: 'tool-call', id: 'call_C', name: 'patch', form: 'text' } },
    { type: 'part-delta', index: 4, delta: { kind: 'input', text: '***' } },
    { type: 'part-end', index: 4 },
    { type: 'usage', usage },
    { type: 'finish', finish: { reason: 'tool' } },
  ];

  test('every delta in order, names once, empty arguments as {}', () => {
    expect(deltasOf(write(events))).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'A' },
      { reasoning_content: '\n\nB' },
      { content: 'Bern.' },
      {
        annotations: [
          {
            type: 'url_citation',
            url_citation: { start_index: 0, end_index: 5, title: '', url: 'https://e.com' },
          },
        ],
      },
      {
        tool_calls: [
          { index: 0, id: 'call_A', type: 'function', function: { name: 'weather', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"Bern"}' } }] },
      {
        tool_calls: [
          { index: 1, id: 'call_B', type: 'function', function: { name: 'clock', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      { tool_calls: [{ index: 2, id: 'call_C', type: 'custom', custom: { name: 'patch', input: '' } }] },
      { tool_calls: [{ index: 2, custom: { input: '***' } }] },
      {},
    ]);
    expect(write(events)).not.toContain('c2VjcmV0');
  });

  test('the usage chunk comes only when asked for, behind the finish', () => {
    checkLegal(write(events), true);
    checkLegal(write(events, { includeUsage: false }), false);
    expect(write(events, { includeUsage: false })).not.toContain('usage');
    expect(chunksOf(write(events)).at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 3 },
    });
  });

  test('an error closes the stream without a finish and without [DONE]', () => {
    const fault = new Fault('upstream_truncated', 'It broke.', { cause: 'private words' });
    const text = write([...events.slice(0, 8), { type: 'error', fault }, ...events.slice(8)]);
    checkLegal(text, true);
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('private words');
    expect(JSON.parse(dataOf(text).at(-1) ?? '')).toEqual({
      type: 'error',
      error: {
        type: 'server_error',
        message: 'It broke.',
        code: 'upstream_truncated',
        param: null,
        details: { error_code: 'upstream_truncated' },
      },
      request_id: 'req-1',
    });
    const seen = { first: undefined, frames: 3, requestId: 'req-1' };
    expect(openaiChat.breakOff(fault, seen)).toBe(write([{ type: 'error', fault }]));
  });

  test('nothing comes after the end', () => {
    const encoder = openaiChat.streamEncoder(DRESS);
    encoder.push(FINISH);
    expect([
      encoder.push(FINISH),
      encoder.push({ type: 'error', fault: new Fault('bad_gateway', 'x') }),
    ]).toEqual(['', '']);
  });

  test('the text around a hosted tool is set apart', () => {
    const raw = { format: 'anthropic-messages', value: {} } as const;
    const text = write([
      { type: 'part-start', index: 0, part: { kind: 'text' } },
      { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'One' } },
      { type: 'part-end', index: 0 },
      { type: 'part-start', index: 1, part: { kind: 'opaque', type: 'server_tool_use', raw } },
      { type: 'part-end', index: 1 },
      { type: 'part-start', index: 2, part: { kind: 'text' } },
      { type: 'part-delta', index: 2, delta: { kind: 'text', text: 'Two' } },
      FINISH,
    ]);
    expect(deltasOf(text).map((delta) => delta.content)).toEqual(['', 'One', '\n\nTwo', undefined]);
  });

  test('a stream read and written again reads the same', () => {
    for (const name of ['text', 'tools', 'refusal', 'cited', 'custom-cut']) {
      const file = join(import.meta.dir, '../../fixtures', 'openai-chat', `${name}.sse`);
      const fold = (bytes: Uint8Array) => {
        const decoder = openaiChat.streamDecoder();
        const events = [...parseFrames(bytes).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
        const folded = new Fold();
        for (const event of events) folded.push(event);
        return { events, response: folded.response() };
      };
      const first = fold(readFileSync(file));
      const again = fold(
        new TextEncoder().encode(write(first.events, { id: 'chatcmpl-up1', model: 'gpt-5-2026-08-07' })),
      );
      // a refusal is written with the word for one, OpenAI itself says `stop`
      const strip = ({ usage, finish, ...rest }: typeof first.response) => ({
        ...rest,
        finish: finish.reason,
        usage: { ...usage, raw: null },
      });
      expect(strip(again.response)).toEqual(strip(first.response));
    }
  });
});

test('events in any order give a legal stream', () => {
  const index = fc.integer({ min: 0, max: 3 });
  const text = fc.constantFrom('', ' ', 'a', '{"x":1}');
  const event = fc.oneof(
    fc.constant<StreamEvent>({ type: 'start' }),
    fc.record({
      type: fc.constant('part-start' as const),
      index,
      part: fc.constantFrom(
        { kind: 'text' } as const,
        { kind: 'reasoning' } as const,
        { kind: 'refusal' } as const,
        { kind: 'tool-call', id: 'a', name: 'f', form: 'json' } as const,
        { kind: 'tool-call', id: 'b', name: 'g', form: 'text' } as const,
        { kind: 'audio', mediaType: 'audio/wav' } as const,
      ),
    }),
    fc.record({
      type: fc.constant('part-delta' as const),
      index,
      delta: fc.oneof(
        fc.record({ kind: fc.constant('text' as const), text }),
        fc.record({ kind: fc.constant('input' as const), text }),
        fc.record({ kind: fc.constant('refusal' as const), text }),
        fc.record({
          kind: fc.constant('reasoning' as const),
          form: fc.constantFrom('summary' as const, 'content' as const),
          section: index,
          text,
        }),
      ),
    }),
    fc.record({ type: fc.constant('part-end' as const), index }),
    fc.constant<StreamEvent>({ type: 'usage', usage }),
    fc.constant<StreamEvent>({ type: 'finish', finish: { reason: 'tool' } }),
    fc.constant<StreamEvent>({ type: 'error', fault: new Fault('bad_gateway', 'x') }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), fc.boolean(), (events, includeUsage) => {
      checkLegal(write(events, { includeUsage }), includeUsage);
    }),
    { numRuns: 300 },
  );
});
