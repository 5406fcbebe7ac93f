// Who is told of an abort, and when.

import { expect, test } from 'bun:test';
import { Abort } from '../../src/lib/abort.ts';

function listener() {
  const told: unknown[] = [];
  return { told, aborted: (reason: unknown) => void told.push(reason) };
}

test('every listener that has not been forgotten is told the first reason, once', () => {
  const abort = new Abort();
  const [first, second, gone] = [listener(), listener(), listener()];
  for (const each of [first, gone, second]) abort.listen(each);
  abort.forget(gone);
  abort.forget(listener());
  expect([abort.aborted, abort.reason]).toEqual([false, undefined]);
  abort.abort('why');
  abort.abort('again');
  expect([first.told, second.told, gone.told]).toEqual([['why'], ['why'], []]);
  expect([abort.aborted, abort.reason]).toEqual([true, 'why']);
});

test('a listener may forget others and itself while they are told', () => {
  const abort = new Abort();
  const last = listener();
  const first = { aborted: () => abort.forget(first) };
  abort.listen(first);
  abort.listen(last);
  abort.abort(undefined);
  expect([last.told, abort.aborted]).toEqual([[undefined], true]);
});

test('its signal is a real one, before and behind the abort', () => {
  const abort = new Abort();
  const { signal } = abort;
  expect(signal.aborted).toBe(false);
  abort.abort('why');
  expect([signal.aborted, signal.reason, abort.signal]).toEqual([true, 'why', signal]);
  const late = new Abort();
  late.abort('late');
  expect([late.signal.aborted, late.signal.reason]).toEqual([true, 'late']);
});
