// Which answers are kept, and which never are.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { askIn, cacheOf, textOf } from '../support/cached.ts';
import { modelOver, openFormats } from '../support/formats-here.ts';
import type { Turn, WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
const here = await openFormats(upstream.origin, 0, { cache: { ttl: '10m' } });

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

let questions = 0;
const anew = () => `Question ${++questions}?`;
beforeEach(() => upstream.play(Array(4).fill({ text: 'Sunny.' })));

/** What the second of two equal requests got from the cache, after the first was answered by this turn. */
async function second(
  turn: Turn,
  ask: { format?: WireFormat; over?: WireFormat; more?: Json; stream?: boolean } = {},
): Promise<string | null> {
  upstream.play([turn, { text: 'Again.' }]);
  const { format = 'openai-chat', over = format, more = {}, stream = false } = ask;
  const text = anew();
  await askIn(here, format, over, { text, more, stream });
  return cacheOf(await askIn(here, format, over, { text, more }));
}

describe.each([false, true])('streamed: %p, never kept is', (stream) => {
  const chat = { stream };
  test.each<[string, Turn]>([
    ['an error', { error: { status: 500, type: 'server_error', message: 'no' } }],
    ['a refusal', { refusal: 'I will not.' }],
    ['an answer that breaks off', { text: 'Half of an answer that is long enough', halfway: 'end' }],
    ['an answer that ends in an error', { text: 'Half of an answer that is long', halfway: 'error' }],
    ['an empty answer', { text: '' }],
  ])('%s', async (_, turn) => {
    expect(await second(turn, chat)).toBe('miss');
    expect(await second(turn, { ...chat, over: 'anthropic-messages' })).toBe('miss');
  });

  test('a cut that the request did not ask for', async () => {
    const cut: Turn = { text: 'So far', finish: 'length' };
    expect(await second(cut, { ...chat, more: { max_tokens: null } })).toBe('miss');
    expect(await second(cut, chat)).toBe('hit');
  });
});

test('nothing is kept of an answer whose client left before its end', async () => {
  const text = anew();
  upstream.play([{ text: 'A long answer, word by word', silentAfterFrames: 3 }, { text: 'Again.' }]);
  const leaving = new AbortController();
  const response = await fetch(`${here.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: modelOver('openai-chat'),
      messages: [{ role: 'user', content: text }],
      max_tokens: 1000,
      stream: true,
    }),
    signal: leaving.signal,
  });
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  await reader?.read().catch(() => {});
  const again = await askIn(here, 'openai-chat', 'openai-chat', { text });
  expect([cacheOf(again), textOf('openai-chat', again)]).toEqual(['miss', 'Again.']);
});

test('no more is kept than there is room for, and the least used goes first', async () => {
  const ask = async (text: string) => cacheOf(await askIn(here, 'openai-chat', 'openai-chat', { text }));
  // a megabyte holds three of these
  const large = { text: 'x'.repeat(300_000) };
  upstream.play(Array(8).fill(large));
  const [a, b, c, d] = [anew(), anew(), anew(), anew()];
  for (const text of [a, b, c]) expect(await ask(text)).toBe('miss');
  expect(await ask(a)).toBe('hit');
  expect(await ask(d)).toBe('miss');
  expect([await ask(a), await ask(c), await ask(d), await ask(b)]).toEqual(['hit', 'hit', 'hit', 'miss']);
});

test('an answer larger than the room is given and not kept', async () => {
  upstream.play(Array(2).fill({ text: 'x'.repeat(1_100_000) }));
  const text = anew();
  for (const _ of [1, 2])
    expect(cacheOf(await askIn(here, 'openai-chat', 'openai-chat', { text }))).toBe('miss');
});

describe('whatever the answer, none is kept of a request', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' };
  test.each<[string, { format?: WireFormat; over?: WireFormat; more: Json }]>([
    ['for several answers', { more: { n: 2 } }],
    ['that searches the web', { format: 'anthropic-messages', more: { tools: [search] } }],
    ['that searches the web by an option', { over: 'anthropic-messages', more: { web_search_options: {} } }],
    [
      'with tools that run at the provider',
      {
        format: 'openai-responses',
        more: { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
      },
    ],
    ['whose answer is stored', { format: 'openai-responses', more: { store: true } }],
    [
      'whose answer is stored since nobody says otherwise',
      { format: 'openai-responses', more: { store: null } },
    ],
    [
      'that goes on from a stored answer',
      { format: 'openai-responses', more: { previous_response_id: 'resp_1' } },
    ],
    [
      'about a cached prompt',
      { format: 'google-generate-content', more: { cachedContent: 'cachedContents/1' } },
    ],
  ])('%s', async (_, ask) => {
    expect(await second({ text: 'Sunny.' }, ask)).toBe('miss');
  });

  test('but of one that could only be stored elsewhere', async () => {
    const ask = { format: 'openai-responses', over: 'openai-chat', more: { store: null } } as const;
    expect(await second({ text: 'Sunny.' }, ask)).toBe('hit');
  });
});

describe('what the way lost', () => {
  const more = { seed: 7, temperature: 0.5 };
  const ask = (text: string, stream = false, headers = {}) =>
    askIn(here, 'openai-chat', 'anthropic-messages', { text, more, stream, headers });

  test('is told again', async () => {
    const text = anew();
    const [miss, hit] = [await ask(text), await ask(text, true)];
    expect([cacheOf(miss), cacheOf(hit)]).toEqual(['miss', 'hit']);
    expect(miss.headers.get('x-osiris-losses')).toContain('seed');
    expect(hit.headers.get('x-osiris-losses')).toBe(miss.headers.get('x-osiris-losses'));
  });

  test('keeps the answer from a strict request, which is refused as ever', async () => {
    const text = anew();
    await ask(text);
    const strict = await ask(text, false, { 'x-osiris-strict': '1' });
    expect([strict.status, cacheOf(strict)]).toEqual([400, null]);
    expect(cacheOf(await ask(text))).toBe('hit');
  });

  test('keeps it from another format, whose words for it are others', async () => {
    const text = anew();
    await ask(text);
    const google = await askIn(here, 'google-generate-content', 'anthropic-messages', {
      text,
      more: { generationConfig: { maxOutputTokens: 1000, seed: 7, temperature: 0.5 } },
    });
    expect(cacheOf(google)).toBe('miss');
    expect(google.headers.get('x-osiris-losses')).toContain('generationConfig.seed');
  });
});

describe('a stop text that the gateway sees to', () => {
  test.each([false, true])('streamed: %p, cuts the answer that is kept', async (stream) => {
    const text = anew();
    upstream.play([{ text: 'One. STOP Two.' }]);
    const more = { stop_sequences: ['STOP'] };
    const ask = (streamed: boolean) =>
      askIn(here, 'anthropic-messages', 'openai-responses', { text, more, stream: streamed });
    const miss = await ask(stream);
    const hit = await ask(false);
    expect([cacheOf(miss), cacheOf(hit)]).toEqual(['miss', 'hit']);
    expect(hit.json()).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'STOP',
      content: [{ type: 'text', text: 'One. ' }],
    });
  });
});
