// What users of the libraries see when the provider refuses, breaks off or falls silent, in every pair of formats.

import { beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { ApiError } from '@google/genai';
import OpenAI from 'openai';
import { type Client, ToolBox } from '../support/client.ts';
import { DIRECT, FORMATS, PROVIDER_KEY, scriptedStage } from '../support/matrix.ts';
import type { ScriptedError, Turn } from '../support/script.ts';
import { STREAM_CLIENTS } from '../support/stream-clients.ts';

const LONG_TEXT = 'A text that takes many frames, so that the end comes well before its end. '.repeat(40);
const { upstream, target } = scriptedStage();
beforeEach(() => upstream.play([]));

/** The failure a client reports; throws when it reports none. */
async function failureOf(
  client: Client,
  format: (typeof FORMATS)[number],
): Promise<Error & { status?: number }> {
  try {
    const { text } = await client.converse(target(format), new ToolBox());
    throw new Error(`UNEXPECTED SUCCESS: ${text.slice(0, 80)}`);
  } catch (failure) {
    if (failure instanceof Error && !failure.message.startsWith('UNEXPECTED')) return failure;
    throw failure;
  }
}

/** The same refusal for every attempt the gateway makes. */
function refusing(error: ScriptedError): Turn[] {
  return Array.from({ length: 12 }, () => ({ error }));
}

// Statuses as design.md maps them: the provider's fault is not the client's.
const REFUSALS: [what: string, error: ScriptedError, status: number, kept: boolean][] = [
  [
    'a request the provider finds wrong',
    { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
    400,
    true,
  ],
  [
    'our credential refused by the provider',
    { status: 401, type: 'authentication_error', message: `invalid key ${PROVIDER_KEY} of org-12345` },
    502,
    false,
  ],
  [
    'a provider that breaks',
    { status: 500, type: 'api_error', message: 'stack trace of theirs' },
    502,
    false,
  ],
];

for (const client of STREAM_CLIENTS) {
  for (const format of FORMATS) {
    if (DIRECT && format !== client.format) continue;
    describe(`${client.name} over ${format}`, () => {
      for (const [what, error, status, kept] of REFUSALS) {
        test(what, async () => {
          upstream.play(refusing(error));
          const failure = await failureOf(client, format);
          if (DIRECT) return;
          expect(failure.status).toBe(status);
          if (kept) expect(failure.message).toContain(error.message);
          else
            expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(error.message);
          expect(String(failure)).not.toContain(PROVIDER_KEY);
        });
      }

      test('a provider that limits us: the client may come back, and is told when', async () => {
        const headers = { 'retry-after': '7', 'x-ratelimit-remaining-tokens': '0' };
        upstream.play(
          refusing({ status: 429, type: 'rate_limit_error', message: 'slow down org-12345', headers }),
        );
        const failure = await failureOf(client, format);
        expect(failure.status).toBe(429);
        if (DIRECT) return;
        // Google's library shows no headers; it has the body as its message
        if (client.format === 'google-generate-content') {
          expect(failure.message).toContain('"retryDelay":"7s"');
          return;
        }
        const heads = (failure as { headers?: Headers }).headers;
        expect(Number(heads?.get('retry-after'))).toBeGreaterThan(0);
        expect(heads?.get('x-ratelimit-remaining-tokens')).toBeNull();
      }, 20_000);

      test('an error in the middle of a stream is an error, never a shorter answer', async () => {
        const failAfterFrames = { frames: 9, type: 'overloaded_error', message: 'Overloaded' };
        upstream.play([{ text: LONG_TEXT, failAfterFrames }]);
        expectReported(await failureOf(client, format));
        expect(upstream.turnsTaken()).toHaveLength(1);
      });

      test('a stream that ends without its end is an error, never a shorter answer', async () => {
        upstream.play([{ text: LONG_TEXT, stopAfterFrames: 9 }]);
        const failure = await failureOf(client, format);
        if (DIRECT) return;
        expectReported(failure);
        expect(upstream.turnsTaken()).toHaveLength(1);
      });
    });
  }
}

/** The library itself, or the event it hands out, told of the failure; nobody had to notice a missing end. */
function expectReported(failure: Error): void {
  expect(failure.message).not.toMatch(/no finish|never completed|no message_stop|ended without/);
  const known = [OpenAI.APIError, Anthropic.APIError, ApiError].some((kind) => failure instanceof kind);
  expect(known || failure.constructor === Error).toBe(true);
}

test('a client that leaves takes its call to the provider with it', async () => {
  for (const format of FORMATS) {
    upstream.play([{ text: LONG_TEXT, silentAfterFrames: 30 }]);
    const { origin, key, model } = target(format);
    const leaving = new AbortController();
    const answer = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] }),
      signal: leaving.signal,
    });
    expect(answer.status).toBe(200);
    await answer.body?.getReader().read();
    leaving.abort();
    // the upstream never ends by itself
    while (upstream.turnsTaken()[0]?.aborted !== true) await new Promise((resume) => setImmediate(resume));
    if (DIRECT) return;
  }
});

test.skipIf(DIRECT)('a Gemini client that leaves a half read array takes its call with it', async () => {
  upstream.play([{ text: LONG_TEXT, silentAfterFrames: 30 }]);
  const { origin, key, model } = target('openai-chat');
  const leaving = new AbortController();
  const answer = await fetch(`${origin}/v1beta/models/${model}:streamGenerateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] }),
    signal: leaving.signal,
  });
  expect(answer.headers.get('content-type')).toStartWith('application/json');
  await answer.body?.getReader().read();
  leaving.abort();
  while (upstream.turnsTaken()[0]?.aborted !== true) await new Promise((resume) => setImmediate(resume));
});
