// Same format in and out: bytes go through as they came, except the members that must change.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { asChunk, type RawAnswer, rawUpstream, SSE_CHUNKED_HEAD } from '../support/raw-upstream.ts';
import type { BodyFormat } from '../support/script.ts';
import { STREAMS } from './streams.ts';

const PATHS: Record<BodyFormat, string> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};
const BODIES: Record<BodyFormat, string> = {
  'openai-chat':
    '{ "model":"same","n":1.0, "messages":[{"role":"user","content":"h\\u00e9 😀"}],"big":12345678901234567890,"stream":true,"stream_options":{"include_usage":true},"x_new":{"a":[1e2]}}',
  'openai-responses': '{"input":"hé 😀",\n "model":"same" ,"temperature":1.0,"stream":true,"x_new":[{}]}',
  'anthropic-messages':
    '{"max_tokens":16,"model":"same","stream":true,"messages":[{"role":"user","content":[{"type":"x_new","v":1.50}]}]}',
};
const FORMATS = Object.keys(PATHS) as BodyFormat[];

let upstreams: Record<string, Awaited<ReturnType<typeof rawUpstream>>>;
let gateway: Gateway;
const answers: Record<BodyFormat, RawAnswer[]> = {
  'openai-chat': [],
  'openai-responses': [],
  'anthropic-messages': [],
};

beforeAll(async () => {
  upstreams = {};
  for (const format of FORMATS) upstreams[format] = await rawUpstream(answers[format]);
  gateway = await startGateway({
    upstreams: FORMATS.map((format) => ({
      provider: format.replace(/-.*/, '') + FORMATS.indexOf(format),
      format,
      baseUrl: upstreams[format]?.baseUrl ?? '',
      apiKey: 'upstream-secret',
      model: `model-${format}`,
      upstreamModel: 'same',
      aliases: [format === 'openai-chat' ? 'same' : `same-${format}`],
    })),
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  for (const upstream of Object.values(upstreams)) upstream.stop();
});

/** Makes the next request of this format get these pieces. */
function script(format: BodyFormat, ...next: RawAnswer[]): void {
  const asked = upstreams[format]?.requests.length ?? 0;
  answers[format].length = asked;
  answers[format].push(...next);
}

function pieces(wire: string, size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(wire);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
  return out;
}

function chunked(wire: string, size: number): (string | Uint8Array)[] {
  const chunks = pieces(wire, size).map((piece) =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  );
  return [SSE_CHUNKED_HEAD, ...chunks, asChunk('')];
}

async function post(
  format: BodyFormat,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(gateway.url + PATHS[format], {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json', ...headers },
    body,
  });
}

const lastRequest = (format: BodyFormat) => upstreams[format]?.requests.at(-1) ?? '';
const bodyOf = (request: string) => request.slice(request.indexOf('\r\n\r\n') + 4);

describe('law 1, identity', () => {
  for (const format of FORMATS) {
    const body =
      format === 'openai-chat' ? BODIES[format] : BODIES[format].replace('"same"', `"same-${format}"`);
    for (const [name, wire] of Object.entries(STREAMS[format])) {
      test(`${format}: ${name} arrives unchanged at every chunk size`, async () => {
        for (const size of [1, 2, 3, 7, 64, 1000, 100_000]) {
          script(format, { pieces: chunked(wire, size), gapMs: 0, after: 'keep' });
          const response = await post(format, body);
          const shown =
            format === 'openai-chat' ? wire : wire.replaceAll('"model":"same"', `"model":"same-${format}"`);
          expect(await response.text()).toBe(shown);
          const sent = format === 'openai-chat' ? body : BODIES[format];
          expect(bodyOf(lastRequest(format))).toBe(sent);
        }
      });
    }
  }
});

test('a plain answer arrives byte for byte', async () => {
  const json =
    '{ "id":"chatcmpl-1","model":"same", "choices":[{"index":0,"message":{"role":"assistant","content":"h\\u00e9","x_new":1.0},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"object":"chat.completion"}';
  script('openai-chat', {
    pieces: [
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
    ],
    after: 'keep',
  });
  const response = await post('openai-chat', '{"model":"same","messages":[{"role":"user","content":"x"}]}');
  expect(await response.text()).toBe(json);
});

test('a model asked for by another name is shown by that name, and nothing else changes', async () => {
  const { plain } = STREAMS['openai-chat'];
  script('openai-chat', { pieces: chunked(plain ?? '', 50), gapMs: 0, after: 'keep' });
  const response = await post('openai-chat', BODIES['openai-chat'].replace('"same"', '"model-openai-chat"'));
  expect(await response.text()).toBe(
    (plain ?? '').replaceAll('"model":"same"', '"model":"model-openai-chat"'),
  );
  expect(bodyOf(lastRequest('openai-chat'))).toBe(BODIES['openai-chat']);
});

test('usage is asked of the upstream and kept from a client that did not ask', async () => {
  const { plain } = STREAMS['openai-chat'];
  script('openai-chat', { pieces: chunked(plain ?? '', 50), gapMs: 0, after: 'keep' });
  const response = await post(
    'openai-chat',
    '{"model":"same","stream":true,"messages":[{"role":"user","content":"x"}]}',
  );
  const text = await response.text();
  expect(text).not.toContain('"choices":[]');
  expect(text).toContain('data: [DONE]');
  expect(bodyOf(lastRequest('openai-chat'))).toBe(
    '{"model":"same","stream":true,"messages":[{"role":"user","content":"x"}],"stream_options":{"include_usage":true}}',
  );
});

test('the upstream sees our credential, its own headers, and nothing of the client', async () => {
  script('anthropic-messages', {
    pieces: chunked(STREAMS['anthropic-messages'].plain ?? '', 999),
    gapMs: 0,
    after: 'keep',
  });
  await (
    await post(
      'anthropic-messages',
      BODIES['anthropic-messages'].replace('"same"', '"same-anthropic-messages"'),
      {
        'anthropic-version': '2026-10-21',
        'anthropic-beta': 'x-new-2026-01-01',
        'x-stainless-os': 'canary-os',
        cookie: 'canary=1',
      },
    )
  ).text();
  const head = lastRequest('anthropic-messages').toLowerCase();
  expect(head).toContain('anthropic-version: 2026-10-21');
  expect(head).toContain('anthropic-beta: x-new-2026-01-01');
  expect(head).toContain('x-api-key: upstream-secret');
  expect(head).not.toContain('canary');
  expect(head).not.toContain('sk-osiris');
});

const TRUNCATED: Record<BodyFormat, (text: string) => void> = {
  'openai-chat': (text) => {
    expect(text).toContain('data: {"type":"error","error":{');
    expect(text).not.toContain('data: [DONE]');
  },
  'openai-responses': (text) => {
    const failed = JSON.parse(text.trimEnd().split('data: ').at(-1) ?? '');
    expect(failed.type).toBe('response.failed');
    expect(failed.response.id).toBe('resp_1');
    expect(failed.response.status).toBe('failed');
    expect(failed.response.error.message.length).toBeGreaterThan(10);
    expect(text.match(/response\.created/g)?.length).toBe(2);
  },
  'anthropic-messages': (text) => {
    expect(text).toContain('event: error\ndata: {"type":"error","error":{"type":"api_error"');
    expect(text).not.toContain('event: message_stop');
  },
};

for (const format of FORMATS) {
  test(`${format}: a cut stream ends in the format's error, never in half a frame`, async () => {
    const wire = STREAMS[format].plain ?? '';
    for (const share of [0.75, 0.85, 0.95]) {
      const cut = wire.slice(0, Math.floor(wire.length * share));
      for (const after of ['end', 'reset'] as const) {
        script(format, { pieces: [SSE_CHUNKED_HEAD, asChunk(cut)], gapMs: 60, after });
        const response = await post(format, BODIES[format].replace('"same"', `"model-${format}"`));
        const text = await response.text();
        expect(response.status).toBe(200);
        TRUNCATED[format](text);
        for (const frame of text.split('\n\n').filter((each) => each.includes('data: {')))
          JSON.parse(frame.slice(frame.indexOf('data: ') + 6));
      }
    }
  });
}

test('an error that comes before any content is a status, not a stream', async () => {
  const error =
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded at org-123456"}}\n\n';
  script('anthropic-messages', { pieces: [SSE_CHUNKED_HEAD, asChunk(error), asChunk('')], after: 'keep' });
  const response = await post(
    'anthropic-messages',
    BODIES['anthropic-messages'].replace('"same"', '"model-anthropic-messages"'),
  );
  expect(response.status).toBe(529);
  expect(response.headers.get('retry-after')).not.toBeNull();
  const body = await response.json();
  expect(body.error.type).toBe('overloaded_error');
  expect(JSON.stringify(body)).not.toContain('org-123456');
});
