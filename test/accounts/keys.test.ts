// Making keys: what is stored of a secret, the rules of an account, and what each member of the request may be.

import { describe, expect, test } from 'bun:test';
import { keyJson } from '../../src/accounts/key-json.ts';
import type { KeyPlan } from '../../src/accounts/key-rules.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { parseNewKey } from '../../src/accounts/new-key.ts';
import { Fault } from '../../src/canonical/fault.ts';
import { sha256Hex } from '../../src/lib/crypto.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { calendarIn } from '../../src/store/calendar.ts';
import { resolveLimits } from '../../src/store/key-limits.ts';
import type { Key } from '../../src/store/ports.ts';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { FULL_KEY, fakeClock, PLAIN_KEY } from '../support/store-fixtures.ts';

removeScratchAfterEach();

const RULES = {
  limits: { requestsPerMinute: 40, concurrent: 20 },
  server: { maxBodyBytes: 10_000, requestTimeoutMs: 120_000 },
};

const openScratchStore = (clock = fakeClock()) =>
  openStore(scratchDir(), { mode: 'create', calendar: calendarIn('UTC'), writer: 'direct', clock });

/** The code and member of the fault that `act` throws. */
function faultOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code} ${thrown.param}`;
    throw thrown;
  }
  return 'none';
}

describe('a new key', () => {
  test('has a secret of 128 random bits, of which only the hash and the beginning are kept', () => {
    const directory = openDirectory(scratchDir(), 'create');
    const { key, secret } = createKey(directory, PLAIN_KEY);
    expect(secret).toMatch(/^sk-osiris-[0-9a-f]{32}$/);
    expect(key.prefix).toBe(secret.slice(0, 14));
    expect(directory.findByHash(sha256Hex(secret))).toEqual(key);
    expect(JSON.stringify(key)).not.toContain(secret.slice(14));
    expect(createKey(directory, PLAIN_KEY).secret).not.toBe(secret);
  });

  test('with days ends that many days from now; an expiry of its own stands', () => {
    const clock = fakeClock();
    const directory = openDirectory(scratchDir(), 'create', clock);
    const timed = createKey(directory, { ...PLAIN_KEY, kind: 'time', days: 30 }, clock);
    expect(timed.key.expiresAtMs).toBe(clock.nowMs() + 30 * 86_400_000);
    expect(createKey(directory, FULL_KEY, clock).key.expiresAtMs).toBe(FULL_KEY.expiresAtMs);
    expect(createKey(directory, PLAIN_KEY, clock).key.expiresAtMs).toBeUndefined();
  });

  test('of a window begins it now, or with its first call', () => {
    const clock = fakeClock();
    const directory = openDirectory(scratchDir(), 'create', clock);
    const time = { ...PLAIN_KEY, kind: 'time', days: 30 } as const;
    const { key } = createKey(directory, { ...time, windowFrom: 'creation' }, clock);
    expect([key.startedAtMs, key.expiresAtMs]).toEqual([clock.nowMs(), clock.nowMs() + 30 * 86_400_000]);
    const later = createKey(directory, { ...time, windowFrom: 'first-use' }, clock).key;
    expect([later.startedAtMs, later.expiresAtMs, later.days]).toEqual([undefined, undefined, 30]);
  });

  test('is shown with USD as numbers and absent members as null', async () => {
    const nowMs = Date.UTC(2026, 0, 15);
    const { directory, ledger } = await openScratchStore(fakeClock(nowMs));
    const { key } = createKey(directory, { ...FULL_KEY, quotaNano: 100_500_000_000n }, fakeClock(nowMs));
    expect(keyJson(key, { ledger, rules: RULES, nowMs })).toEqual({
      id: key.id,
      name: 'Ana’s "laptop" 💻',
      prefix: key.prefix,
      kind: 'time',
      account: 'ana@example.com',
      status: 'active',
      plan: null,
      days: 30,
      purse: 'own',
      balance_usd: null,
      held_usd: null,
      balance_expires_at: null,
      spent_usd: 0,
      quota: { amount_usd: 100.5, used_usd: 0 },
      window: {
        from: 'creation',
        started_at: '2026-01-15T00:00:00.000Z',
        ends_at: '2026-12-31T00:00:00.000Z',
      },
      budget: {
        amount_usd: 20.000000001,
        period: 'month',
        spent_usd: 0,
        resets_at: expect.stringMatching(/^\d{4}-\d\d-01T00:00:00.000Z$/),
      },
      models: ['gpt-5', 'claude-*'],
      limits: {
        requests_per_minute: 60,
        concurrent: 3,
        tokens_per_minute: 100_000,
        usd_per_minute: null,
        max_body_bytes: 10_000,
        request_timeout_s: 120,
      },
      own_limits: { requests_per_minute: 60, concurrent: 3, tokens_per_minute: 100_000 },
      plan_limits: {},
      usage: { requests: 0, input_tokens: 0, output_tokens: 0 },
      require_tags: null,
      log_bodies: false,
      strict: false,
      cache: null,
      auto_cache: 'off',
      last_used_at: null,
      created_at: '2026-01-15T00:00:00.000Z',
      expires_at: '2026-12-31T00:00:00.000Z',
      revoked_at: null,
      previous_secret_until: null,
    });
  });

  test('shows its balance exactly, from its own purse or its account’s', async () => {
    const { directory, ledger } = await openScratchStore();
    const shown = (input: Partial<typeof PLAIN_KEY>) =>
      keyJson(createKey(directory, { ...PLAIN_KEY, ...input }).key, { ledger, rules: RULES, nowMs: 0 });
    expect(shown({ creditNano: 1_500_000_001n })).toMatchObject({ purse: 'own', balance_usd: 1.500000001 });
    expect(shown({ account: 'a@b.example', sharePurse: true })).toMatchObject({
      purse: 'account',
      balance_usd: 0,
    });
  });
});

describe('limits', () => {
  const plans = new Map([['team', { limits: { requestsPerMinute: 90, maxBodyBytes: 5 } }]]);
  const { key } = { key: { ...PLAIN_KEY, limits: { maxBodyBytes: 7 }, plan: 'team' } as unknown as Key };

  test('are the key’s own, else its plan’s, else the configuration’s', () => {
    expect(resolveLimits(key, { ...RULES, plans })).toEqual({
      requestsPerMinute: 90,
      concurrent: 20,
      maxBodyBytes: 7,
      requestTimeoutMs: 120_000,
    });
  });

  test('of a plan that is gone are the configuration’s; a route’s body size is the configuration’s too', () => {
    const { limits: _, ...bare } = key;
    const resolved = resolveLimits({ ...bare, limits: {} } as Key, RULES, 99);
    expect([resolved.requestsPerMinute, resolved.maxBodyBytes]).toEqual([40, 99]);
  });
});

describe('an account', () => {
  const ana = { ...PLAIN_KEY, account: 'ana@example.com' };

  test('has ten live keys at most; revoked and expired ones do not count', () => {
    const clock = fakeClock();
    const directory = openDirectory(scratchDir(), 'create', clock);
    createKey(directory, { ...ana, expiresAtMs: clock.nowMs() - 1 }, clock);
    const keys = Array.from({ length: 10 }, () => createKey(directory, ana, clock).key);
    expect(faultOf(() => createKey(directory, ana, clock))).toBe('conflict account');
    directory.revoke(keys[0]?.id ?? '');
    expect(faultOf(() => createKey(directory, ana, clock))).toBe('none');
    expect(faultOf(() => createKey(directory, { ...ana, account: 'ben@example.com' }, clock))).toBe('none');
  });

  test('of the operator has as many as it likes', () => {
    const directory = openDirectory(scratchDir(), 'create');
    for (let count = 0; count < 30; count++) createKey(directory, PLAIN_KEY);
    expect(directory.list()).toHaveLength(30);
  });

  test('has one trial ever, under every spelling of its mailbox', () => {
    const directory = openDirectory(scratchDir(), 'create');
    const trial = (account: string) => parseNewKey({ name: 'x', kind: 'trial', account });
    directory.revoke(createKey(directory, trial('ana.b@gmail.com')).key.id);
    for (const account of ['ana.b@gmail.com', 'anab@gmail.com', 'Ana.B+again@GMAIL.com']) {
      expect(faultOf(() => createKey(directory, trial(account)))).toBe('conflict account');
    }
    expect(faultOf(() => createKey(directory, trial('anac@gmail.com')))).toBe('none');
  });
});

describe('the request for a key', () => {
  test('needs a name only', () => {
    expect(parseNewKey({ name: ' ana ' })).toEqual({ ...PLAIN_KEY, name: 'ana' });
  });

  test('is read member by member', () => {
    const asked = {
      name: 'x',
      kind: 'time',
      days: null,
      quota_usd: '100.5',
      budget: '20/month',
      models: ['gpt-5', 'sandbox/*', 'gpt-5'],
      requests_per_minute: 60,
      concurrent: 3,
      tokens_per_minute: 1000,
      usd_per_minute: 0.5,
      max_body: '20MB',
      request_timeout: '5m',
      log_bodies: true,
      strict: true,
      cache: 'off',
      auto_cache: 'on',
      expires: '2030-12-31',
      account: 'Ana@Example.com',
    };
    expect(parseNewKey(asked)).toEqual({
      name: 'x',
      kind: 'time',
      account: 'ana@example.com',
      creditNano: 0n,
      quotaNano: 100_500_000_000n,
      budget: { amountNano: 20_000_000_000n, period: 'month' },
      models: ['gpt-5', 'sandbox/*'],
      limits: {
        requestsPerMinute: 60,
        concurrent: 3,
        tokensPerMinute: 1000,
        nanoPerMinute: 500_000_000n,
        maxBodyBytes: 20 * 1024 ** 2,
        requestTimeoutMs: 300_000,
      },
      windowFrom: 'creation',
      logBodies: true,
      strict: true,
      cache: 'off',
      autoCache: true,
      expiresAtMs: Date.UTC(2030, 11, 31),
    });
  });

  test('for a trial gets three days, 15 requests a minute and a dollar', () => {
    expect(parseNewKey({ name: 'x', kind: 'trial', account: 'a@gmail.com' })).toEqual({
      name: 'x',
      kind: 'trial',
      account: 'a@gmail.com',
      creditNano: 1_000_000_000n,
      days: 3,
      limits: { requestsPerMinute: 15 },
    });
  });

  test('by a plan takes from it what it does not say itself', () => {
    const plans = new Map<string, KeyPlan>([
      ['month', { days: 30, quotaNano: 100n, limits: { concurrent: 40 }, models: ['gpt-5'] }],
      ['starter', { creditNano: 10n, limits: {} }],
    ]);
    expect(parseNewKey({ name: 'x', plan: 'month' }, { plans })).toEqual({
      ...{ name: 'x', kind: 'time', account: 'operator', plan: 'month', days: 30, quotaNano: 100n },
      ...{ models: ['gpt-5'], creditNano: 0n, limits: {}, windowFrom: 'creation' },
    });
    const starter = parseNewKey({ name: 'x', plan: 'starter', credit_usd: 1, concurrent: 2 }, { plans });
    expect(starter).toMatchObject({ kind: 'credit', creditNano: 1_000_000_000n, limits: { concurrent: 2 } });
    expect(() => parseNewKey({ name: 'x', plan: 'start' }, { plans })).toThrow('did you mean starter?');
    expect(() => parseNewKey({ name: 'x', plan: 'month', kind: 'credit' }, { plans })).toThrow('time keys');
  });

  test('for a trial follows the configuration', () => {
    const trial = { days: 7, requestsPerMinute: 5, creditNano: 2n, emailDomains: ['a.example', 'b.example'] };
    expect(parseNewKey({ name: 'x', kind: 'trial', account: 'x@b.example' }, { trial })).toMatchObject({
      days: 7,
      creditNano: 2n,
      limits: { requestsPerMinute: 5 },
    });
    expect(() => parseNewKey({ name: 'x', kind: 'trial', account: 'x@gmail.com' }, { trial })).toThrow(
      'must be a mailbox of a.example or b.example',
    );
  });

  test.each<[JsonObject['x'], bigint]>([
    [0, 0n],
    ['0', 0n],
    [5, 5_000_000_000n],
    ['$0.25', 250_000_000n],
    [0.1, 100_000_000n],
    ['0.000000001', 1n],
  ])('takes %p as an amount, exactly', (amount, nano) => {
    expect(parseNewKey({ name: 'x', credit_usd: amount }).creditNano).toBe(nano);
  });

  test.each([
    ['2030-12-31', Date.UTC(2030, 11, 31)],
    ['2030-12-31T18:00', Date.UTC(2030, 11, 31, 18)],
    ['2030-12-31T18:00:05Z', Date.UTC(2030, 11, 31, 18, 0, 5)],
    ['2030-12-31T18:00+02:00', Date.UTC(2030, 11, 31, 16)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
  ])('takes %p as an end, in UTC unless it says otherwise', (expires, timeMs) => {
    expect(parseNewKey({ name: 'x', expires }).expiresAtMs).toBe(timeMs);
  });

  const wrong: [string, JsonObject][] = [
    ['missing_field name', {}],
    ['invalid_value name', { name: '' }],
    ['invalid_value name', { name: 'a\nb' }],
    ['invalid_value name', { name: 'a\u2028b' }],
    ['invalid_value name', { name: 'half \ud83d' }],
    ['invalid_value name', { name: '\u202eana' }],
    ['invalid_value name', { name: 'a'.repeat(101) }],
    ['invalid_value kind', { name: 'x', kind: 'gold' }],
    ['invalid_value credit_usd', { name: 'x', credit_usd: -1 }],
    ['invalid_value credit_usd', { name: 'x', credit_usd: '1,000' }],
    ['invalid_value credit_usd', { name: 'x', credit_usd: '0.0000000001' }],
    ['invalid_value credit_usd', { name: 'x', credit_usd: 1e18 }],
    ['invalid_value credit_usd', { name: 'x', credit_usd: true }],
    ['invalid_value credit_usd', { name: 'x', kind: 'time', days: 1, credit_usd: 5 }],
    ['missing_field days', { name: 'x', kind: 'time' }],
    ['invalid_value days', { name: 'x', days: 0 }],
    ['invalid_value days', { name: 'x', days: 1.5 }],
    ['invalid_value quota_usd', { name: 'x', quota_usd: 5 }],
    ['invalid_value budget', { name: 'x', budget: '20' }],
    ['invalid_value budget', { name: 'x', budget: '20/year' }],
    ['invalid_value budget', { name: 'x', budget: '0/day' }],
    ['invalid_value budget', { name: 'x', budget: '5/day/2' }],
    ['invalid_value models', { name: 'x', models: [] }],
    ['invalid_value models', { name: 'x', models: 'gpt-5' }],
    ['invalid_value models', { name: 'x', models: ['*-5'] }],
    ['invalid_value models', { name: 'x', models: [''] }],
    ['invalid_value requests_per_minute', { name: 'x', requests_per_minute: 0 }],
    ['invalid_value concurrent', { name: 'x', concurrent: '5' }],
    ['invalid_value tokens_per_minute', { name: 'x', tokens_per_minute: -1 }],
    ['invalid_value expires', { name: 'x', expires: 'tomorrow' }],
    ['invalid_value expires', { name: 'x', expires: '2026-02-30' }],
    ['invalid_value expires', { name: 'x', expires: '2026-13-01' }],
    ['invalid_value expires', { name: 'x', expires: '2030-01-01', days: 3 }],
    ['invalid_value account', { name: 'x', account: 'ana' }],
    ['missing_field account', { name: 'x', kind: 'trial' }],
    ['invalid_value account', { name: 'x', kind: 'trial', account: 'operator' }],
    ['invalid_value account', { name: 'x', kind: 'trial', account: 'a@gmail.com.example.org' }],
    ['invalid_value account', { name: 'x', kind: 'trial', account: '..@gmail.com' }],
    ['invalid_value account', { name: 'x', account: '+a@gmail.com' }],
    ['invalid_value usd_per_minute', { name: 'x', usd_per_minute: 0 }],
    ['invalid_value max_body', { name: 'x', max_body: '10 potatoes' }],
    ['invalid_value max_body', { name: 'x', max_body: '2GB' }],
    ['invalid_value max_body', { name: 'x', max_body: '10' }],
    ['invalid_value request_timeout', { name: 'x', request_timeout: 'soon' }],
    ['invalid_value request_timeout', { name: 'x', request_timeout: 0 }],
    ['invalid_value from_first_use', { name: 'x', from_first_use: true }],
    ['invalid_value from_first_use', { name: 'x', kind: 'time', days: 1, from_first_use: 'yes' }],
    [
      'invalid_value from_first_use',
      { name: 'x', kind: 'time', expires: '2030-01-01', from_first_use: true },
    ],
    ['invalid_value share_purse', { name: 'x', share_purse: true }],
    [
      'invalid_value share_purse',
      { name: 'x', kind: 'time', days: 1, account: 'a@b.example', share_purse: true },
    ],
    ['invalid_value log_bodies', { name: 'x', log_bodies: 1 }],
    ['invalid_value strict', { name: 'x', strict: 'yes' }],
    ['invalid_value cache', { name: 'x', cache: true }],
    ['invalid_value auto_cache', { name: 'x', auto_cache: true }],
    ['invalid_value plan', { name: 'x', plan: 'gold' }],
    ['unsupported_parameter rpm', { name: 'x', rpm: 5 }],
  ];
  test.each(wrong)('is refused with %s for %j', (fault, body) => {
    expect(faultOf(() => parseNewKey(body))).toBe(fault);
  });

  test('is never repeated in what is said against it', () => {
    for (const member of ['name', 'kind', 'budget', 'expires', 'account', 'credit_usd']) {
      try {
        parseNewKey({ name: 'x', [member]: 'sEcReT\u0000' });
      } catch (thrown) {
        expect(String(thrown)).not.toContain('sEcReT');
        continue;
      }
      throw new Error(`${member} was accepted`);
    }
  });
});
