// What the page at /setup makes of the last calls of a key.

import { describe, expect, test } from 'bun:test';
import { arrivalOf, type KeyCall, mergeCalls } from '../../../src/http/pages/browser/arrival.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);

function call(id: string, agoS: number, more: Partial<KeyCall> = {}): KeyCall {
  return {
    id,
    at: new Date(NOW_MS - agoS * 1000).toISOString(),
    client: 'claude-code',
    client_version: '2.1.197',
    stream: true,
    model: 'opus',
    status: 200,
    code: null,
    message: null,
    input_tokens: 1,
    output_tokens: 1,
    cost_usd: 0,
    duration_ms: 5,
    ...more,
  };
}

const failed = { status: 402, code: 'insufficient_balance', message: 'Empty.' };
const arrival = (calls: KeyCall[], names: string[] | undefined = ['claude-code']) =>
  arrivalOf(calls, names, NOW_MS);

describe('an arrival', () => {
  test('waits for the client, and tells of another one', () => {
    expect(arrival([])).toEqual({ state: 'waiting' });
    const other = call('a', 1, { client: 'curl' });
    expect(arrival([other])).toEqual({ state: 'waiting', other });
    expect(arrival([other], ['codex', 'curl'])).toMatchObject({ state: 'answered' });
  });

  test('is any call where the client has no name of its own', () => {
    expect(arrivalOf([call('a', 1, { client: null })], undefined, NOW_MS)).toMatchObject({
      state: 'answered',
    });
  });

  test.each<[string, Partial<KeyCall>]>([
    ['running', { status: null }],
    ['answered', {}],
    ['failed', failed],
    ['left', { status: 499, code: 'client_closed' }],
  ])('is %s as its newest call is', (state, more) => {
    const newest = call('b', 1, more);
    expect(arrival([newest, call('a', 300)])).toEqual({ state, call: newest } as never);
  });

  test('that was answered tells what failed beside it, not what failed before', () => {
    const beside = call('b', 5, failed);
    expect(arrival([call('c', 1), beside])).toMatchObject({ state: 'answered', failed: beside });
    expect(arrival([call('c', 1), call('b', 120, failed)])).not.toHaveProperty('failed');
  });

  test('of long ago is none', () => {
    expect(arrival([call('a', 16 * 60)])).toEqual({ state: 'waiting' });
  });
});

test('calls are known once, the newest first; one under way is replaced by its end or forgotten', () => {
  const running = call('b', 2, { status: null });
  const known = mergeCalls([], [running, call('a', 10)]);
  expect(known.map(({ id }) => id)).toEqual(['b', 'a']);
  const ended = mergeCalls(known, [call('b', 2), call('c', 1)]);
  expect(ended.map(({ id, status }) => `${id} ${status}`)).toEqual(['c 200', 'b 200', 'a 200']);
  expect(mergeCalls(known, []).map(({ id }) => id)).toEqual(['a']);
});
