// What the operator is told of pauses and of the cap: when it begins, and when it is over.

import { expect, test } from 'bun:test';
import { CapWatch } from '../../src/gateway/admission/daily-cap.ts';
import { Pauses } from '../../src/gateway/health/pauses.ts';
import { capAlerts, pauseAlerts } from '../../src/gateway/health/stop-alerts.ts';
import { keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

function listening() {
  const heard: string[] = [];
  const alarm = {
    raise: (event: string, subject: string, message: string) => heard.push(`${event} ${subject}: ${message}`),
    clear: (event: string, subject: string) => heard.push(`${event} ${subject} over`),
  };
  return { heard, alarm };
}

test('a pause is told with its reason, again after a restart, and when it ends', () => {
  const facts = new Map<string, string>();
  const directory = {
    getFact: (name: string) => facts.get(name),
    setFact: (name: string, value: string) => void facts.set(name, value),
  };
  const start = () => {
    const { heard, alarm } = listening();
    const pauses = new Pauses(directory);
    pauses.tell(pauseAlerts(alarm, pauses.all));
    return { heard, pauses };
  };
  const first = start();
  first.pauses.begin({ scope: 'provider', name: 'up', reason: 'a bill', sinceMs: 1 });
  expect(first.heard).toEqual([
    'paused provider up: Paused by the operator: provider up (a bill), until `osiris admin resume --provider up`.',
  ]);
  const second = start();
  expect(second.heard).toEqual(first.heard);
  second.pauses.end(() => true);
  expect(second.heard.slice(1)).toEqual(['paused provider up over']);
});

test('the cap is told once a day, and is over with the first call of another day or by another cap', async () => {
  const store = await storeIn(scratchDir());
  const key = keyIn(store);
  const { heard, alarm } = listening();
  const watch = new CapWatch(capAlerts(alarm));
  const reached = { capNano: 1_000_000_000n, spentNano: 990_000_000n, heldNano: 0n, resetsAtMs: 5_000 };
  const told = expect.stringContaining('spent $0.99 today, and billing.daily_cap is $1');
  watch.refused(reached);
  watch.refused(reached);
  expect(heard).toEqual([told]);
  // small enough for what is left, or free
  watch.admitted(orderFor(key, { capNano: 1_000_000_000n, atMs: 4_999 }));
  watch.admitted(orderFor(key, { capNano: 1_000_000_000n, atMs: 5_000, needNano: 0n }));
  expect(heard).toHaveLength(1);
  watch.admitted(orderFor(key, { capNano: 1_000_000_000n, atMs: 5_000 }));
  expect(heard.slice(1)).toEqual(['spend_cap daily_cap over']);
  watch.refused({ ...reached, resetsAtMs: 9_000 });
  watch.admitted(orderFor(key, { capNano: undefined, atMs: 6_000 }));
  expect(heard.slice(2)).toEqual([told, 'spend_cap daily_cap over']);
  await store.close();
});
