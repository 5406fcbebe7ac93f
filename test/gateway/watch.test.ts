// The one clock of all open calls: who is ticked, and who no longer is.

import { expect, test } from 'bun:test';
import { Watch, type Watched } from '../../src/gateway/watch.ts';

/** Counts its ticks; `then` is what it does on each. */
function counter(then: () => void = () => {}): Watched & { ticks: number } {
  return {
    ticks: 0,
    tick() {
      this.ticks++;
      then();
    },
  };
}

/** Resolves with the next tick, once everything watched before has been ticked. */
function nextTick(watch: Watch): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const last = counter(() => {
    watch.remove(last);
    queueMicrotask(resolve);
  });
  watch.add(last);
  return promise;
}

test('what is removed, from whatever place, is not ticked, and all others are', async () => {
  const watch = new Watch();
  const counters = Array.from({ length: 5 }, () => counter());
  for (const each of counters) watch.add(each);
  for (const place of [2, 4, 0]) watch.remove(counters[place] as Watched);
  await nextTick(watch);
  expect(counters.map(({ ticks }) => ticks)).toEqual([0, 1, 0, 1, 0]);
});

test('removing twice removes nothing else', async () => {
  const watch = new Watch();
  const [gone, stays] = [counter(), counter()];
  watch.add(gone);
  watch.add(stays);
  watch.remove(gone);
  watch.remove(gone);
  await nextTick(watch);
  expect([gone.ticks, stays.ticks]).toEqual([0, 1]);
});

test('a tick may remove itself and others without anyone being passed over', async () => {
  const watch = new Watch();
  const first = counter();
  const second = counter();
  const third = counter(() => {
    watch.remove(third);
    watch.remove(first);
  });
  const fourth = counter();
  for (const each of [first, second, third, fourth]) watch.add(each);
  await nextTick(watch);
  expect(first.ticks).toBe(0);
  expect(third.ticks).toBe(1);
  // one that moves into a gap may be ticked again, which no deadline minds
  for (const each of [second, fourth]) expect(each.ticks).toBeGreaterThan(0);
});

test('`after` fires once, and not when it has been called off', async () => {
  const watch = new Watch();
  const fired: string[] = [];
  watch.after(0, () => fired.push('on'));
  const cancel = watch.after(0, () => fired.push('off'));
  cancel();
  await nextTick(watch);
  await nextTick(watch);
  expect(fired).toEqual(['on']);
});
