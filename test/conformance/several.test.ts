// Several answers to one request (T30): the provider's own where it has them, else a request for each.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { type FormatsHere, framesOf, openFormats } from '../support/formats-here.ts';
import type { Turn } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
/** A dollar for a thousand tokens, in and out. */
const here: FormatsHere = await openFormats(upstream.origin, 1000);
const key = here.keyWith({ creditNano: 1_000_000_000_000n });

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

const usage = (output: number) => ({ input: 10, cached: 0, output, reasoning: 0 });
const TURNS: Turn[] = [
  { text: 'heads', usage: usage(3) },
  { calls: [{ id: 'toolu_1', name: 'toss', args: '{"coin":1}' }], usage: usage(5) },
];
beforeEach(() => upstream.play(TURNS));

const messages = [{ role: 'user', content: 'Toss a coin.' }];
const tools = [
  { type: 'function', function: { name: 'toss', parameters: { type: 'object', properties: {} } } },
];
const body = { messages, tools, n: 2 };

/** What one call cost in nanodollars. */
async function costing<T>(run: () => Promise<T>): Promise<{ value: T; spentNano: bigint }> {
  const balance = () => {
    const stored = here.directory.list().find((each) => key.startsWith(each.prefix));
    return here.store.ledger.purse(stored?.purse ?? 0)?.balanceNano ?? 0n;
  };
  const before = balance();
  const value = await run();
  return { value, spentNano: before - balance() };
}

/** Chat choices put together from their chunks, by index. */
function choicesOf(frames: Json[]): Map<number, { text: string; args: string; finish: unknown[] }> {
  const choices = new Map<number, { text: string; args: string; finish: unknown[] }>();
  for (const choice of frames.flatMap((frame) => frame.choices as Json[])) {
    const known = choices.get(Number(choice.index)) ?? { text: '', args: '', finish: [] };
    const delta = choice.delta as Json;
    known.text += delta.content ?? '';
    for (const call of (delta.tool_calls ?? []) as Json[])
      known.args += String((call.function as Json).arguments);
    if (choice.finish_reason !== null) known.finish.push(choice.finish_reason);
    choices.set(Number(choice.index), known);
  }
  return choices;
}

test('T30 C→C: n goes through to a provider that has it', async () => {
  await here.ask('openai-chat', 'openai-chat', body, { key });
  expect(upstream.received.map((one) => one.body.n)).toEqual([2]);
});

describe('T30 C→A', () => {
  test('each answer is asked for by itself, the usage is the sum, and there is one charge', async () => {
    const { value, spentNano } = await costing(() =>
      here.ask('openai-chat', 'anthropic-messages', body, { key }),
    );
    expect(value.status).toBe(200);
    expect(upstream.breaches()).toEqual([]);
    expect(upstream.turnsTaken().map((one) => one.body.n)).toEqual([undefined, undefined]);
    const { choices, usage: used } = value.json() as { choices: Json[]; usage: Json };
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    const said = choices.map(({ message, finish_reason }) => [
      (message as Json).content,
      ((message as Json).tool_calls as Json[] | undefined)?.length ?? 0,
      finish_reason,
    ]);
    expect(said.toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
      ['heads', 0, 'stop'],
      [null, 1, 'tool_calls'],
    ]);
    expect(used).toMatchObject({ prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 });
    expect(used.cost_usd_total).toBe(0.028);
    expect(spentNano).toBe(28_000_000n);
    expect(value.headers.get('x-osiris-losses')).toBe('1; changed=n');
  });

  test('streamed, their chunks bear their index and the usage stands once at the end', async () => {
    const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
    const { value, spentNano } = await costing(() =>
      here.ask('openai-chat', 'anthropic-messages', streamed, { key }),
    );
    const frames = framesOf(value.text);
    expect(value.text).toEndWith('data: [DONE]\n\n');
    expect(value.text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(1);
    const choices = choicesOf(frames);
    expect([...choices.keys()].toSorted()).toEqual([0, 1]);
    expect([...choices.values()].toSorted((a, b) => a.text.length - b.text.length)).toEqual([
      { text: '', args: '{"coin":1}', finish: ['tool_calls'] },
      { text: 'heads', args: '', finish: ['stop'] },
    ]);
    expect(frames.filter((frame) => frame.usage)).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 20, completion_tokens: 8 } });
    expect(spentNano).toBe(28_000_000n);
  });

  test('a failure of one is the failure of all, and costs nothing', async () => {
    const error = { status: 529, type: 'overloaded_error', message: 'busy' };
    upstream.play([{ text: 'heads' }, { error }]);
    const { value, spentNano } = await costing(() =>
      here.ask('openai-chat', 'anthropic-messages', body, { key }),
    );
    expect(value.status).toBe(503);
    upstream.play([{ text: 'heads '.repeat(50) }, { text: 'tails '.repeat(50), stopAfterFrames: 5 }]);
    const broken = await costing(() =>
      here.ask('openai-chat', 'anthropic-messages', { ...body, stream: true }, { key }),
    );
    expect(broken.value.text).toContain('upstream_truncated');
    expect(broken.value.text).not.toContain('[DONE]');
    expect(spentNano + broken.spentNano).toBe(0n);
  });

  test('a stream that breaks off takes the others with it', async () => {
    const lasting = { text: 'heads '.repeat(50), silentAfterFrames: 6 };
    upstream.play([lasting, { text: 'tails '.repeat(50), stopAfterFrames: 5 }]);
    const answer = await here.ask('openai-chat', 'anthropic-messages', { ...body, stream: true }, { key });
    expect(answer.text).toContain('upstream_truncated');
    while (!upstream.received.some((one) => one.aborted)) await Bun.sleep(1);
  });

  test('more than eight, and any more than one under strict, are refused by name', async () => {
    const many = await here.ask('openai-chat', 'anthropic-messages', { ...body, n: 9 }, { key });
    expect([many.status, (many.json().error as Json).param]).toEqual([400, 'n']);
    const headers = { 'x-osiris-strict': '1' };
    const strict = await here.ask('openai-chat', 'anthropic-messages', body, { key, headers });
    expect([strict.status, (strict.json().error as Json).param]).toEqual([400, 'n']);
    expect(upstream.received).toHaveLength(0);
  });
});

test('T30 C→G: seeds count up, so that the answers differ', async () => {
  await here.ask('openai-chat', 'google-generate-content', { messages, n: 2, seed: 7 }, { key });
  const seeds = upstream.received.map((one) => (one.body.generationConfig as Json).seed);
  expect(seeds.toSorted()).toEqual([7, 8]);
});

describe('T30 G→C', () => {
  const asked = {
    contents: [{ role: 'user', parts: [{ text: 'Toss a coin.' }] }],
    generationConfig: { candidateCount: 2 },
  };
  const words = (candidates: Json[], index: number) =>
    candidates
      .filter((candidate) => candidate.index === index)
      .flatMap(({ content }) => (content as { parts: Json[] }).parts.map(({ text }) => text ?? ''))
      .join('');

  test('candidateCount brings as many candidates, whole and streamed', async () => {
    upstream.play([{ text: 'heads' }, { text: 'tails' }]);
    const whole = (await here.askAsGoogle('openai-chat', asked, { key })).json();
    const candidates = whole.candidates as Json[];
    expect([words(candidates, 0), words(candidates, 1)].toSorted()).toEqual(['heads', 'tails']);
    expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 22, candidatesTokenCount: 14 });
    upstream.play([{ text: 'heads' }, { text: 'tails' }]);
    const frames = framesOf((await here.askAsGoogle('openai-chat', asked, { stream: true, key })).text);
    const all = frames.flatMap((frame) => frame.candidates as Json[]);
    expect([words(all, 0), words(all, 1)].toSorted()).toEqual(['heads', 'tails']);
    expect(all.filter(({ finishReason }) => finishReason === 'STOP')).toHaveLength(2);
    expect(frames.filter((frame) => frame.usageMetadata)).toHaveLength(1);
    expect(frames.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: 22 });
  });
});
