// A script that plays as a stream makes nothing nobody reads, and stops at once.

import { beforeAll, describe, expect, test } from 'bun:test';
import { countTokens, loadTokenizer } from '../../src/billing/tokens.ts';
import { Fold } from '../../src/canonical/fold.ts';
import { type Draft, draftBytes, draftWords } from '../../src/sandbox/draft.ts';
import { playWhole, streamBody, type Wait } from '../../src/sandbox/play.ts';
import { openUsage, perform, type ScriptItem, type Staging } from '../../src/sandbox/script.ts';

beforeAll(loadTokenizer);

const STAGING: Staging = {
  id: 'msg_1',
  model: 'echo',
  createdS: 0,
  callPrefix: 'call_',
  seed: '0123456789abcdef0123456789abcdef',
  sealIssuer: undefined,
  firstByteMs: 0,
  wordMs: 0,
  ending: 'finish',
  usage: openUsage(10, false),
  maxOutputTokens: undefined,
  sampling: {},
};

/** Lets everything run that is ready to. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const noWait: Wait = () => Promise.resolve();

function watched(items: ScriptItem[]) {
  const seen = { made: 0, closed: false };
  function* script(): Generator<ScriptItem, void, undefined> {
    try {
      for (const item of items) {
        seen.made++;
        yield item;
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, script: script() };
}

/** A wait that only an abort ends, and promises for when it began and ended. */
function watchedWait() {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const wait: Wait = (_, signal) => {
    begun.resolve();
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    return ended.promise;
  };
  return { wait, begun: begun.promise, ended: ended.promise };
}

const deltas = (count: number): ScriptItem[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'part-delta',
    index: 0,
    delta: { kind: 'text', text: `w${i} ` },
  }));

const parts = (signal: AbortSignal, wait = noWait) => ({
  encode: () => 'data: {}\n\n',
  garbage: 'data: {"\n\n',
  wait,
  signal,
});

function fold(items: Iterable<ScriptItem>): Fold {
  const whole = new Fold();
  for (const item of items) {
    if (item.type !== 'wait' && item.type !== 'cut' && item.type !== 'garbage') whole.push(item);
  }
  return whole;
}

function say(body: string, kind: 'text' | 'reasoning' = 'text'): Draft {
  return { passages: [{ kind, body }], finish: { reason: 'end' } };
}

describe('a stream', () => {
  test('makes an item only when it is read', async () => {
    const { seen, script } = watched(deltas(1_000));
    const reader = streamBody(script, parts(new AbortController().signal)).getReader();
    await turn();
    expect(seen.made).toBe(0);
    for (let i = 0; i < 5; i++) await reader.read();
    await turn();
    expect(seen.made).toBeLessThanOrEqual(6);
    await reader.cancel();
    expect(seen.closed).toBe(true);
  });

  test('that is aborted while it waits fails at once and closes its script', async () => {
    const { seen, script } = watched([...deltas(1), { type: 'wait', waitMs: 60_000 }, ...deltas(5)]);
    const stop = new AbortController();
    const { wait, begun, ended } = watchedWait();
    const reader = streamBody(script, parts(stop.signal, wait)).getReader();
    await reader.read();
    const next = reader.read();
    await begun;
    stop.abort(new Error('client left'));
    await expect(next).rejects.toThrow('client left');
    await ended;
    expect(seen.closed).toBe(true);
    expect(seen.made).toBe(2);
  });

  test('that is cancelled while it waits stops waiting', async () => {
    const { seen, script } = watched([...deltas(1), { type: 'wait', waitMs: 60_000 }, ...deltas(5)]);
    const { wait, begun, ended } = watchedWait();
    const reader = streamBody(script, parts(new AbortController().signal, wait)).getReader();
    await reader.read();
    const pending = reader.read();
    await begun;
    await reader.cancel();
    expect((await pending).done).toBe(true);
    await ended;
    expect(seen).toEqual({ made: 2, closed: true });
  });

  test('whose encoder fails ends with that failure and closes its script', async () => {
    const { seen, script } = watched(deltas(3));
    const encode = () => {
      throw new Error('encoder');
    };
    const reader = streamBody(script, { ...parts(new AbortController().signal), encode }).getReader();
    await expect(reader.read()).rejects.toThrow('encoder');
    expect(seen.closed).toBe(true);
  });

  test('is as long as asked for without holding it in memory', async () => {
    const script = perform(draftBytes(30_000_000), STAGING);
    const encode = (event: ScriptItem) =>
      event.type === 'part-delta' && event.delta.kind === 'text' ? event.delta.text : '';
    const reader = streamBody(script, { ...parts(new AbortController().signal), encode }).getReader();
    let bytes = 0;
    for (let i = 0; i < 1_000; i++) bytes += (await reader.read()).value?.length ?? 0;
    expect(bytes).toBeGreaterThan(1_000);
    await reader.cancel();
    let total = 0;
    for (const item of perform(draftBytes(10_000), STAGING)) {
      if (item.type === 'part-delta' && item.delta.kind === 'text') total += item.delta.text.length;
    }
    expect(total).toBe(10_000);
  });
});

describe('a whole answer', () => {
  test('rejects when it is aborted while it waits, and closes its script', async () => {
    const { seen, script } = watched([{ type: 'wait', waitMs: 1_000 }, ...deltas(3)]);
    const stop = new AbortController();
    const played = playWhole(script, async () => stop.abort(new Error('client left')), stop.signal);
    await expect(played).rejects.toThrow('client left');
    expect(seen.closed).toBe(true);
    expect(seen.made).toBeLessThanOrEqual(2);
  });
});

describe('a performance', () => {
  const TEXT = 'One two three, four five six; seven eight.\n\nNine ten.';

  test('counts exactly the tokens of the text it speaks', () => {
    const { usage, parts: spoken } = fold(perform(say(TEXT), STAGING)).response();
    expect(spoken).toEqual([{ kind: 'text', text: TEXT }]);
    expect(usage).toMatchObject({
      input: 10,
      inputUncached: 10,
      output: countTokens(TEXT),
      outputReasoning: 0,
    });
  });

  test('counts an endless draft like the same text in one piece', () => {
    const { usage, parts: spoken } = fold(perform(draftWords(1_000), STAGING)).response();
    const text = spoken[0]?.kind === 'text' ? spoken[0].text : '';
    expect(text.split(' ')).toHaveLength(1_000);
    expect(text).toEndWith('word999 word1000');
    expect(usage?.output).toBe(countTokens(text));
  });

  test('stops at the cap at the end of a token', () => {
    for (let max = 1; max < countTokens(TEXT); max++) {
      const {
        parts: spoken,
        finish,
        usage,
      } = fold(perform(say(TEXT), { ...STAGING, maxOutputTokens: max })).response();
      expect(finish).toEqual({ reason: 'length' });
      expect(usage?.output).toBe(max);
      expect(spoken[0]?.kind === 'text' && TEXT.startsWith(spoken[0].text)).toBe(true);
    }
    const enough = perform(say(TEXT), { ...STAGING, maxOutputTokens: countTokens(TEXT) });
    expect(fold(enough).response().finish).toEqual({ reason: 'end' });
  });

  test('stops before the first of several stop sequences, unless the cap comes first', () => {
    const sampling = { stop: ['nine', 'six', ' four', ''] };
    const { parts: spoken, finish } = fold(perform(say(TEXT), { ...STAGING, sampling })).response();
    expect(spoken).toEqual([{ kind: 'text', text: 'One two three,' }]);
    expect(finish).toEqual({ reason: 'stop-sequence', stopSequence: ' four' });
    const capped = fold(perform(say(TEXT), { ...STAGING, sampling, maxOutputTokens: 2 })).response();
    expect(capped.finish).toEqual({ reason: 'length' });
  });

  test('waits before the first event and before each word, and nowhere else', () => {
    const items = [...perform(say('a b c'), { ...STAGING, firstByteMs: 500, wordMs: 20 })];
    expect(items.map((item) => (item.type === 'wait' ? item.waitMs : item.type))).toEqual([
      500,
      'start',
      'part-start',
      20,
      'part-delta',
      20,
      'part-delta',
      20,
      'part-delta',
      'part-end',
      'usage',
      'finish',
    ]);
  });

  test('seals reasoning when it has an issuer, and only then', () => {
    const think = (sealIssuer: string | undefined) =>
      fold(perform(say('First.\n\nSecond.', 'reasoning'), { ...STAGING, sealIssuer })).response().parts[0];
    expect(think('anthropic')).toMatchObject({
      summary: ['First.', 'Second.'],
      seal: { issuer: 'anthropic' },
    });
    expect(think(undefined)).toEqual({ kind: 'reasoning', summary: ['First.', 'Second.'], content: [] });
  });

  test.each(['cut', 'garbage', 'error'] as const)('that ends by %s never finishes', (ending) => {
    const types = [...perform(say(TEXT), { ...STAGING, ending })].map(({ type }) => type);
    expect(types.at(-1)).toBe(ending);
    expect(types).toContain('part-delta');
    for (const absent of ['part-end', 'usage', 'finish'] as const) expect(types).not.toContain(absent);
  });
});
