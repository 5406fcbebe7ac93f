// Bad input gets a clear error in the caller's own format, and nothing of it comes back anywhere.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { BAD_BODIES } from './bad-bodies.ts';
import { type BadInput, CANARY, chat, PATHS } from './bad-input.ts';
import { BAD_REQUESTS } from './bad-requests.ts';

const BAD_INPUTS = [...BAD_BODIES, ...BAD_REQUESTS];

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ upstreams: [], server: { max_body: '1MB' } });
}, 120_000);
afterAll(() => gateway.stop());

test('the table has at least 60 rows', () => {
  expect(BAD_INPUTS.length).toBeGreaterThanOrEqual(60);
});

for (const row of BAD_INPUTS) {
  test(`${row.route}: ${row.name} is ${row.status}`, async () => {
    const response = await send(row);
    const body = await response.text();
    const parsed = JSON.parse(body);
    expect({ status: response.status, type: parsed.error.type }).toEqual({
      status: row.status,
      type: row.type,
    });
    expect(parsed.type).toBe('error');
    if (row.param !== undefined) expect(parsed.error.param).toBe(row.param);
    for (const words of row.says) expect(parsed.error.message).toContain(words);
    expect(parsed.error.message.length).toBeGreaterThan(15);
    expect(parsed.request_id).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('request-id')).toBe(parsed.request_id);
    if (row.path?.includes(CANARY) !== true) {
      expect(body).not.toContain(CANARY);
      expect(JSON.stringify([...response.headers])).not.toContain(CANARY);
    }
  });
}

test('no value of any of these requests is in the log', () => {
  expect(gateway.logs()).not.toContain(CANARY);
});

test('a body that begins with a byte order mark is read as if it had none, and one that begins with two is not', async () => {
  const ask = (marks: string) => {
    const body = Buffer.from(`${marks}${JSON.stringify(chat({}))}`);
    const headers = { authorization: `Bearer ${gateway.key}` };
    return fetch(gateway.url + PATHS.chat, { method: 'POST', headers, body });
  };
  const answered = await ask('\ufeff');
  expect([answered.status, JSON.parse(await answered.text()).object]).toEqual([200, 'chat.completion']);
  const refused = await ask('\ufeff\ufeff');
  expect([refused.status, JSON.parse(await refused.text()).error.code]).toEqual([400, 'invalid_json']);
});

test('a client that leaves before its body is whole is no failure of ours', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  const head = `POST ${PATHS.chat} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\n`;
  socket.end(`${head}x-request-id: left-early\r\ncontent-length: 1000\r\n\r\n{"model":`);
  const seen = async () => {
    const headers = { authorization: `Bearer ${gateway.adminSecret}` };
    const page = await fetch(`${gateway.url}/admin/logs?id=left-early`, { headers });
    return ((await page.json()) as { data: { status: number }[] }).data;
  };
  let rows = await seen();
  while (rows.length === 0) rows = await seen();
  expect(rows.map(({ status }) => status)).toEqual([499]);
  expect(gateway.logs()).not.toContain('internal_error');
});

test('a report that is asked for in objects is no failure of ours, whatever they call their members', async () => {
  const response = await fetch(`${gateway.url}/admin/ledger/rerate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.adminSecret}` },
    body: JSON.stringify({ from: { toString: {} }, to: [] }),
  });
  expect(response.status).toBe(400);
});

test.each(['ledger/rerate', 'config/rollback'])(
  'who posts nothing to /admin/%s hears what belongs there',
  async (path) => {
    const response = await fetch(`${gateway.url}/admin/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminSecret}` },
    });
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    expect(response.status).toBe(400);
    expect(['from', 'number']).toContain(error.param);
    expect(error.message).not.toContain('model');
  },
);

function send(row: BadInput): Promise<Response> {
  const headers = new Headers({ authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' });
  for (const name of row.without ?? []) headers.delete(name);
  for (const [name, value] of Object.entries(row.headers ?? {})) headers.set(name, value);
  const raw = typeof row.body === 'string' || row.body instanceof Uint8Array;
  const body = row.body === undefined ? undefined : raw ? (row.body as BodyInit) : JSON.stringify(row.body);
  const init: RequestInit = { method: row.method ?? 'POST', headers };
  return fetch(gateway.url + (row.path ?? PATHS[row.route]), body === undefined ? init : { ...init, body });
}
