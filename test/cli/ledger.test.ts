// `osiris usage` and `osiris ledger`, and the same over HTTP, beside a running server and without one.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeTurn } from '../../src/store/sqlite/turn-file.ts';
import { type Outcome, osiris, type Serving, serve } from '../support/osiris.ts';
import { tamper } from '../support/priced-ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();
// each test starts the program several times
setDefaultTimeout(60_000);

const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const CONFIG = (output: number) =>
  `models: { sandbox/echo: { aliases: [par.rot], price: { input: 1000, output: ${output} } } }\n`;

describe.each(['a running', 'a stopped'])('with %s server', (state) => {
  const cwd = mkdtempSync(join(tmpdir(), 'osiris-cli-'));
  const dataDir = join(cwd, 'osiris-data');
  let server: Serving | undefined;
  let key = { id: '', key: '' };
  let secret = '';
  const run = (...words: string[]): Promise<Outcome> => osiris(words, { cwd });
  const json = async (...words: string[]) => JSON.parse((await run(...words, '--json')).stdout);

  beforeAll(async () => {
    writeFileSync(join(cwd, 'osiris.yaml'), CONFIG(2000));
    server = await serve(['--port', '0'], { cwd });
    secret = /osiris-admin-[0-9a-f]{32}/.exec(server.stdout)?.[0] ?? '';
    key = await json('keys', 'create', '--name', 'ana', '--credit', '50');
    for (let n = 0; n < 3; n++) {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'one two' }] }),
      });
      expect(response.status).toBe(200);
      await response.text();
    }
    if (state === 'a running') return;
    await server.stop();
    server = undefined;
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  test('usage is a table with totals, JSON or CSV', async () => {
    const table = await run('usage', '--by', 'day,model');
    expect(table.stderr).toBe('');
    expect(table.stdout).toMatch(/DAY +MODEL +CALLS +FAILED +INPUT +CACHED +OUTPUT +COST/);
    expect(table.stdout).toMatch(/^total +3 /m);
    const usage = await json('usage', '--by', 'key', '--key', key.id);
    expect(usage.data).toEqual([
      expect.objectContaining({ key: key.id, key_name: 'ana', calls: 3, failed: 0 }),
    ]);
    expect(usage.total.cost_usd).toBeGreaterThan(0);
    for (const name of ['sandbox/echo', 'par.rot', 'par-rot'])
      expect((await json('usage', '--model', name)).total.calls).toBe(3);
    expect((await json('usage', '--model', 'parrot')).total.calls).toBe(0);
    const csv = (await run('usage', '--csv', '--from', YESTERDAY, '--to', TOMORROW)).stdout;
    expect(csv).toStartWith('model,calls,failed,');
    expect(csv).toContain('\r\nsandbox/echo,3,0,');
    expect((await run('usage', '--from', '2020-01-01', '--to', '2020-01-02')).stdout).toStartWith('No calls');
  });

  test('a key is known by its name and visible beginning too, and one that is not there is no empty answer', async () => {
    const range = ['--from', YESTERDAY, '--to', TOMORROW];
    for (const words of [['usage'], ['logs'], ['ledger', 'show'], ['ledger', 'rerate', ...range]]) {
      const byId = await json(...words, '--key', key.id);
      expect(Bun.inspect(byId)).toContain('sandbox/echo');
      for (const word of ['ana', key.key.slice(0, 14)])
        expect(await json(...words, '--key', word)).toEqual(byId);
      const { code, stderr } = await run(...words, '--key', 'nobody');
      expect([words, code, stderr]).toEqual([
        words,
        1,
        expect.stringContaining('There is no key with this id'),
      ]);
    }
  });

  test('wrong dates and words are wrong usage', async () => {
    for (const [words, message] of [
      [['usage', '--from', 'monday'], '--from must be a date'],
      [['usage', '--by', 'colour'], '--by must be'],
      [['ledger', 'show', '--limit', '0'], '--limit must be'],
      [['ledger', 'rerate', '--from', '2026-13-01', '--to', TOMORROW], '--from must be a date'],
    ] as const) {
      const outcome = await run(...words);
      expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  test('the ledger of a key is shown, newest first, in pages', async () => {
    const shown = await run('ledger', 'show', '--key', key.id);
    expect(shown.stdout).toMatch(/charge +-\$\d/);
    expect(shown.stdout).toMatch(/grant +\$50\.00 /);
    const page = await json('ledger', 'show', '--key', key.id, '--limit', '3');
    expect(page.data.map((entry: { kind: string }) => entry.kind)).toEqual(['charge', 'charge', 'charge']);
    const rest = await json('ledger', 'show', '--key', key.id, '--before', page.next);
    expect(rest).toMatchObject({ data: [{ kind: 'grant', change_usd: 50 }], next: null });
  });

  test('money by hand is shown to its last digit and with whose it is', async () => {
    const { entry } = await json('keys', 'credit', key.id, '0.000000001');
    const [newest] = (await json('ledger', 'show', '--limit', '1')).data;
    expect(newest).toMatchObject({ id: entry.id, kind: 'grant', key: null, owner: key.id });
    const shown = await run('ledger', 'show', '--limit', '1');
    expect(shown.stdout).toMatch(new RegExp(`grant +\\$0\\.000000001 +${key.id} +${entry.id} `));
    const shared = ['--account', 'b@example.org', '--share-purse', '--credit', '1'];
    const both = await json('keys', 'create', '--name', 'both', ...shared);
    const drawnOn = await json('ledger', 'show', '--key', both.id);
    expect(drawnOn.data).toMatchObject([{ kind: 'grant', change_usd: 1, owner: 'b@example.org' }]);
  });

  test('the ledger is verified', async () => {
    const verified = await run('ledger', 'verify');
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout).toContain('keeps every promise');
    expect(await json('ledger', 'verify')).toMatchObject({
      ok: true,
      checks: { entries: { wrong: 0 }, costs: { checked: 3, wrong: 0 } },
    });
  });

  test('calls are charged anew by the prices of the running configuration', async () => {
    const range = ['--from', YESTERDAY, '--to', TOMORROW];
    const same = await run('ledger', 'rerate', ...range);
    expect(same.stdout).toContain('Nothing is left to correct');
    if (state === 'a running') {
      await server?.stop();
      writeFileSync(join(cwd, 'osiris.yaml'), CONFIG(1000));
      server = await serve(['--port', '0'], { cwd });
    } else writeFileSync(join(cwd, 'osiris.yaml'), CONFIG(1000));
    const dry = await run('ledger', 'rerate', ...range);
    expect(dry.stdout).toMatch(/sandbox\/echo +1 → new +3 +0 /);
    expect(dry.stdout).toContain('--post');
    const both = await Promise.all([1, 2].map(() => json('ledger', 'rerate', ...range, '--post')));
    const posted = both.find(({ corrections }) => corrections.length > 0);
    expect(both.filter(({ corrections }) => corrections.length > 0)).toHaveLength(1);
    expect(posted.corrections).toEqual([
      expect.objectContaining({ key: key.id, calls: 3, corrects: 'balance' }),
    ]);
    expect((await json('ledger', 'rerate', ...range, '--post')).corrections).toEqual([]);
    const page = await json('ledger', 'show', '--key', key.id, '--limit', '1');
    expect(page.data[0]).toMatchObject({ kind: 'adjust', model: 'sandbox/echo' });
    expect(page.data[0].change_usd).toBeCloseTo(-posted.data[0].difference_usd, 9);
    expect((await run('ledger', 'verify')).code).toBe(0);
  });

  test.if(state === 'a running')('the admin routes answer the same, to the operator only', async () => {
    const ask = (path: string, headers: Record<string, string> = { authorization: `Bearer ${secret}` }) =>
      fetch(`${server?.url}${path}`, { headers });
    expect((await ask('/admin/usage', {})).status).toBe(401);
    expect((await ask('/admin/ledger', { authorization: `Bearer ${key.key}` })).status).toBe(401);
    expect((await ask('/admin/usage?by=colour')).status).toBe(400);
    expect((await ask('/admin/usage?format=xml')).status).toBe(400);
    const usage = await (await ask('/admin/usage?by=provider')).json();
    expect(usage).toMatchObject({ object: 'usage', total: { calls: 3 } });
    const quick = await (await ask('/admin/usage?undelivered=false')).json();
    expect(quick.data[0]).toHaveProperty('cached_input_tokens');
    expect(quick.data[0]).not.toHaveProperty('undelivered');
    const csv = await ask('/admin/usage', { authorization: `Bearer ${secret}`, accept: 'text/csv' });
    expect(csv.headers.get('content-type')).toStartWith('text/csv');
    expect(csv.headers.get('x-request-id')).toBeString();
    expect(await csv.text()).toStartWith('model,');
    const page = await (await ask(`/admin/ledger?key=${key.id}&limit=1`)).json();
    expect(page.data.length).toBe(1);
    const document = await (await ask('/openapi.json')).json();
    for (const path of ['/admin/usage', '/admin/ledger', '/admin/ledger/rerate'])
      expect(document.paths).toHaveProperty([path]);
  });

  test('a broken ledger ends in exit code 1 and says what is wrong', async () => {
    tamper(dataDir, [], (database) =>
      database.run('UPDATE purses SET balance_nano = balance_nano + 1 WHERE owner = ?', [key.id]),
    );
    const verified = await run('ledger', 'verify');
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain(key.id);
    expect(await json('ledger', 'verify')).toMatchObject({ ok: false, checks: { balances: { wrong: 1 } } });
  });
});

describe('without a database', () => {
  test.each([['usage'], ['ledger show'], ['ledger verify']])(
    '`osiris %s` says where it looked',
    async (words) => {
      const cwd = scratchDir();
      const outcome = await osiris(words.split(' '), { cwd });
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(`There is no Osiris database at ${join(cwd, 'osiris-data')}`);
    },
  );
});

test('verifying neither migrates nor changes an older database', async () => {
  const cwd = scratchDir();
  const old = readFileSync(join(import.meta.dir, '../fixtures/upgrade/0.1.0.db'));
  writeFileSync(join(cwd, 'osiris.db'), old);
  const outcome = await osiris(['ledger', 'verify', '--data-dir', '.'], { cwd });
  expect([outcome.code, outcome.stderr]).toEqual([1, expect.stringContaining('another version')]);
  expect(readFileSync(join(cwd, 'osiris.db')).equals(old)).toBe(true);
});

test('only one process at a time writes to a ledger', () => {
  const path = join(scratchDir(), 'osiris.lock');
  const giveTurn = takeTurn(path);
  expect(() => takeTurn(path, 10)).toThrow('Another osiris command or server works on this data directory');
  giveTurn();
  takeTurn(path, 10)();
});
