// Time of containers that calls share: each five minutes is paid once.

import { describe, expect, test } from 'bun:test';
import { addContainers, noUsage, type Usage } from '../../src/canonical/usage.ts';
import { noteOf, PaidContainers } from '../../src/gateway/costs/containers.ts';

const MINUTE = 60_000;

function used(containers: Record<string, number>): Usage {
  const usage = { ...noUsage(), input: 10, inputUncached: 10 };
  addContainers(usage, containers);
  return usage;
}

/** Calls in a row, by the minutes when each began and ended; what each pays for. */
function pay(calls: { of: Record<string, number>; from: number; to: number; fails?: boolean }[]): number[] {
  const containers = new PaidContainers();
  return calls.map(({ of, from, to, fails = false }) => {
    const { usage, undo } = containers.due(used(of), from * MINUTE, to * MINUTE);
    if (fails) undo();
    return usage.serverTools.container ?? 0;
  });
}

describe('a container', () => {
  test('is paid for five minutes at once, however short the call', () => {
    expect(pay([{ of: { a: 1 }, from: 0, to: 0 }])).toEqual([1]);
  });

  test('costs the next call nothing until they are over', () => {
    const calls = [0, 1, 4, 5, 9].map((from) => ({ of: { a: 1 }, from, to: from + 1 }));
    expect(pay(calls)).toEqual([1, 0, 0, 1, 0]);
  });

  test('is paid for each five minutes of a long call', () => {
    expect(pay([{ of: { a: 1 }, from: 0, to: 12 }])).toEqual([3]);
    expect(
      pay([
        { of: { a: 1 }, from: 0, to: 1 },
        { of: { a: 1 }, from: 2, to: 8 },
      ]),
    ).toEqual([1, 1]);
  });

  test('costs by its size, also for a call that only names it', () => {
    expect(
      pay([
        { of: { a: 16 }, from: 0, to: 1 },
        { of: { a: 1 }, from: 6, to: 7 },
      ]),
    ).toEqual([16, 16]);
  });

  test('that nobody paid for is still to be paid', () => {
    expect(
      pay([
        { of: { a: 1 }, from: 0, to: 1, fails: true },
        { of: { a: 1 }, from: 1, to: 2 },
      ]),
    ).toEqual([1, 1]);
  });

  test('without a name is another one each time', () => {
    expect(
      pay([
        { of: { '': 1 }, from: 0, to: 1 },
        { of: { '': 1 }, from: 1, to: 2 },
      ]),
    ).toEqual([1, 1]);
  });

  test('is paid once by calls that end together', () => {
    const containers = new PaidContainers();
    const due = (to: number) => containers.due(used({ a: 1 }), 0, to * MINUTE);
    const [first, second, longer] = [due(1), due(1), due(9)];
    expect([first, second, longer].map(({ usage }) => usage.serverTools.container)).toEqual([1, 0, 1]);
    // what a failed call would have paid for is paid by the next one, but not what another has paid beyond
    longer.undo();
    first.undo();
    expect(due(2).usage.serverTools.container).toBe(1);
  });

  test('that others have paid for a longer time stays so when a call fails', () => {
    const containers = new PaidContainers();
    const failing = containers.due(used({ a: 1 }), 0, 1 * MINUTE);
    containers.due(used({ a: 4 }), 0, 9 * MINUTE);
    failing.undo();
    expect(containers.due(used({ a: 1 }), 6 * MINUTE, 9 * MINUTE).usage.serverTools.container).toBe(0);
    expect(containers.due(used({ a: 1 }), 10 * MINUTE, 11 * MINUTE).usage.serverTools.container).toBe(4);
  });

  test('is known again by what the ledger keeps', () => {
    const before = new PaidContainers();
    const { paid } = before.due(used({ a: 4 }), 0, 1 * MINUTE);
    const anew = new PaidContainers(['no JSON', '[]', '{"containers":[1]}', noteOf(paid) ?? '']);
    expect(anew.due(used({ a: 1 }), 2 * MINUTE, 5 * MINUTE).usage.serverTools.container).toBe(0);
    expect(anew.due(used({ a: 1 }), 5 * MINUTE, 6 * MINUTE).usage.serverTools.container).toBe(4);
  });
});
