// Somebody sets the clock while calls are under way: what may take only so long is measured by another one.

import { afterAll, afterEach, beforeAll, expect, setSystemTime, test } from 'bun:test';
import { Watch } from '../../src/gateway/watch.ts';
import { steadyClock } from '../../src/lib/clock.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { startTeller, type Teller } from '../support/teller.ts';

const HOUR_MS = 3_600_000;
const step = (ms: number) => setSystemTime(new Date(Date.now() + ms));
afterEach(() => {
  setSystemTime();
});

let teller: Teller;
let here: InProcess;
beforeAll(async () => {
  teller = startTeller();
  here = await openHere({ baseUrl: teller.baseUrl, models: ['m'] });
});
afterAll(async () => {
  await here.stop();
  await teller.stop();
});

/** Every open call has looked at the clock since. */
function ticked(): Promise<void> {
  const watch = new Watch();
  const { promise, resolve } = Promise.withResolvers<void>();
  let ticks = 0;
  const watched = {
    tick() {
      if (++ticks < 3) return;
      watch.remove(watched);
      resolve();
    },
  };
  watch.add(watched);
  return promise;
}

const ask = (stream: boolean) =>
  fetch(`${here.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });

const chunk = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

test('a stream is not cut off by an hour that never was', async () => {
  teller.tell({
    frames: [chunk({ content: 'One, ' }, null), chunk({ content: 'two.' }, 'stop'), 'data: [DONE]\n\n'],
    pausesAfter: 1,
  });
  const response = await ask(true);
  step(HOUR_MS);
  await ticked();
  teller.goOn();
  const text = await response.text();
  expect(text).toContain('two.');
  expect(text).toContain('[DONE]');
  expect(text).not.toContain('error');
});

test('a whole answer is waited for', async () => {
  const message = { role: 'assistant', content: 'Done.' };
  teller.tell({ json: { id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }] }, waits: true });
  const asked = ask(false);
  await teller.asked;
  step(HOUR_MS);
  await ticked();
  teller.goOn();
  const response = await asked;
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Done.')]);
});

test('a clock that is set back does not make a deadline late', async () => {
  const watch = new Watch();
  const { promise, resolve } = Promise.withResolvers<string>();
  watch.after(1, () => resolve('fired'));
  step(-HOUR_MS);
  expect(await promise).toBe('fired');
});

test('how long a provider is left alone goes by a clock that nobody sets', () => {
  const before = steadyClock.nowMs();
  expect(Math.abs(before - Date.now())).toBeLessThan(HOUR_MS / 2);
  step(HOUR_MS);
  expect(steadyClock.nowMs() - before).toBeLessThan(HOUR_MS / 2);
});
