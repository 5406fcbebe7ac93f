// A pause is told, also one that a start remembers, and so is its end.

import { expect, test } from 'bun:test';
import type { Alert } from '../../src/alerts/alert.ts';
import { AlertDesk } from '../../src/alerts/desk.ts';
import { tellOfPauses } from '../../src/gateway/pause-alerts.ts';
import { Pauses } from '../../src/gateway/pauses.ts';
import { fakeClock } from '../support/store-fixtures.ts';

test('a pause is told when it begins, after a restart again, and when it ends', () => {
  const facts = new Map<string, string>();
  const directory = {
    getFact: (name: string) => facts.get(name),
    setFact: (name: string, value: string) => void facts.set(name, value),
  };
  const open = () => {
    const clock = fakeClock();
    const told: Alert[] = [];
    const desk = new AlertDesk({ clock, remindMs: () => 0, tell: (alert) => told.push(alert) });
    const pauses = new Pauses(directory);
    tellOfPauses(desk, pauses);
    return { clock, desk, told, pauses };
  };
  const first = open();
  expect(first.told).toEqual([]);
  first.pauses.begin({ scope: 'provider', name: 'openai', reason: 'a bill', sinceMs: 1 });
  expect(first.told).toMatchObject([
    { event: 'paused', subject: 'provider openai', state: 'raised', details: { reason: 'a bill' } },
  ]);
  const second = open();
  expect(second.told).toMatchObject([{ event: 'paused', subject: 'provider openai' }]);
  second.pauses.end(() => true);
  second.clock.advance(60_000);
  second.desk.tick();
  expect(second.told).toMatchObject([{ state: 'raised' }, { state: 'cleared', subject: 'provider openai' }]);
});
