// A ledger that is slow, or cannot be written, is told of.

import { expect, test } from 'bun:test';
import type { Alert } from '../../src/alerts/alert.ts';
import { configAlerts } from '../../src/alerts/config-alerts.ts';
import { AlertDesk } from '../../src/alerts/desk.ts';
import { watchLedger } from '../../src/alerts/ledger-watch.ts';
import { endOfTurn } from '../../src/lib/clock.ts';
import { GroupCommit } from '../../src/store/sqlite/ledger-commit.ts';
import { fakeClock } from '../support/store-fixtures.ts';

function openDesk() {
  const clock = fakeClock();
  const told: Alert[] = [];
  const desk = new AlertDesk({ clock, remindMs: () => 0, tell: (alert) => told.push(alert) });
  const pass = (ms: number) => {
    clock.advance(ms);
    desk.tick();
  };
  return {
    desk,
    told,
    pass,
    words: () => told.map(({ event, state, subject }) => `${event} ${subject} ${state}`),
  };
}

function watched() {
  const state = {
    lagMs: 0,
    ledger: undefined as string | undefined,
    journal: undefined as string | undefined,
  };
  const { desk, ...rest } = openDesk();
  let look = () => {};
  const stop = watchLedger({
    alarm: desk,
    ledger: { lagMs: () => state.lagMs, trouble: () => state.ledger },
    journal: { trouble: () => state.journal },
    lagMs: () => 2000,
    every(_, tick) {
      look = tick;
      return () => {
        look = () => {};
      };
    },
  });
  return { ...rest, state, stop, look: () => look() };
}

test('charges that wait too long are trouble until they are written in time', () => {
  const { state, look, pass, words, told } = watched();
  state.lagMs = 2000;
  look();
  expect(words()).toEqual([]);
  state.lagMs = 2600;
  look();
  look();
  expect(words()).toEqual(['ledger_lag ledger raised']);
  expect(told[0]).toMatchObject({ details: { lag_ms: 2600 }, message: expect.stringContaining('2.6 s') });
  state.lagMs = 0;
  look();
  pass(60_000);
  expect(words()).toEqual(['ledger_lag ledger raised', 'ledger_lag ledger cleared']);
});

test('a ledger and a journal that cannot be written are two troubles', () => {
  const { state, look, stop, words, told } = watched();
  Object.assign(state, { ledger: 'database or disk is full', journal: 'disk I/O error' });
  look();
  expect(words()).toEqual(['storage_fault ledger raised', 'storage_fault journal raised']);
  expect(told[0]?.message).toContain('database or disk is full');
  stop();
  state.lagMs = 9999;
  look();
  expect(told).toHaveLength(2);
});

test('the lag is that of the oldest entry that is not on disk', async () => {
  const writes: PromiseWithResolvers<{ failed: [] }>[] = [];
  const commit = new GroupCommit({
    write() {
      const write = Promise.withResolvers<{ failed: [] }>();
      writes.push(write);
      return write.promise;
    },
    close: async () => {},
  });
  const sent = async (count: number) => {
    while (writes.length < count) await endOfTurn();
  };
  expect(commit.lagMs()).toBe(0);
  const first = commit.entry([]);
  await sent(1);
  const second = commit.entry([]);
  await Bun.sleep(2);
  const before = commit.lagMs();
  expect(before).toBeGreaterThan(0);
  writes[0]?.resolve({ failed: [] });
  await first;
  await sent(2);
  // the second one has waited too, since it came in
  expect(commit.lagMs()).toBeGreaterThan(0);
  writes[1]?.resolve({ failed: [] });
  await second;
  await Promise.resolve();
  expect(commit.lagMs()).toBe(0);
});

test('a configuration that could not be taken over is told by its places, not by what is written there', () => {
  const { desk, told, pass, words } = openDesk();
  const tell = configAlerts(desk);
  const problem = (line: number, path: string) => ({
    file: 'o.yaml',
    line,
    column: 1,
    path,
    message: 'not `sk-x`',
  });
  tell({ ok: false, problems: [problem(3, 'server.port'), problem(0, '')] });
  tell({ ok: false, problems: [problem(3, 'server.port')] });
  expect(words()).toEqual(['config_failed configuration raised']);
  expect(told[0]).toMatchObject({ details: { problems: 2, places: ['line 3 server.port'] } });
  expect(JSON.stringify(told)).not.toContain('sk-x');
  tell({ ok: true, needsRestart: [] });
  pass(60_000);
  expect(words().at(-1)).toBe('config_failed configuration cleared');
});
