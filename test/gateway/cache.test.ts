// Answers that are given again: to whom, in which form, for how long.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import type { FormatId } from '../../src/canonical/part.ts';
import { judge } from '../laws/grammar.ts';
import { CLIENTS } from '../support/billed.ts';
import { askIn, cacheOf, streamedText, textOf } from '../support/cached.ts';
import { type FormatsHere, modelOver, openFormats } from '../support/formats-here.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
const cache = { ttl: '10m' };
const here = await openFormats(upstream.origin, 10, { cache });
const shared = await openFormats(upstream.origin, 0, { cache: { ...cache, scope: 'server' } });
const accounts = await openFormats(upstream.origin, 0, { cache: { ...cache, scope: 'account' } });
const optional = await openFormats(upstream.origin, 0, { cache: { ...cache, default: false } });
const without = await openFormats(upstream.origin, 0);

afterAll(async () => {
  for (const each of [here, shared, accounts, optional, without]) await each.stop();
  await upstream.stop();
});

const ANSWER = { text: 'Sunny. ☀️ "Yes"\nindeed.' };
beforeEach(() => upstream.play(Array(8).fill(ANSWER)));

let questions = 0;
const anew = () => `Question ${++questions}?`;
const asked = () => upstream.received.length;
const rich = (which: FormatsHere = here) => which.keyWith({ creditNano: 10_000_000_000n });

describe('an answer is given again', () => {
  const ways = CLIENTS.flatMap((first) =>
    [false, true].flatMap((kept) => CLIENTS.map((again) => [first, kept, again] as const)),
  );

  test.each(ways)('%s (streamed: %p), then %s whole and streamed', async (first, kept, again) => {
    const over = first;
    const [text, key] = [anew(), rich()];
    const miss = await askIn(here, first, over, { text, key, stream: kept });
    expect([miss.status, cacheOf(miss), miss.headers.get('age')]).toEqual([200, 'miss', null]);
    expect(asked()).toBe(1);

    const whole = await askIn(here, again, over, { text, key });
    const streamed = await askIn(here, again, over, { text, key, stream: true });
    expect(asked()).toBe(1);
    expect([cacheOf(whole), cacheOf(streamed)]).toEqual(['hit', 'hit']);
    expect(textOf(again, whole)).toBe(ANSWER.text);
    expect(streamedText(again, streamed)).toBe(ANSWER.text);
    expect(judge(again as FormatId, streamed.text)).toBe('finished');
    for (const hit of [whole, streamed]) {
      expect(hit.headers.get('x-osiris-attempts')).toBe('0');
      expect(hit.headers.get('x-osiris-provider')).toBe(`at-${over}`);
      expect(hit.headers.get('x-osiris-model')).toBe(modelOver(over));
      expect(hit.headers.get('age')).toBe('0');
      expect(hit.headers.get('x-osiris-losses')).toBeNull();
    }
  });

  test('with an id of its own, a new time and the words of what was asked for', async () => {
    const [text, key] = [anew(), rich()];
    const answers = [];
    for (let i = 0; i < 3; i++)
      answers.push(await askIn(here, 'openai-responses', 'openai-chat', { text, key }));
    expect(answers.map(cacheOf)).toEqual(['miss', 'hit', 'hit']);
    const ids = answers.map((answer) => answer.json().id);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => String(id).startsWith('resp_'))).toBe(true);
    expect(answers[2]?.json()).toMatchObject({ model: modelOver('openai-chat'), max_output_tokens: 1000 });
  });

  test('as tool calls, arguments to the letter', async () => {
    const calls = [{ id: 'call_abcdefghijklmnopqrstuvwxyz', name: 'look_up', args: '{"place": "Bergen" }' }];
    upstream.play([{ text: 'I look.', calls }]);
    const parameters = { type: 'object', properties: { place: { type: 'string' } } };
    const more = { tools: [{ type: 'function', function: { name: 'look_up', parameters } }] };
    const [text, key] = [anew(), rich()];
    const [miss, hit] = [
      await askIn(here, 'openai-chat', 'openai-chat', { text, key, more, stream: true }),
      await askIn(here, 'openai-chat', 'openai-chat', { text, key, more }),
    ];
    expect([cacheOf(miss), cacheOf(hit)]).toEqual(['miss', 'hit']);
    const [choice] = hit.json().choices as { message: object; finish_reason: string }[];
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'I look.',
        tool_calls: [{ id: calls[0]?.id, function: { name: 'look_up', arguments: '{"place": "Bergen" }' } }],
      },
    });
  });
});

describe('whose answers they are', () => {
  const ask = (which: FormatsHere, text: string, key: string) =>
    askIn(which, 'openai-chat', 'openai-chat', { text, key }).then(cacheOf);

  test("a key's own unless configured wider", async () => {
    const text = anew();
    const [one, other] = [here.keyWith({ creditNano: 10_000_000_000n }), rich()];
    expect([await ask(here, text, one), await ask(here, text, other)]).toEqual(['miss', 'miss']);
    expect([await ask(here, text, one), await ask(here, text, other)]).toEqual(['hit', 'hit']);
  });

  test("an account's", async () => {
    const text = anew();
    const [a, b] = [
      accounts.keyWith({ account: 'a@b.example' }),
      accounts.keyWith({ account: 'a@b.example' }),
    ];
    const c = accounts.keyWith({ account: 'c@b.example' });
    expect([
      await ask(accounts, text, a),
      await ask(accounts, text, b),
      await ask(accounts, text, c),
    ]).toEqual(['miss', 'hit', 'miss']);
  });

  test("everybody's, but for keys that may only be answered by certain deployments", async () => {
    const text = anew();
    expect([await ask(shared, text, shared.key), await ask(shared, text, shared.keyWith({}))]).toEqual([
      'miss',
      'hit',
    ]);
    const barred = await askIn(shared, 'openai-chat', 'openai-chat', {
      text,
      key: shared.keyWith({ models: ['gpt-5'] }),
    });
    expect([barred.status, cacheOf(barred)]).toEqual([403, null]);
  });
});

describe('when the cache is asked', () => {
  const ask = async (which: FormatsHere, text: string, key: string, headers: Record<string, string> = {}) => {
    const before = asked();
    const answer = await askIn(which, 'openai-chat', 'openai-chat', { text, key, headers });
    return [answer.status, cacheOf(answer), asked() - before];
  };
  const MISS = [200, 'miss', 1];
  const HIT = [200, 'hit', 0];
  const NONE = [200, null, 1];

  test('no-cache brings a fresh answer, which is kept', async () => {
    const [text, key] = [anew(), rich()];
    upstream.play([{ text: 'old' }, { text: 'new' }]);
    expect(await ask(here, text, key)).toEqual(MISS);
    expect(await ask(here, text, key, { 'cache-control': 'No-Cache' })).toEqual(MISS);
    const hit = await askIn(here, 'openai-chat', 'openai-chat', { text, key });
    expect([cacheOf(hit), textOf('openai-chat', hit)]).toEqual(['hit', 'new']);
  });

  test('no-store brings a fresh answer and leaves the kept one', async () => {
    const [text, key] = [anew(), rich()];
    const noStore = { 'cache-control': 'max-age=600, no-store' };
    expect(await ask(here, text, key, noStore)).toEqual(MISS);
    expect(await ask(here, text, key)).toEqual(MISS);
    expect(await ask(here, text, key, noStore)).toEqual(MISS);
    expect(await ask(here, text, key)).toEqual(HIT);
  });

  test('answers grow old, for all and sooner for those who say so', async () => {
    const [text, key] = [anew(), rich()];
    expect(await ask(here, text, key)).toEqual(MISS);
    here.clock.advance(60_000);
    const hit = await askIn(here, 'openai-chat', 'openai-chat', { text, key });
    expect([cacheOf(hit), hit.headers.get('age')]).toEqual(['hit', '60']);
    expect(await ask(here, text, key, { 'cache-control': 'max-age=60' })).toEqual(HIT);
    expect(await ask(here, text, key, { 'cache-control': 'max-age=59' })).toEqual(MISS);
    here.clock.advance(600_000);
    expect(await ask(here, text, key)).toEqual(HIT);
    here.clock.advance(1);
    expect(await ask(here, text, key)).toEqual(MISS);
  });

  test('a key or a request may do without', async () => {
    const text = anew();
    const off = here.keyWith({ creditNano: 10_000_000_000n, cache: 'off' });
    expect(await ask(here, text, off)).toEqual(NONE);
    expect(await ask(here, text, off, { 'x-osiris-cache': 'on' })).toEqual(NONE);
    const key = rich();
    expect(await ask(here, text, key, { 'x-osiris-cache': 'off' })).toEqual(NONE);
    expect(await ask(here, text, key)).toEqual(MISS);
    expect(await ask(here, text, key, { 'x-osiris-cache': 'off' })).toEqual(NONE);
  });

  test('where it is not the default, a key or a request may ask for it', async () => {
    const text = anew();
    const plain = optional.keyWith({});
    expect(await ask(optional, text, plain)).toEqual(NONE);
    expect(await ask(optional, text, plain, { 'x-osiris-cache': 'ON' })).toEqual(MISS);
    expect(await ask(optional, text, plain)).toEqual(NONE);
    expect(await ask(optional, text, plain, { 'x-osiris-cache': 'on' })).toEqual(HIT);
    const on = optional.keyWith({ cache: 'on' });
    expect(await ask(optional, text, on)).toEqual(MISS);
    expect(await ask(optional, text, on)).toEqual(HIT);
    expect(await ask(optional, text, on, { 'x-osiris-cache': 'off' })).toEqual(NONE);
  });

  test('without a ttl there is none, whoever asks', async () => {
    const text = anew();
    const on = without.keyWith({ cache: 'on' });
    expect(await ask(without, text, on, { 'x-osiris-cache': 'on' })).toEqual(NONE);
    expect(await ask(without, text, on, { 'x-osiris-cache': 'on' })).toEqual(NONE);
  });

  test('a header that says neither is told what to say', async () => {
    const answer = await askIn(here, 'openai-chat', 'openai-chat', {
      key: rich(),
      headers: { 'x-osiris-cache': 'yes' },
    });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('must be `on` or `off`')]);
    expect(asked()).toBe(0);
  });
});
