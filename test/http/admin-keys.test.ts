// `/admin/keys` on the running program: what it makes, shows, changes and refuses.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { ask } from '../support/asking.ts';
import type { Gateway } from '../support/gateway.ts';
import { PAID, startPaidGateway } from '../support/paid.ts';

setDefaultTimeout(60_000);

const PLANS = {
  team: { price: 30, days: 30, quota: 100, requests_per_minute: 90, models: ['sandbox/*'] },
  starter: { price: 10, credit: 10 },
};

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startPaidGateway({ sections: { plans: PLANS } });
}, 120_000);
afterAll(() => gateway.stop());

async function admin(method: string, path: string, body?: unknown): Promise<JsonObject & { status: never }> {
  const response = await fetch(`${gateway.url}/admin/keys${path}`, {
    method,
    headers: { authorization: `Bearer ${gateway.adminSecret}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  return response.ok ? answer : { http: response.status, ...answer.error };
}

const create = (body: JsonObject) => admin('POST', '', { name: 'x', ...body });

describe('a key made over HTTP', () => {
  test('is the one the command line shows, and its secret is told once', async () => {
    const { key, ...made } = await create({ credit_usd: '1.5', budget: '5/week', usd_per_minute: 0.25 });
    expect(key).toMatch(/^sk-osiris-[0-9a-f]{32}$/);
    expect(made).toMatchObject({
      balance_usd: 1.5,
      purse: 'own',
      budget: { amount_usd: 5, period: 'week', spent_usd: 0 },
      limits: { requests_per_minute: 40, concurrent: 20, usd_per_minute: 0.25 },
    });
    const shown = await admin('GET', `/${made.id}`);
    expect(shown as JsonObject).toEqual(made as JsonObject);
    expect(JSON.parse((await gateway.command(['keys', 'show', String(made.id), '--json'])).stdout)).toEqual(
      made,
    );
    expect(JSON.stringify(await admin('GET', ''))).not.toContain(String(key).slice(14));
  });

  test('by a plan has what the plan gives, and its limits', async () => {
    expect(await create({ plan: 'team' })).toMatchObject({
      kind: 'time',
      plan: 'team',
      days: 30,
      quota: { amount_usd: 100, used_usd: 0 },
      models: ['sandbox/*'],
      limits: { requests_per_minute: 90, concurrent: 20 },
      own_limits: {},
    });
    expect(await create({ plan: 'starter' })).toMatchObject({ kind: 'credit', balance_usd: 10 });
    expect(await create({ plan: 'gold' })).toMatchObject({ http: 400, param: 'plan' });
    const typed = await gateway.command(['keys', 'create', '--name', 'x', '--plan', 'stater']);
    expect(typed).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean starter?') });
  });

  test('for a trial is one for each gmail.com mailbox, also after the first is revoked', async () => {
    const trial = (account: string) => create({ kind: 'trial', account });
    const first = await trial('once.only@gmail.com');
    expect(first).toMatchObject({ days: 3, balance_usd: 1, limits: { requests_per_minute: 15 } });
    await admin('POST', `/${first.id}/revoke`);
    const second = await trial('OnceOnly+again@gmail.com');
    expect(second).toMatchObject({ http: 409, param: 'account', message: expect.stringContaining('trial') });
    const elsewhere = await trial('once@example.com');
    expect(elsewhere).toMatchObject({ http: 400, message: expect.stringContaining('gmail.com') });
  });

  test('is the tenth live one of its account at most, under every spelling', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => create({ account: 'ten@gmail.com' })));
    const eleventh = () => create({ account: 't.e.n+11@gmail.com' });
    expect(await eleventh()).toMatchObject({ http: 409, message: expect.stringContaining('10 live keys') });
    await admin('POST', `/${made[0]?.id}/revoke`);
    expect((await eleventh()).id).toBeString();
  });

  test('is no eleventh live one by way of a later end', async () => {
    const account = 'again@example.com';
    const ended = await create({ account, expires: '2026-01-01' });
    const made = await Promise.all(Array.from({ length: 10 }, () => create({ account })));
    const revive = (expires: string | null) => admin('PATCH', `/${ended.id}`, { expires });
    for (const expires of [null, '2099-01-01'])
      expect(await revive(expires)).toMatchObject({ http: 409, message: expect.stringContaining('10 live') });
    expect(await revive('2026-01-02')).toMatchObject({ status: 'expired' });
    await admin('POST', `/${made[0]?.id}/revoke`);
    expect(await revive(null)).toMatchObject({ status: 'active' });
    // one that lives already is no further one
    expect(await revive('2099-01-01')).toMatchObject({ status: 'active' });
  });
});

describe('the list', () => {
  test('is read to its end page by page, each key once', async () => {
    for (let count = 0; count < 7; count++) await create({ account: 'list@example.com', name: `n${count}` });
    const names: string[] = [];
    let after = '';
    for (;;) {
      const page = await admin('GET', `?account=list@example.com&limit=3${after}`);
      const data = page.data as { name: string }[];
      names.push(...data.map((key) => key.name));
      if (page.has_more !== true) break;
      expect(data).toHaveLength(3);
      after = `&after=${page.last_id}`;
    }
    expect(names).toEqual(['n6', 'n5', 'n4', 'n3', 'n2', 'n1', 'n0']);
  });

  test('is sorted as a whole, page by page', async () => {
    const account = 'sort@example.com';
    const made = await Promise.all(
      ['Cy', 'ab', 'bo'].map((name, index) => create({ account, name, credit_usd: index + 1 })),
    );
    await create({ account, name: 'dee', kind: 'time', days: 1 });
    for (const key of [made[1], made[2], made[1]]) {
      const answer = await ask(gateway, 'openai-chat', { model: PAID, key: String(key?.key) });
      expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
    }
    const sorted = async (words: string) => {
      const names: string[] = [];
      let after = '';
      for (;;) {
        const page = await admin('GET', `?account=${account}&limit=3&${words}${after}`);
        names.push(...(page.data as { name: string }[]).map((key) => key.name));
        if (page.has_more !== true) return names.join(' ');
        after = `&after=${page.last_id}`;
      }
    };
    expect(await sorted('sort=name')).toBe('ab bo Cy dee');
    expect(await sorted('sort=name&order=down')).toBe('dee Cy bo ab');
    expect(await sorted('sort=spent')).toMatch(/^ab bo /);
    expect(await sorted('sort=last_used')).toMatch(/^ab bo /);
    expect(await sorted('sort=last_used&order=up')).toMatch(/ bo ab$/);
    expect(await sorted('sort=balance')).toBe('dee bo ab Cy');
    expect(await sorted('sort=kind&order=down')).toMatch(/^dee /);
    expect(await sorted('sort=created&order=up')).toMatch(/ dee$/);
    const { last_used_at: used } = await admin('GET', `/${made[1]?.id}`);
    expect(Math.abs(Date.parse(String(used)) - Date.now())).toBeLessThan(60_000);
    expect((await admin('GET', `/${made[0]?.id}`)).last_used_at).toBeNull();
    const { stdout } = await gateway.command(['keys', 'list', '--account', account, '--sort', 'spent']);
    expect(stdout.indexOf(' ab ')).toBeLessThan(stdout.indexOf(' bo '));
  });

  test.each([
    ['?sort=size', 'sort'],
    ['?order=asc', 'order'],
    ['?status=gone', 'status'],
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?after=key_0000000000000000', 'after'],
    ['?acount=x', 'acount'],
  ])('refuses %s and names the member', async (query, param) => {
    expect(await admin('GET', query)).toMatchObject({ http: 400, param });
  });
});

describe('a change', () => {
  test('leaves what it does not name, and null takes a member away', async () => {
    const { id } = await create({ requests_per_minute: 5, models: ['gpt-5'], budget: '1/day' });
    const changed = await admin('PATCH', `/${id}`, { concurrent: 2, budget: null, name: 'new name' });
    expect(changed).toMatchObject({
      name: 'new name',
      budget: null,
      models: ['gpt-5'],
      own_limits: { requests_per_minute: 5, concurrent: 2 },
    });
    expect(await admin('PATCH', `/${id}`, { requests_per_minute: null, models: null })).toMatchObject({
      models: null,
      own_limits: { concurrent: 2 },
    });
  });

  test.each<[JsonObject, string]>([
    [{}, 'name'],
    [{ name: null }, 'name'],
    [{ rpm: 5 }, 'rpm'],
    [{ quota_usd: 5 }, 'quota_usd'],
    [{ kind: 'time' }, 'kind'],
    [{ credit_usd: 5 }, 'credit_usd'],
    [{ requests_per_minute: '60' }, 'requests_per_minute'],
  ])('to %j is refused and changes nothing', async (body, param) => {
    const { key: _, ...made } = await create({});
    expect(await admin('PATCH', `/${made.id}`, body)).toMatchObject({ http: 400, param });
    expect(await admin('GET', `/${made.id}`)).toEqual(made as never);
  });
});

describe('money', () => {
  test('is a grant unless it is called a purchase, and a negative amount takes what is there', async () => {
    const { id } = await create({});
    const credit = (body: JsonObject) => admin('POST', `/${id}/credit`, body);
    expect(await credit({ amount_usd: '0.000000001' })).toMatchObject({
      balance_usd: 0.000000001,
      balance_expires_at: null,
      entry: { kind: 'grant', note: 'by hand' },
    });
    expect(await credit({ amount_usd: 10, purchase: true, note: 'invoice 17' })).toMatchObject({
      balance_usd: 10.000000001,
      balance_expires_at: expect.any(String),
      entry: { kind: 'purchase', note: 'invoice 17' },
    });
    expect(await credit({ amount_usd: '-10.000000002' })).toMatchObject({ http: 400, param: 'amount_usd' });
    expect(await credit({ amount_usd: '-10.000000001' })).toMatchObject({ balance_usd: 0 });
    for (const [body, param] of [
      [{}, 'amount_usd'],
      [{ amount_usd: 0 }, 'amount_usd'],
      [{ amount_usd: 'five' }, 'amount_usd'],
      [{ amount_usd: 5, expires: '2020-01-01' }, 'expires'],
      [{ amount_usd: 5, purchase: true, expires: '2030-01-01' }, 'expires'],
      [{ amount_usd: -5, purchase: true }, 'purchase'],
    ] as [JsonObject, string][])
      expect(await credit(body)).toMatchObject({ http: 400, param });
  });

  test('is not for time keys and not for revoked ones', async () => {
    const time = await create({ kind: 'time', days: 1 });
    expect(await admin('POST', `/${time.id}/credit`, { amount_usd: 5 })).toMatchObject({ http: 409 });
    const gone = await create({ credit_usd: 2 });
    await admin('POST', `/${gone.id}/revoke`);
    expect(await admin('POST', `/${gone.id}/credit`, { amount_usd: 5 })).toMatchObject({ http: 409 });
    expect(await admin('POST', `/${gone.id}/credit`, { amount_usd: -2 })).toMatchObject({ balance_usd: 0 });
  });

  test('of an account is shared by the keys that draw on it', async () => {
    const shared = { account: 'purse@example.com', share_purse: true };
    const first = await create({ ...shared, credit_usd: 3 });
    const second = await create(shared);
    expect([first.balance_usd, second.balance_usd, second.purse]).toEqual([3, 3, 'account'] as never);
    await admin('POST', `/${second.id}/credit`, { amount_usd: 1 });
    expect((await admin('GET', `/${first.id}`)).balance_usd).toBe(4);
    expect((await create({ account: 'purse@example.com' })).balance_usd).toBe(0);
  });
});

test('a key that is not there is 404 on every route, and one that stands for several is 409', async () => {
  const routes = [
    ['GET', ''],
    ['PATCH', ''],
    ['POST', '/credit'],
    ['POST', '/rotate'],
    ['POST', '/revoke'],
  ] as const;
  for (const [method, action] of routes) {
    const body = method === 'GET' ? undefined : {};
    expect(await admin(method, `/nobody${action}`, body)).toMatchObject({ http: 404, code: 'not_found' });
  }
  await create({ name: 'twin' });
  await create({ name: 'twin' });
  expect(await admin('POST', '/twin/revoke')).toMatchObject({
    http: 409,
    details: { ids: expect.any(Array) },
  });
});

test('nobody but the admin secret opens any of it', async () => {
  const { id } = await create({});
  for (const [method, path] of [
    ['POST', ''],
    ['PATCH', `/${id}`],
    ['POST', `/${id}/credit`],
    ['POST', `/${id}/rotate`],
  ] as const) {
    for (const headers of [{}, { authorization: `Bearer ${gateway.key}` }] as Record<string, string>[]) {
      const response = await fetch(`${gateway.url}/admin/keys${path}`, { method, headers, body: '{}' });
      expect(response.status).toBe(401);
    }
  }
});
