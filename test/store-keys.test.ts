// Making keys: what is stored of a secret, the rules of an account, and what each member of the request may be.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../src/canonical/fault.ts';
import { sha256Hex } from '../src/lib/crypto.ts';
import type { JsonObject } from '../src/lib/json.ts';
import { createKey, keyJson, parseNewKey } from '../src/store/keys.ts';
import { openDirectory } from '../src/store/sqlite/directory.ts';
import { removeScratchAfterEach, scratchDir } from './support/scratch.ts';
import { FULL_KEY, fakeClock, PLAIN_KEY } from './support/store-fixtures.ts';

removeScratchAfterEach();

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
    expect(JSON.stringify(keyJson(key))).not.toContain(secret.slice(14));
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

  test('is shown with USD as numbers and absent members as null', () => {
    const clock = fakeClock(Date.UTC(2026, 0, 15));
    const { key } = createKey(
      openDirectory(scratchDir(), 'create', clock),
      { ...FULL_KEY, creditNano: 1_500_000_001n, quotaNano: 100_500_000_000n },
      clock,
    );
    expect(keyJson(key)).toEqual({
      id: key.id,
      name: 'Ana’s "laptop" 💻',
      prefix: key.prefix,
      kind: 'time',
      account: 'ana@example.com',
      status: expect.any(String),
      credit_usd: 1.500000001,
      days: 30,
      quota_usd: 100.5,
      budget: { amount_usd: 20.000000001, period: 'month' },
      models: ['gpt-5', 'claude-*'],
      limits: { requests_per_minute: 60, concurrent: 3, tokens_per_minute: 100_000 },
      created_at: '2026-01-15T00:00:00.000Z',
      expires_at: '2026-12-31T00:00:00.000Z',
      revoked_at: null,
    });
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
      limits: { requestsPerMinute: 60, concurrent: 3, tokensPerMinute: 1000 },
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
