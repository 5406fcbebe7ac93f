// `osiris keys …` as a newcomer types it, beside a running server and without one.

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../src/lib/crypto.ts';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { command } from '../support/command-line.ts';
import { keysCommand, SERVER_STATES } from '../support/keys-command.ts';
import { osiris } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();
// each command is a process of its own, and the machine may be busy
setDefaultTimeout(60_000);

const ID = /key_[0-9A-Za-z]{16}/;

describe.each(SERVER_STATES)('keys of %s server', (state) => {
  const { cwd, keys, create } = keysCommand(state);

  test('that bear the same name are made, with a word on what that means', async () => {
    const make = () => keys('create', '--name', 'twin', '--json');
    const first = await make();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const { code, stderr, stdout } = await make();
    expect([code, stderr]).toEqual([
      0,
      'osiris: note: Another key is named "twin", too; commands then need the id.\n',
    ]);
    for (const { id } of [JSON.parse(first.stdout), JSON.parse(stdout)]) await keys('revoke', id);
    expect((await make()).stderr).toBe('');
  });

  test('are made with every flag, printed as one JSON object with the whole key at `key`', async () => {
    const made = await keys(
      ...['create', '--name', 'ana', '--kind', 'time', '--quota', '100', '--budget', '20/month', '--json'],
      ...['--models', 'sandbox/echo, claude-*', '--rpm', '60', '--concurrency', '3', '--tpm', '1000'],
      ...['--expires', '2030-12-31', '--account', 'ana@example.com'],
    );
    expect(made.stderr).toBe('');
    expect(made.code).toBe(0);
    const key = JSON.parse(made.stdout);
    expect({ ...key }).toMatchObject({
      key: expect.stringMatching(/^sk-osiris-[0-9a-f]{32}$/),
      id: expect.stringMatching(ID),
      name: 'ana',
      kind: 'time',
      status: 'active',
      balance_usd: null,
      quota: { amount_usd: 100, used_usd: 0 },
      budget: { amount_usd: 20, period: 'month' },
      models: ['sandbox/echo', 'claude-*'],
      limits: { requests_per_minute: 60, concurrent: 3, tokens_per_minute: 1000 },
      expires_at: '2030-12-31T00:00:00.000Z',
      account: 'ana@example.com',
    });
    const directory = openDirectory(join(cwd, 'osiris-data'), 'existing');
    expect(directory.findByHash(sha256Hex(key.key))?.id).toBe(key.id);
    directory.close();
  });

  test('are told to people with the secret once and never again', async () => {
    const made = await keys('create', '--name', 'ben', '--credit', '5');
    const secret = /sk-osiris-[0-9a-f]{32}/.exec(made.stdout)?.[0] ?? '';
    const id = ID.exec(made.stdout)?.[0] ?? '';
    expect(made.stdout).toContain('$5.00');
    expect(made.stdout).toContain('not shown again');
    for (const later of [await keys('list'), await keys('show', id), await keys('list', '--json')]) {
      expect(later.code).toBe(0);
      expect(later.stdout).toContain(id);
      expect(later.stdout).toContain(secret.slice(0, 14));
      expect(later.stdout).not.toContain(secret);
    }
  });

  test('may begin with a balance of zero', async () => {
    expect(await create('--name', 'free', '--credit', '0')).toMatchObject({ kind: 'credit', balance_usd: 0 });
  });

  test('are listed newest first', async () => {
    const [first, second] = [await create('--name', 'first'), await create('--name', 'second')];
    const list: { id: string }[] = JSON.parse((await keys('list', '--json')).stdout);
    expect(list.slice(0, 2).map((key) => key.id)).toEqual([second.id, first.id]);
  });

  test('are revoked for good', async () => {
    const { id } = await create('--name', 'gone');
    const revoked = await keys('revoke', id);
    expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringContaining('401')]);
    const shown = JSON.parse((await keys('show', id, '--json')).stdout);
    expect({ ...shown }).toMatchObject({ status: 'revoked', revoked_at: expect.any(String) });
    const again = JSON.parse((await keys('revoke', id, '--json')).stdout);
    expect(again.revoked_at).toBe(shown.revoked_at);
  });

  test('that do not exist are said not to', async () => {
    for (const word of ['show', 'revoke']) {
      const outcome = await keys(word, 'key_0000000000000000', '--json');
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain('There is no key with this id');
      expect(JSON.parse(outcome.stdout).error.code).toBe('not_found');
    }
  });

  test('are filled, and emptied down to what is there', async () => {
    const { id } = await create('--name', 'purse', '--credit', '1.000000001');
    const credit = async (...words: string[]) => (await keys('credit', id, ...words)).stdout;
    expect(await credit('5')).toContain('Gave $5.00 to');
    expect(await credit('-0.5', '--note', 'paid twice')).toContain('The balance is $5.500000001.');
    const tooMuch = await keys('credit', id, '-5.500000002');
    expect([tooMuch.code, tooMuch.stderr]).toEqual([2, expect.stringContaining('at most $5.500000001')]);
    expect(await credit('-5.500000001')).toContain('The balance is $0.00.');
    expect(JSON.parse(await credit('2', '--json'))).toMatchObject({
      balance_usd: 2,
      balance_expires_at: null,
      entry: { kind: 'grant', amount_usd: 2, id: expect.stringMatching(/^\d+$/) },
    });
  });

  test('end a month later by each purchase, three months ahead at most', async () => {
    const { id } = await create('--name', 'buyer');
    const ends: number[] = [];
    for (let month = 1; month <= 4; month++) {
      const bought = await keys('credit', id, '10', '--purchase', '--json');
      ends.push(Date.parse(JSON.parse(bought.stdout).balance_expires_at));
    }
    const days = ends.map((endMs) => Math.round((endMs - Date.now()) / 86_400_000));
    for (const [index, most] of [31, 62, 92, 92].entries()) {
      expect(days[index]).toBeGreaterThanOrEqual(most - 4);
      expect(days[index]).toBeLessThanOrEqual(most);
    }
    const gift = JSON.parse((await keys('credit', id, '1', '--expires', '2030-12-31', '--json')).stdout);
    expect(gift).toMatchObject({ balance_usd: 41, balance_expires_at: '2030-12-31T00:00:00.000Z' });
  });

  test('are limited, and a limit is taken away by the word none', async () => {
    const { id } = await create('--name', 'limited', '--rpm', '5', '--models', 'sandbox/echo');
    const limited = await keys(
      ...['limit', id, '--rpm', 'none', '--concurrency', '3', '--tpm', '1000', '--usd-per-minute', '0.5'],
      ...['--max-body', '1MB', '--timeout', '5m', '--budget', '20/month', '--models', 'none', '--json'],
      ...[
        '--expires',
        '2030-12-31',
        '--name',
        'none',
        '--log-bodies',
        '--strict',
        '--cache',
        'off',
        '--auto-cache',
        'on',
      ],
    );
    expect(JSON.parse(limited.stdout)).toMatchObject({
      name: 'none',
      models: null,
      budget: { amount_usd: 20, period: 'month', spent_usd: 0, resets_at: expect.any(String) },
      limits: { requests_per_minute: 40, concurrent: 3 },
      own_limits: {
        concurrent: 3,
        tokens_per_minute: 1000,
        usd_per_minute: 0.5,
        max_body_bytes: 1_048_576,
        request_timeout_s: 300,
      },
      expires_at: '2030-12-31T00:00:00.000Z',
      log_bodies: true,
      strict: true,
      cache: 'off',
      auto_cache: 'on',
    });
    expect((await keys('show', id)).stdout).toMatch(/^cache +off\nauto cache +on: .*\nstrict +yes/m);
    const back = await keys(
      'limit',
      id,
      '--budget',
      'none',
      '--expires',
      'none',
      '--no-log-bodies',
      '--no-strict',
      '--cache',
      'none',
      '--auto-cache',
      'none',
      '--json',
    );
    expect(JSON.parse(back.stdout)).toMatchObject({
      budget: null,
      expires_at: null,
      log_bodies: false,
      strict: false,
      cache: null,
      auto_cache: 'off',
    });
    const misspelt = await keys('limit', id, '--cache', 'yes');
    expect([misspelt.code, misspelt.stderr]).toEqual([
      2,
      expect.stringContaining('--cache must be on or off'),
    ]);
    const nothing = await keys('limit', id);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--rpm 60')]);
  });

  test('get a new secret, and the old one a time to live', async () => {
    const { id, key: old } = await create('--name', 'turning', '--credit', '3');
    const turned = JSON.parse((await keys('rotate', id, '--grace', '2h', '--json')).stdout);
    expect(turned).toMatchObject({
      id,
      balance_usd: 3,
      key: expect.stringMatching(/^sk-osiris-[0-9a-f]{32}$/),
    });
    expect(turned.key).not.toBe(old);
    expect(Date.parse(turned.previous_secret_until) - Date.now()).toBeWithin(7_000_000, 7_200_001);
    const told = await keys('rotate', id, '--grace', '0');
    expect(told.stdout).toContain('The old one no longer works.');
    expect(await keys('rotate', id, '--grace', '91d')).toMatchObject({ code: 2, stdout: '' });
    await keys('revoke', id);
    expect(await keys('rotate', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is revoked'),
    });
  });

  test('are found by id, exact name or visible beginning, never by a guess', async () => {
    const name = `50% off/${state} ünique`;
    const { id, prefix } = await create('--name', name);
    for (const word of [id, name, prefix, `${prefix}…`])
      expect(JSON.parse((await keys('show', word, '--json')).stdout).id).toBe(id);
    expect(await keys('show', name.slice(0, 5))).toMatchObject({ code: 1 });
    const twin = await create('--name', name);
    const both = await keys('show', name);
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining(id)]);
    expect(both.stderr).toContain(twin.id);
    await keys('revoke', twin.id);
    expect(JSON.parse((await keys('show', name, '--json')).stdout).id).toBe(id);
  });

  test('are listed by what they are, a page at a time', async () => {
    const account = 'pages@gmail.com';
    const made: { id: string }[] = [];
    for (const name of ['one', 'two', 'three'])
      made.unshift(await create('--name', `page ${name}`, '--account', account));
    await keys('revoke', made[0]?.id ?? '');
    const list = async (...words: string[]) =>
      JSON.parse((await keys('list', '--json', ...words)).stdout).map((key: { name: string }) => key.name);
    expect(await list('--account', 'p.ages+x@gmail.com')).toEqual(['page three', 'page two', 'page one']);
    expect(await list('--account', account, '--status', 'revoked')).toEqual(['page three']);
    expect(await list('--name', 'PAGE T', '--kind', 'credit')).toEqual(['page three', 'page two']);
    expect(await list('--kind', 'trial', '--account', account)).toEqual([]);
    expect(await list('--account', account, '--limit', '2')).toEqual(['page three', 'page two']);
    expect(await list('--account', account, '--after', made[1]?.id ?? '')).toEqual(['page one']);
    const page = await keys('list', '--account', account, '--limit', '1');
    expect(page.stdout).toContain(`--after ${made[0]?.id}`);
    expect((await keys('list', '--name', 'nothing like it')).stdout).toContain('No key fits');
    expect(await keys('list', '--status', 'gone')).toMatchObject({ code: 2, stdout: '' });
  });

  test('may share the balance of their account', async () => {
    const shared = ['--account', `s-${state.replace(' ', '-')}@example.com`, '--share-purse'];
    const first = await create('--name', 'a', ...shared, '--credit', '3');
    expect(first).toMatchObject({ purse: 'account', balance_usd: 3 });
    const second = await create('--name', 'b', ...shared);
    await keys('credit', second.id, '2');
    expect(JSON.parse((await keys('show', first.id, '--json')).stdout).balance_usd).toBe(5);
  });

  test('of a trial are one for each mailbox', async () => {
    const trial = await create('--name', 't', '--kind', 'trial', '--account', 'ana@gmail.com');
    expect(trial).toMatchObject({ kind: 'trial', days: 3, limits: { requests_per_minute: 15 } });
    const second = await keys('create', '--name', 't', '--kind', 'trial', '--account', 'a.na@gmail.com');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('has had its trial');
    expect(second.stdout).toBe('');
  });
});

describe('a wrong command', () => {
  test.each([
    [['--kind', 'gold'], '--kind must be credit'],
    [['--credit', '-5'], '--credit must not be negative (not "-5")'],
    [['--credit', 'five'], '--credit must be an amount in USD such as 5 or 0.25'],
    [['--days', 'many'], '--days must be a whole number'],
    [['--budget', '20'], '20/month'],
    [['--budget', '20/year'], '20/month'],
    [['--expires', '31.12.2030'], '2030-12-31'],
    [['--expires', '2026-02-30'], '--expires must be a date'],
    [['--models', 'a,*b'], '--models must hold model ids'],
    [['--rpm', '0'], '--rpm must be a whole number from 1'],
    [['--concurrency', '1.5'], '--concurrency must be'],
    [['--tpm', 'x'], '--tpm must be'],
    [['--kind', 'time'], '--days is missing'],
    [['--kind', 'trial'], '--account is missing'],
    [['--kind', 'trial', '--account', 'ana@example.com'], 'gmail.com'],
    [['--max-body', 'big'], '--max-body must be a size'],
    [['--timeout', '0'], '--timeout must be a duration'],
    [['--from-first-use'], '--from-first-use is for time keys'],
    [['--share-purse'], '--share-purse needs an account'],
    [['--quota', '5'], 'what a credit or trial key may use is its --credit'],
    [['--colour', 'red'], "unknown option '--colour'"],
  ])('keys create %j exits with 2 and says what fits', async (words, hint) => {
    const cwd = scratchDir();
    const outcome = await command(['keys', 'create', '--name', 'x', ...words], cwd);
    expect(outcome.stderr).toContain(hint);
    expect({ ...outcome }).toMatchObject({ code: 2, stdout: '' });
    expect(existsSync(join(cwd, 'osiris-data'))).toBe(false);
  });

  test('without a name says which flag is missing', async () => {
    const outcome = await command(['keys', 'create'], scratchDir());
    expect({ ...outcome }).toMatchObject({ code: 2, stderr: expect.stringContaining('--name') });
  });

  test('with a secret for an id says so without repeating it', async () => {
    const secret = `sk-osiris-${'0123456789abcdef'.repeat(2)}`;
    const outcome = await command(['keys', 'show', secret], scratchDir());
    expect({ ...outcome }).toMatchObject({ code: 2, stderr: expect.stringContaining('a secret, not an id') });
    expect(outcome.stderr).not.toContain(secret);
  });
});

describe('the wrong directory', () => {
  test.each([
    { words: ['list'], extra: [], place: 'osiris-data', from: 'no osiris.yaml was found here' },
    { words: ['create', '--name', 'x'], extra: ['--data-dir', 'there'], place: 'there', from: '--data-dir' },
  ])(
    'is told where keys $words looked and what to do, and stays as it was',
    async ({ words, extra, place, from }) => {
      const cwd = scratchDir();
      const outcome = await command(['keys', ...words, ...extra], cwd);
      expect({ ...outcome }).toMatchObject({ code: 1, stdout: '' });
      for (const part of [join(cwd, place, 'osiris.db'), from, '--data-dir', 'osiris init']) {
        expect(outcome.stderr).toContain(part);
      }
      expect(existsSync(join(cwd, place))).toBe(false);
    },
  );
});

test('a key that has expired already is made with a note', async () => {
  const cwd = scratchDir();
  await osiris(['init'], { cwd });
  const outcome = await osiris(['keys', 'create', '--name', 'x', '--expires', '2020-01-01', '--json'], {
    cwd,
  });
  expect({ ...outcome }).toMatchObject({ code: 0, stderr: expect.stringContaining('has expired already') });
  expect(JSON.parse(outcome.stdout).status).toBe('expired');
});

test('a key for models that nobody answers is made with a note on each', async () => {
  const cwd = scratchDir();
  await osiris(['init'], { cwd });
  const models = 'sandbox/*,sandbox/echo,gpt-5-nan,nothing-*,sandbox/sandbox/echo';
  const outcome = await osiris(['keys', 'create', '--name', 'x', '--models', models, '--json'], { cwd });
  expect(JSON.parse(outcome.stdout).models).toEqual(models.split(','));
  expect(outcome.code).toBe(0);
  expect(outcome.stderr.match(/note:/g)).toHaveLength(3);
  expect(outcome.stderr).toContain('gpt-5-nan');
  expect(outcome.stderr).toContain('nothing-');
  expect(outcome.stderr).toContain('`sandbox/sandbox/echo` allows nothing');
});
