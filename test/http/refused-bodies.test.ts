// What the refused requests of one key may cost: they are answered for nothing, but not without end.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { Fault } from '../../src/canonical/fault.ts';
import { RefusedBodies } from '../../src/gateway/admission/refused-bodies.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const MB = 1024 * 1024;

let here: InProcess;
beforeAll(async () => {
  here = await openHere({ sandbox: true });
});
afterAll(() => here.stop());

async function send(key: string, body: string, path = '/v1/chat/completions') {
  const response = await fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-encoding': 'gzip' },
    body: gzipSync(body),
  });
  const { error } = (await response.json()) as { error?: { message: string; details: object } };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), error };
}

const question = (more: string) =>
  `{"model":"sandbox/echo","messages":[{"role":"user","content":"Hi"}],"metadata":{}${more}}`;

test('a body of half a million pieces is refused before they fill the memory', async () => {
  for (const piece of ['{}', '[]', '""']) {
    const { status, error } = await send(here.key, question(`,"x":[${`${piece},`.repeat(500_000)}1]`));
    expect([status, error?.message]).toEqual([400, expect.stringContaining('500,000')]);
  }
  expect((await send(here.key, question(`,"x":[${'1,'.repeat(600_000)}1]`))).status).toBe(200);
});

test('a key that has too much refused waits, on every route, and no other key does', async () => {
  const { key } = here.makeKey({});
  const large = `{"x":"${'a'.repeat(9 * MB)}"}`;
  const statuses = [];
  for (let i = 0; i < 9; i++) statuses.push((await send(key, large)).status);
  expect(statuses).toEqual([...Array<number>(8).fill(400), 429]);
  const refused = await send(key, question(''), '/v1/messages/count_tokens');
  expect(refused.status).toBe(429);
  expect(Number(refused.retryAfter)).toBeGreaterThan(1);
  expect(refused.error?.details).toMatchObject({ limit_kind: 'refused_requests' });
  expect((await send(here.key, question(''))).status).toBe(200);
});

const refusal = new Fault('invalid_json', 'x');
function isWaiting(bodies: RefusedBodies, key: string): boolean {
  try {
    bodies.check(key);
    return false;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'rate_limit_exceeded' });
    return true;
  }
}

test('what a minute has brought back may be refused again', () => {
  const clock = fakeClock();
  const bodies = new RefusedBodies(clock);
  bodies.count('a', refusal, 96 * MB);
  expect([isWaiting(bodies, 'a'), isWaiting(bodies, 'b')]).toEqual([true, false]);
  clock.advance(29_000);
  expect(isWaiting(bodies, 'a')).toBe(true);
  clock.advance(1_000);
  expect(isWaiting(bodies, 'a')).toBe(false);
});

test('small requests and bodies that could not be unpacked cost something, what was not looked at nothing', () => {
  const spent = (fault: Fault, bytes: number | undefined) => {
    const bodies = new RefusedBodies(fakeClock());
    let count = 0;
    for (; count < 20_000 && !isWaiting(bodies, 'a'); count++) bodies.count('a', fault, bytes);
    return count;
  };
  expect(spent(refusal, 10)).toBe(16_385);
  expect(spent(refusal, undefined)).toBe(65);
  expect(spent(new Fault('request_too_large', 'x'), undefined)).toBe(65);
  expect(spent(new Fault('concurrency_limit', 'x'), undefined)).toBe(20_000);
});
