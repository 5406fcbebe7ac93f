// Habits of real clients that must not matter: what they say they accept, long heads, big answers in one piece.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ask, bodyOf, FORMATS, PATHS } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const SILENCE_MS = 9_000;
const LETTERS = 400_000;

let gateway: Gateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = startUpstream({
    aside: (body) =>
      JSON.stringify(body).includes('slowly')
        ? { text: 'Here I am.', delayMs: SILENCE_MS }
        : { text: 'a'.repeat(LETTERS) },
  });
  gateway = await startGateway({
    upstreams: FORMATS.map((format) => ({
      provider: format,
      format,
      baseUrl: baseUrlOf(upstream.origin, format),
      apiKey: 'provider-key',
      model: format,
      upstreamModel: 'scripted',
    })),
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

describe.each(FORMATS)('a client of %s', (format) => {
  test.each(['application/json', 'text/event-stream', '*/*', 'text/html'])(
    'that accepts %s is streamed to when its body says so, and only then',
    async (accept) => {
      for (const stream of [true, false]) {
        const response = await ask(gateway, format, { model: 'sandbox/echo', stream, headers: { accept } });
        const type = response.headers.get('content-type') ?? '';
        expect(type.startsWith('text/event-stream')).toBe(stream);
        await response.text();
      }
    },
  );

  test('gets a long answer in one piece, as those do that repeat a broken stream', async () => {
    const body = { ...bodyOf(format, 'anthropic-messages', 'b'.repeat(LETTERS), false), ...longest(format) };
    const response = await fetch(gateway.url + PATHS[format], {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('a'.repeat(LETTERS));
  });

  test('may send a head of sixteen thousand letters', async () => {
    const headers = { 'x-codex-turn-metadata': 'y'.repeat(15_800) };
    const response = await ask(gateway, format, { model: 'sandbox/echo', headers });
    expect(response.status).toBe(200);
    await response.text();
  });
});

// all at once: each of them waits for longer than the gateway is patient
test('a client sees signs of life of its own format while a provider of any format is silent', async () => {
  const pairs = FORMATS.flatMap((format) => FORMATS.map((over) => [format, over] as const));
  const looks = pairs.map(async ([format, over]) => {
    const asking = { model: over, text: 'Answer slowly', stream: true };
    const text = await (await ask(gateway, format, asking)).text();
    const signs = ['event: ping', ': keep-alive'];
    const [sign = '', other = ''] = format === 'anthropic-messages' ? signs : signs.toReversed();
    expect(text).toContain(sign);
    expect(text.indexOf(sign)).toBeLessThan(text.indexOf('Here I am'));
    expect(text).not.toContain(other);
  });
  await Promise.all(looks);
}, 60_000);

function longest(format: (typeof FORMATS)[number]): object {
  return format === 'openai-responses' ? { max_output_tokens: 32_000 } : { max_tokens: 32_000 };
}
