// Answers of Google, whole and streamed, from published shapes: parts, seals, sources, usage, reasons.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import type { CanonicalResponse } from '../../../src/canonical/response.ts';
import { unfold } from '../../../src/canonical/unfold.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { googleGenerateContent as codec } from '../../../src/formats/google-generate-content/index.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { FrameSplitter, parseFrames } from '../../../src/lib/sse.ts';

const FOLDER = join(import.meta.dir, '../../fixtures', 'google-generate-content');
const fixture = (name: string) =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as JsonObject;
const stream = (name: string) => readFileSync(join(FOLDER, `${name}.sse`));

function fold(wire: Uint8Array, size = 1000): Fold {
  const splitter = new FrameSplitter();
  const decoder = codec.streamDecoder();
  const folded = new Fold();
  const take = (bytes: Uint8Array) => {
    for (const frame of parseFrames(bytes)) for (const event of decoder.push(frame)) folded.push(event);
  };
  for (let at = 0; at < wire.length; at += size) take(splitter.push(wire.subarray(at, at + size)));
  take(splitter.rest());
  for (const event of decoder.end()) folded.push(event);
  return folded;
}

const frames = (...pieces: JsonObject[]) =>
  Buffer.from(pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join(''));
const candidate = (parts: JsonObject[], members: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...members }],
});
const whole = (body: JsonObject) => codec.decodeResponse(body);
const firstOf = (body: JsonObject) => asObject(asArray(body.candidates)[0]);
const partsOf = (body: JsonObject) => asArray(asObject(firstOf(body).content).parts).map(asObject);
const meaning = ({ usage, ...rest }: CanonicalResponse) => ({
  ...rest,
  usage: usage && { ...usage, source: '' },
});

const dress: Dress = {
  model: 'my-gemini',
  id: 'answer-1',
  createdS: 1,
  includeUsage: true,
  request: {},
  requestId: 'req-1',
};

test('a source told beside the second of two texts that begin alike is of the second', () => {
  const segment = { startIndex: 0, endIndex: 4, text: 'Rain' };
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://weather.example/' } }],
    groundingSupports: [{ segment, groundingChunkIndices: [0] }],
  };
  const wire = frames(
    candidate([{ text: 'Rain today?' }]),
    candidate([{ functionCall: { name: 'look_outside', args: {} } }]),
    candidate([{ text: 'Rain it is.' }]),
    candidate([{ text: '' }], { groundingMetadata }),
    candidate([{ text: '' }], { groundingMetadata, finishReason: 'STOP' }),
  );
  const texts = fold(wire)
    .response()
    .parts.filter((part) => part.kind === 'text');
  expect(texts.map(({ citations }) => citations)).toEqual([
    undefined,
    [{ kind: 'url', url: 'https://weather.example/', start: 0, end: 4 }],
  ]);
});

describe.each(['tools', 'grounded', 'code', 'blocked'])('the published answer %s', (name) => {
  test('is the same streamed and whole, at every chunk size', () => {
    for (const size of [1, 2, 3, 7, 64, 100_000]) {
      const folded = fold(stream(name), size);
      expect(folded.fault).toBeUndefined();
      expect(meaning(folded.response())).toEqual(meaning(whole(fixture(name))));
    }
  });

  test('cut before its last piece is a truncated answer', () => {
    const wire = stream(name);
    const last = wire.lastIndexOf('data:');
    expect(fold(wire.subarray(0, last)).fault?.code).toBe('upstream_truncated');
  });
});

test('thoughts, text and calls keep their order; the seal stands in front of what it was put on', () => {
  const { parts, finish } = whole(fixture('tools'));
  expect(parts.map((part) => part.kind)).toEqual([
    'reasoning',
    'text',
    'reasoning',
    'tool-call',
    'tool-call',
  ]);
  expect(parts[0]).toMatchObject({ summary: [expect.stringContaining('forecast first. ☀️')], content: [] });
  expect(parts[2]).toMatchObject({ redacted: true, seal: { issuer: 'google', data: expect.any(String) } });
  expect(parts[3]).toMatchObject({ name: 'get_weather', input: '{"city":"São Paulo","days":2}' });
  expect(finish).toEqual({ reason: 'tool', raw: 'STOP' });
});

test('a seal on the part right behind the thoughts is theirs', () => {
  const { parts } = whole(
    candidate([
      { text: 'Hm.', thought: true },
      { functionCall: { name: 'f' }, thoughtSignature: 'abc' },
    ]),
  );
  expect(parts).toMatchObject([
    { kind: 'reasoning', summary: ['Hm.'], seal: { issuer: 'google', data: 'abc' } },
    { kind: 'tool-call', name: 'f', input: '{}' },
  ]);
});

test('calls without ids get stable ones that differ within an answer and between answers', () => {
  const ids = (body: JsonObject) =>
    whole(body).parts.flatMap((part) => (part.kind === 'tool-call' ? [part.id] : []));
  const [first, second] = ids(fixture('tools'));
  expect(first).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  expect(first).not.toBe(second);
  expect(ids(fixture('tools'))).toEqual([first ?? '', second ?? '']);
  expect(ids({ ...fixture('tools'), responseId: 'another' })).not.toContain(first);
});

test('sources count bytes at Google and code points here', () => {
  const [text] = whole(fixture('grounded')).parts;
  if (text?.kind !== 'text') throw new Error('no text');
  const points = Array.from(text.text);
  const cited = (text.citations ?? []).map((one) =>
    one.kind === 'url' ? [one.title, points.slice(one.start, one.end).join('')] : [],
  );
  expect(cited).toEqual([
    ['admin.ch', 'Bern ist die Bundesstadt der Schweiz.'],
    ['wikipedia.org', 'Bern ist die Bundesstadt der Schweiz.'],
    ['wikipedia.org', 'Über 🌍:'],
  ]);
});

test('sources go back to bytes for a client of this format, in the last piece too', () => {
  const canonical = whole(fixture('grounded'));
  const encoder = codec.streamEncoder(dress);
  const wire = unfold(canonical)
    .map((event) => encoder.push(event))
    .join('');
  const supportsOf = (body: JsonObject) =>
    asArray(asObject(firstOf(body).groundingMetadata).groundingSupports).map(asObject);
  const last = JSON.parse(wire.trimEnd().split('data: ').at(-1) ?? '') as JsonObject;
  for (const body of [codec.encodeResponse(canonical, dress), last]) {
    const [first, , third] = supportsOf(body).map((support) => support.segment as JsonObject);
    expect(first).toMatchObject({
      startIndex: 12,
      endIndex: 49,
      text: 'Bern ist die Bundesstadt der Schweiz.',
    });
    expect(third).toMatchObject({ startIndex: 0, endIndex: 11, text: 'Über 🌍:' });
  }
});

describe('usage', () => {
  test('adds thoughts to the output and what tools read to the input; cached tokens are part of it', () => {
    expect(whole(fixture('tools')).usage).toMatchObject({
      input: 96,
      inputUncached: 32,
      cacheRead: 64,
      output: 42 + 173,
      outputReasoning: 173,
    });
    expect(whole(fixture('grounded')).usage).toMatchObject({
      input: 14 + 50,
      output: 21,
      // two queries, but the second generation is paid for by the answer
      serverTools: { web_search: 1 },
    });
    expect(whole({ ...fixture('grounded'), modelVersion: 'gemini-3.8-flash' }).usage).toMatchObject({
      serverTools: { web_search: 2 },
    });
  });

  test('is written as Google counts: candidates without thoughts', () => {
    const body = codec.encodeResponse(whole(fixture('tools')), dress);
    expect(body.usageMetadata).toEqual({
      promptTokenCount: 96,
      candidatesTokenCount: 42,
      totalTokenCount: 96 + 215,
      cachedContentTokenCount: 64,
      thoughtsTokenCount: 173,
    });
  });

  test('tells sound and pictures of the prompt and the tier that answered', () => {
    const body = candidate([{ text: 'x' }], { finishReason: 'STOP' });
    const usageMetadata = {
      promptTokenCount: 50,
      promptTokensDetails: [
        { modality: 'AUDIO', tokenCount: 30 },
        { modality: 'IMAGE', tokenCount: 10 },
      ],
      serviceTier: 'FLEX',
    };
    const { usage, serviceTier } = whole({ ...body, usageMetadata });
    expect(usage).toMatchObject({ input: 50, inputAudio: 30, inputImage: 10, tier: 'flex' });
    expect(serviceTier).toBe('flex');
  });

  test('of an answer that breaks off is what was reported so far', () => {
    const early = { ...candidate([{ text: 'x' }]), usageMetadata: { promptTokenCount: 9 } };
    const folded = fold(frames(early, { error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }));
    expect(folded.fault?.code).toBe('upstream_overloaded');
    expect(folded.response().usage).toMatchObject({ input: 9, source: 'partial' });
  });
});

describe('an end', () => {
  const text = [{ text: 'x' }];
  const call = [{ functionCall: { name: 'f', args: {} } }];
  test.each([
    ['STOP', text, 'end'],
    ['STOP', call, 'tool'],
    ['MAX_TOKENS', call, 'length'],
    ['CONTINUATION', text, 'length'],
    ['SAFETY', [], 'filter'],
    ['RECITATION', text, 'filter'],
    ['IMAGE_SAFETY', [], 'filter'],
    ['MALFORMED_FUNCTION_CALL', [], 'bad-tool'],
    ['OTHER', text, 'end'],
    ['A_NEW_WORD', text, 'end'],
  ] as const)('%s after %j is %s', (finishReason, parts, reason) => {
    const { finish } = whole(candidate([...parts], { finishReason }));
    expect(finish).toMatchObject({ reason, raw: finishReason });
  });

  test('for no known reason and without a word is a failure, streamed and whole', () => {
    const body = candidate([], { finishReason: 'OTHER' });
    expect(() => whole(body)).toThrow(Fault);
    expect(fold(frames(body)).fault?.code).toBe('bad_gateway');
  });

  test('of a blocked prompt is a filter, never a success with an empty text', () => {
    const { parts, finish, usage } = whole(fixture('blocked'));
    expect([parts, finish, usage?.output]).toEqual([[], { reason: 'filter', raw: 'PROHIBITED_CONTENT' }, 0]);
  });

  test('in every piece, as some models tell it, ends nothing before the last one', () => {
    const pieces = ['a', 'b', 'c'].map((letter) => candidate([{ text: letter }], { finishReason: 'STOP' }));
    const folded = fold(frames(...pieces));
    expect(folded.response().parts).toMatchObject([{ kind: 'text', text: 'abc' }]);
    expect(folded.finished).toBe(true);
  });
});

test('a stream may be over only once a reason was told', () => {
  const decoder = codec.streamDecoder();
  decoder.push({ data: JSON.stringify(candidate([{ text: 'a' }])) });
  expect(decoder.mayBeOver).toBe(false);
  decoder.push({ data: JSON.stringify(candidate([], { finishReason: 'STOP' })) });
  expect(decoder.mayBeOver).toBe(true);
  decoder.end();
  expect(decoder.mayBeOver).toBe(false);
});

test('what is no answer at all is said to be none', () => {
  for (const body of [{}, { choices: [] }, { candidates: 'x' }])
    expect(() => whole(body as JsonObject)).toThrow('not an answer');
  expect(() => whole({ error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } })).toThrow(
    'rate limit',
  );
});

test('only the first candidate is read, wherever it stands', () => {
  const other = { content: { parts: [{ text: 'second' }] }, index: 1, finishReason: 'STOP' };
  const first = { content: { parts: [{ text: 'first' }] }, index: 0, finishReason: 'STOP' };
  expect(whole({ candidates: [other, first] }).parts).toMatchObject([{ text: 'first' }]);
});

test('code that ran is readable text for others and stays itself here', () => {
  const { parts } = whole(fixture('code'));
  expect(parts[0]).toMatchObject({ kind: 'opaque', text: '```python\nprint(sum(range(10)))\n```' });
  expect(parts[1]).toMatchObject({ kind: 'opaque', text: '```\n45\n```' });
  const body = codec.encodeResponse(whole(fixture('code')), dress);
  expect(partsOf(body)).toEqual(partsOf(fixture('code')));
});

describe('for a client', () => {
  test('an answer goes out with the seal on the call, in a stream and whole', () => {
    const canonical = whole(fixture('tools'));
    const body = codec.encodeResponse(canonical, dress);
    const sealed = (parts: JsonObject[]) =>
      parts.map((part) => [Object.keys(part)[0], part.thoughtSignature]);
    expect(sealed(partsOf(body))).toEqual(sealed(partsOf(fixture('tools'))));
    expect(body).toMatchObject({ modelVersion: 'my-gemini', responseId: 'answer-1' });
    const encoder = codec.streamEncoder(dress);
    const wire = unfold(canonical)
      .map((event) => encoder.push(event))
      .join('');
    expect(meaning(fold(Buffer.from(wire)).response()).parts).toEqual(meaning(whole(body)).parts);
  });

  test('a call leaves in one piece, however it came, and never half', () => {
    const encoder = codec.streamEncoder(dress);
    encoder.push({ type: 'start' });
    const start = { kind: 'tool-call', id: 'c', name: 'f', form: 'json' } as const;
    expect(encoder.push({ type: 'part-start', index: 0, part: start })).toBe('');
    for (const text of ['{"a"', ':1}'])
      expect(encoder.push({ type: 'part-delta', index: 0, delta: { kind: 'input', text } })).toBe('');
    expect(encoder.push({ type: 'part-end', index: 0 })).toContain(
      '"functionCall":{"id":"c","name":"f","args":{"a":1}}',
    );
    encoder.push({ type: 'part-start', index: 1, part: start });
    encoder.push({ type: 'part-delta', index: 1, delta: { kind: 'input', text: '{"b"' } });
    const broken = encoder.push({ type: 'error', fault: new Fault('upstream_truncated', 'It ended.') });
    expect(broken).not.toContain('functionCall');
    expect(JSON.parse(broken.slice('data: '.length))).toMatchObject({
      error: { code: 502, status: 'UNAVAILABLE', message: 'It ended.' },
    });
  });
});
