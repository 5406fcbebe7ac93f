// Trouble is told once, again while it goes on, and when it is over; what comes and goes is told ever less often.

import { describe, expect, test } from 'bun:test';
import type { Alert } from '../../src/alerts/alert.ts';
import { AlertDesk } from '../../src/alerts/desk.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const MINUTE_MS = 60_000;

function open({ remindMs = 0 } = {}) {
  const clock = fakeClock();
  const told: Alert[] = [];
  const desk = new AlertDesk({ clock, remindMs: () => remindMs, tell: (alert) => told.push(alert) });
  const pass = (ms: number) => {
    clock.advance(ms);
    desk.tick();
  };
  const states = () => told.map(({ state, message }) => `${state}: ${message}`);
  return { desk, told, pass, states };
}

describe('trouble', () => {
  test('is told once, however often it is met, and counted', () => {
    const { desk, told, pass } = open();
    for (let i = 0; i < 5; i++) desk.raise('breaker_open', 'one', 'One fails.', { status: 500 + i });
    pass(MINUTE_MS);
    expect(told).toMatchObject([{ event: 'breaker_open', subject: 'one', state: 'raised', times: 1 }]);
    expect(desk.open()).toMatchObject([{ id: told[0]?.id, times: 5, details: { status: 504 } }]);
  });

  test('of another kind or with somebody else is told by itself', () => {
    const { desk, told } = open();
    desk.raise('breaker_open', 'one', 'a');
    desk.raise('breaker_open', 'two', 'b');
    desk.raise('account_empty', 'one', 'c');
    expect(told.map(({ message }) => message)).toEqual(['a', 'b', 'c']);
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  });

  test('that goes on is told again after a while, with its newest words', () => {
    const { desk, states, pass } = open({ remindMs: 60 * MINUTE_MS });
    desk.raise('account_empty', 'one', 'Pay.');
    pass(59 * MINUTE_MS);
    desk.raise('account_empty', 'one', 'Pay now.');
    expect(states()).toHaveLength(1);
    pass(MINUTE_MS);
    pass(MINUTE_MS);
    expect(states()).toEqual(['raised: Pay.', 'reminder: Pay now.']);
  });

  test('is never told again where nobody wants to be reminded', () => {
    const { desk, states, pass } = open({ remindMs: 0 });
    desk.raise('account_empty', 'one', 'Pay.');
    pass(10_000 * MINUTE_MS);
    expect(states()).toHaveLength(1);
  });
});

describe('the end of trouble', () => {
  test('is told when it has lasted a minute, with how long the trouble was', () => {
    const { desk, told, pass } = open();
    desk.raise('breaker_open', 'one', 'One fails.');
    pass(5 * MINUTE_MS);
    desk.clear('breaker_open', 'one', 'One answers.');
    desk.clear('breaker_open', 'one', 'One still answers.');
    expect(desk.open()).toEqual([]);
    pass(MINUTE_MS - 1);
    expect(told).toHaveLength(1);
    pass(1);
    const [raised, cleared] = told;
    expect(cleared).toMatchObject({ state: 'cleared', message: 'One answers.', sinceMs: raised?.atMs });
    expect((cleared?.atMs ?? 0) - (raised?.atMs ?? 0)).toBe(6 * MINUTE_MS);
  });

  test('is not told of what was no trouble', () => {
    const { desk, told, pass } = open();
    desk.clear('breaker_open', 'one', 'One answers.');
    pass(MINUTE_MS);
    expect(told).toEqual([]);
  });

  test('that does not last is not told, nor is the trouble told anew', () => {
    const { desk, states, pass } = open();
    desk.raise('breaker_open', 'one', 'One fails.');
    for (let i = 0; i < 20; i++) {
      desk.clear('breaker_open', 'one', 'One answers.');
      pass(MINUTE_MS / 2);
      desk.raise('breaker_open', 'one', 'One fails.');
      pass(MINUTE_MS / 2);
    }
    expect(states()).toEqual(['raised: One fails.']);
  });

  test('takes longer to be believed each time the trouble comes back: a day of it are few alerts', () => {
    const { desk, told, pass } = open();
    for (let minute = 0; minute < 24 * 60; minute += 4) {
      desk.raise('breaker_open', 'one', 'One fails.');
      pass(MINUTE_MS);
      desk.clear('breaker_open', 'one', 'One answers.');
      for (let i = 0; i < 3; i++) pass(MINUTE_MS);
    }
    expect(told.length).toBeLessThan(10);
    // in the end it is over, and that is told
    for (let i = 0; i < 70; i++) pass(MINUTE_MS);
    expect(told.at(-1)?.state).toBe('cleared');
  });
});

test('the last fifty alerts can be looked at, the newest first', () => {
  const { desk } = open();
  for (let i = 0; i < 60; i++) desk.raise('breaker_open', `p${i}`, 'It fails.');
  const recent = desk.recent();
  expect([recent.length, recent[0]?.subject, recent.at(-1)?.subject]).toEqual([50, 'p59', 'p10']);
});

test('more trouble than anybody can have takes no more memory', () => {
  const { desk, told } = open();
  for (let i = 0; i < 5000; i++) desk.raise('breaker_open', `p${i}`, 'It fails.');
  expect(told).toHaveLength(1000);
});
