// Gemini format in and out: bytes as they came, the model in the path, and a last piece that waits for the bill.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { googleGenerateContent as codec } from '../../src/formats/google-generate-content/index.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  asChunk,
  type RawAnswer,
  type RawUpstream,
  rawUpstream,
  SSE_CHUNKED_HEAD,
} from '../support/raw-upstream.ts';

const FOLDER = join(import.meta.dir, '..', 'fixtures', 'google-generate-content');
const TOOLS = readFileSync(join(FOLDER, 'tools.sse'), 'utf8');
const UPSTREAM_MODEL = 'gemini-3.1-pro-preview';
const BODY =
  '{ "contents":[{"role":"user","parts":[{"text":"h\\u00e9 😀","x_new":1.50}]}], "generationConfig":{"temperature":1.0},"safetySettings":[{}],"big":12345678901234567890}';

const answers: RawAnswer[] = [];
let upstream: RawUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await rawUpstream(answers);
  // the upstream's own name is in the catalogue, with its price
  gateway = await startGateway({
    credit: 100,
    upstreams: [
      {
        provider: 'google',
        format: 'google-generate-content',
        baseUrl: upstream.baseUrl.replace(/v1$/, 'v1beta'),
        apiKey: 'upstream-secret',
        model: 'my-gemini',
        upstreamModel: UPSTREAM_MODEL,
      },
    ],
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** The answer without the members that are ours: this model has a price. */
function withoutCost(text: string): string {
  expect(text).toContain('"cost_usd_total":');
  return text.replaceAll(/,"cost_usd_\w+":[\d.e-]+/g, '');
}

function script(...next: RawAnswer[]): void {
  answers.length = upstream.requests.length;
  answers.push(...next);
}

function chunked(wire: string, size: number): (string | Uint8Array)[] {
  const bytes = new TextEncoder().encode(wire);
  const chunks: (string | Uint8Array)[] = [SSE_CHUNKED_HEAD];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    chunks.push(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
  }
  return [...chunks, asChunk('')];
}

const whole = (json: string): RawAnswer => ({
  pieces: [
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  ],
  after: 'keep',
});

const ask = (model: string, operation: string, body = BODY): Promise<Response> =>
  fetch(`${gateway.url}/v1beta/models/${model}:${operation}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': gateway.key, 'content-type': 'application/json' },
    body,
  });

const lastRequest = () => upstream.requests.at(-1) ?? '';
const bodyOf = (request: string) => request.slice(request.indexOf('\r\n\r\n') + 4);

test('a stream arrives unchanged at every chunk size, and so did its request', async () => {
  for (const size of [1, 2, 3, 7, 64, 1000, 100_000]) {
    script({ pieces: chunked(TOOLS, size), gapMs: 0, after: 'keep' });
    const response = await ask(UPSTREAM_MODEL, 'streamGenerateContent?alt=sse');
    expect(withoutCost(await response.text())).toBe(TOOLS);
    expect(bodyOf(lastRequest())).toBe(BODY);
  }
});

test('a whole answer arrives byte for byte', async () => {
  const json = `{ "candidates":[{"content":{"parts":[{"text":"h\\u00e9","x_new":1.0}]},"finishReason":"STOP"}],"modelVersion":"${UPSTREAM_MODEL}" }`;
  script(whole(json));
  expect(await (await ask(UPSTREAM_MODEL, 'generateContent')).text()).toBe(json);
});

test('a model asked for by another name is replaced in the path, and shown by that name', async () => {
  script({ pieces: chunked(TOOLS, 50), gapMs: 0, after: 'keep' });
  const response = await ask('my-gemini', 'streamGenerateContent?alt=sse');
  expect(await response.text()).toBe(
    TOOLS.replaceAll(`"modelVersion":"${UPSTREAM_MODEL}"`, '"modelVersion":"my-gemini"'),
  );
  expect(lastRequest()).toStartWith(
    `POST /v1beta/models/${UPSTREAM_MODEL}:streamGenerateContent?alt=sse HTTP/1.1`,
  );
  expect(bodyOf(lastRequest())).toBe(BODY);
  script(whole(`{"candidates":[],"promptFeedback":{}, "modelVersion":"${UPSTREAM_MODEL}"}`));
  const plain = await ask('my-gemini', 'generateContent');
  expect(await plain.text()).toBe('{"candidates":[],"promptFeedback":{}, "modelVersion":"my-gemini"}');
  expect(lastRequest()).toStartWith(`POST /v1beta/models/${UPSTREAM_MODEL}:generateContent HTTP/1.1`);
});

test('the upstream sees our credential and nothing of the client’s', async () => {
  script(whole('{"candidates":[]}'));
  await fetch(`${gateway.url}/v1beta/models/my-gemini:generateContent?key=${gateway.key}&x=1`, {
    method: 'POST',
    headers: { 'x-goog-api-client': 'mine', 'content-type': 'application/json' },
    body: BODY,
  });
  const request = lastRequest();
  expect(request.toLowerCase()).toContain('x-goog-api-key: upstream-secret');
  expect(request).not.toMatch(/sk-osiris|x-goog-api-client|authorization|[?&]key=/i);
});

test('Google itself counts the tokens of its models', async () => {
  script(whole('{"totalTokens":31,"x_new":1}'));
  const request = `{"generateContentRequest":{"model":"models/my-gemini","contents":[{"parts":[{"text":"Hi"}]}]}}`;
  const response = await ask('my-gemini', 'countTokens', request);
  expect(response.headers.get('x-osiris-estimated')).toBeNull();
  expect(await response.json()).toEqual({ totalTokens: 31, x_new: 1 });
  expect(lastRequest()).toStartWith(`POST /v1beta/models/${UPSTREAM_MODEL}:countTokens HTTP/1.1`);
  expect(bodyOf(lastRequest())).toBe(request.replace('models/my-gemini', `models/${UPSTREAM_MODEL}`));
});

test('a stream cut before its reason ends in Google’s error', async () => {
  const cut = TOOLS.slice(0, TOOLS.lastIndexOf('data:'));
  script({ pieces: chunked(cut, 1000), gapMs: 0, after: 'keep' });
  const text = await (await ask(UPSTREAM_MODEL, 'streamGenerateContent?alt=sse')).text();
  expect(text).toStartWith(cut);
  expect(JSON.parse(text.slice(cut.length + 'data: '.length))).toMatchObject({
    error: { code: 502, status: 'UNAVAILABLE', message: expect.stringContaining('ended before the answer') },
  });
});

test('an error in the middle keeps what came before it, and hides what is the provider’s own', async () => {
  const head = TOOLS.slice(0, TOOLS.indexOf('data:', 10));
  const error =
    'data: {"error":{"code":503,"message":"backend-7 overloaded","status":"UNAVAILABLE"}}\r\n\r\n';
  script({ pieces: chunked(head + error, 1000), gapMs: 0, after: 'keep' });
  const response = await ask(UPSTREAM_MODEL, 'streamGenerateContent?alt=sse');
  const text = await response.text();
  expect(text).not.toContain('backend-7');
  expect(text).toContain('"status":"UNAVAILABLE"');
});

describe('what may be the last piece', () => {
  const passing = () =>
    new PassedStream({
      codec,
      meter: new Meter(),
      requestId: 'r',
      renames: undefined,
      hideUsage: false,
      clean: (fault) => fault,
    });
  const frames = TOOLS.split(/(?<=\r\n\r\n)/);
  const string = (piece: Uint8Array | string | undefined) => Buffer.from(piece ?? '').toString();

  test('waits for the end of the connection, so that it leaves when the call is settled', () => {
    const stream = passing();
    const before = frames.map((frame) => string(stream.push(Buffer.from(frame)).now));
    expect(before.join('')).toBe(frames.slice(0, -1).join(''));
    const { now, last } = stream.end();
    expect([string(now), string(last)]).toEqual(['', frames.at(-1) ?? '']);
  });

  test('waits also behind signs of life, in one piece with it or not', () => {
    const sign = ': alive\r\n\r\n';
    for (const gap of [sign, '\r\n', sign + sign])
      for (const pieces of [
        [...frames, gap],
        [...frames.slice(0, -1), frames.at(-1) + gap],
        [...frames, gap, gap],
      ]) {
        const stream = passing();
        const before = pieces.map((piece) => string(stream.push(Buffer.from(piece)).now)).join('');
        expect(before).toBe(frames.slice(0, -1).join(''));
        expect(before + string(stream.end().last)).toBe(pieces.join(''));
      }
  });

  test('is let go when another one follows, for models that give a reason in every piece', () => {
    const stream = passing();
    const piece = (letter: string) =>
      `data: {"candidates":[{"content":{"parts":[{"text":"${letter}"}]},"finishReason":"STOP"}]}\n\n`;
    const seen = ['a', 'b', 'c'].map((letter) => string(stream.push(Buffer.from(piece(letter))).now));
    expect(seen).toEqual(['', piece('a'), piece('b')]);
    expect(string(stream.end().last)).toBe(piece('c'));
  });

  test('is not lost when the connection breaks behind it', () => {
    const stream = passing();
    for (const frame of frames) stream.push(Buffer.from(frame));
    const fault = codec.decodeError(503, {}, new Headers());
    expect(string(stream.fail(fault).now)).toBe(frames.at(-1) ?? '');
  });
});
