// `GET /admin/clients`: which programs call and what fails for them, for the operator only.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type InProcess, openHere } from '../support/in-process.ts';

let here: InProcess;
let key: ReturnType<InProcess['makeKey']>;
beforeAll(async () => {
  here = await openHere({ sandbox: true });
  key = here.makeKey({}, { creditNano: 0n });
  const ask = async (model: string, userAgent: string) => {
    const response = await fetch(`${here.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'user-agent': userAgent },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await response.text();
  };
  await ask('sandbox/echo', 'opencode/1.18.33 ai-sdk/provider-utils/4.0.1');
  await ask('no-such-model', 'opencode/1.18.33 ai-sdk/provider-utils/4.0.1');
  await ask('sandbox/echo', 'opencode/1.19.0');
  await ask('sandbox/fail-500', 'OpenAI/JS 7.15.0');
});
afterAll(() => here.stop());

const look = (query = '', secret = here.adminSecret) =>
  fetch(`${here.url}/admin/clients${query}`, { headers: { authorization: `Bearer ${secret}` } });
const list = async (query = '') =>
  ((await (await look(query)).json()) as { data: Record<string, unknown>[] }).data;

describe('GET /admin/clients', () => {
  test('tells versions, calls, failures and why, the last caller first', async () => {
    const [first, second] = await list();
    expect(first).toMatchObject({
      client: 'openai-js',
      calls: 1,
      failed: 1,
      left: 0,
      versions: [{ version: '7.15.0', calls: 1, failed: 1 }],
      errors: [{ status: 502, code: 'bad_gateway', calls: 1 }],
    });
    expect(second).toMatchObject({
      client: 'opencode',
      calls: 3,
      failed: 1,
      versions: [
        { version: '1.19.0', calls: 1 },
        { version: '1.18.33', calls: 2, failed: 1 },
      ],
      errors: [
        { status: 400, code: 'model_not_found', calls: 1, message: expect.stringContaining('no-such-model') },
      ],
    });
    const [error] = (second?.errors ?? []) as { last_id: string }[];
    const call = await fetch(`${here.url}/admin/logs/${error?.last_id}`, {
      headers: { authorization: `Bearer ${here.adminSecret}` },
    });
    expect(await call.json()).toMatchObject({ client: 'opencode', code: 'model_not_found' });
  });

  test('is narrowed by client, version, key and time', async () => {
    const names = async (query: string) =>
      (await list(query)).map(({ client, calls }) => `${client} ${calls}`);
    expect(await names('?client=opencode')).toEqual(['opencode 3']);
    expect(await names('?client=opencode/1.18')).toEqual(['opencode 2']);
    expect(await names(`?key=${key.stored.id}`)).toHaveLength(2);
    expect(await names(`?key=${key.stored.prefix}`)).toHaveLength(2);
    expect(await names('?since=2199-01-01')).toEqual([]);
  });

  test.each([
    ['?status=4xx', 'status'],
    ['?since=soon', 'since'],
    ['?client=/2.1', 'client'],
    ['?client=codex/', 'client'],
  ])('%s is a 400 that names the member', async (query, param) => {
    const response = await look(query);
    const { error } = (await response.json()) as { error: { param: string } };
    expect([response.status, error.param]).toEqual([400, param]);
  });

  test('is for the operator only', async () => {
    expect((await look('', key.key)).status).toBe(401);
    expect((await fetch(`${here.url}/admin/clients`)).status).toBe(401);
  });
});
