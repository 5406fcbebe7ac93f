// Identifiers, secrets, hashes and the log: unique, ordered, well formed, and silent about secrets.

import { describe, expect, test } from 'bun:test';
import { equalConstantTime, sha256Hex } from '../../src/lib/crypto.ts';
import {
  digitsOf,
  formatCallId,
  newAdminSecret,
  newAnswerToken,
  newCallId,
  newKeyId,
  newKeySecret,
  newRequestId,
  parseCallId,
} from '../../src/lib/id.ts';
import { createLog, redact } from '../../src/lib/log.ts';

describe('call ids', () => {
  test('grow strictly, in any mix of processes, and fit 63 bits', () => {
    let last = 0n;
    for (let count = 0; count < 5000; count++) {
      const id = count % 3 === 0 ? newCallId(16_383 - (count % 7)) : newCallId();
      expect(id > last).toBe(true);
      last = id;
    }
    expect(last < 2n ** 63n).toBe(true);
  });

  test('are written in digits as every integer is', () => {
    const ids = [0n, 1n, 999_999_999n, 1_000_000_000n, 1_000_000_001n, 12_345_000_000_007n, 2n ** 63n - 1n];
    for (const id of [...ids, newCallId()]) expect(digitsOf(id)).toBe(String(id));
  });

  test('begin with the milliseconds since 2024', () => {
    const before = Date.now();
    const ms = Number(newCallId() >> 22n) + Date.UTC(2024, 0, 1);
    // A burst in an earlier test may have borrowed some milliseconds ahead.
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThan(before + 5000);
  });

  test('of two processes do not meet', () => {
    const script = "import { newCallId } from './src/lib/id.ts'; console.log(newCallId().toString())";
    const ids = [1, 2, 3].map(() =>
      Bun.spawnSync([process.execPath, '-e', script], { cwd: `${import.meta.dir}/../..` }).stdout.toString(),
    );
    expect(new Set(ids).size).toBe(3);
    const processes = ids.map((id) => (BigInt(id.trim()) >> 8n) & 16_383n);
    expect(new Set(processes).size).toBeGreaterThan(1);
  });

  test('are shown as text that sorts like them and can be read back', () => {
    const ids = [0n, 1n, 31n, 32n, newCallId(), newCallId(), 2n ** 63n - 1n];
    const texts = ids.map(formatCallId);
    expect(texts.toSorted()).toEqual(texts);
    expect(texts.map(parseCallId)).toEqual(ids);
    for (const text of texts) expect(text).toMatch(/^call_[0-9a-v]{13}$/);
    for (const text of ['call_', 'call_zzzzzzzzzzzzz', 'call_8000000000000', '0000000000000']) {
      expect(parseCallId(text)).toBeUndefined();
    }
  });
});

test.each([
  ['a request id', newRequestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['an answer token', newAnswerToken, /^[0-9A-Za-z]{24}$/],
  ['a key secret', newKeySecret, /^sk-osiris-[0-9a-f]{32}$/],
  ['an admin secret', newAdminSecret, /^osiris-admin-[0-9a-f]{32}$/],
  ['a key id', newKeyId, /^key_[0-9A-Za-z]{16}$/],
])('%s has its form and does not repeat', (_, make, form) => {
  const made = Array.from({ length: 500 }, make);
  for (const text of made) expect(text).toMatch(form);
  expect(new Set(made).size).toBe(500);
});

test('SHA-256 is that of the UTF-8 bytes', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex('é')).toBe(sha256Hex(new Uint8Array([0xc3, 0xa9])));
});

test('comparison in constant time tells equal from different, whatever the lengths', () => {
  expect(equalConstantTime('abc', 'abc')).toBe(true);
  for (const [left, right] of [
    ['abc', 'abd'],
    ['abc', 'abcd'],
    ['', 'a'],
    ['é', 'e'],
  ] as const) {
    expect(equalConstantTime(left, right)).toBe(false);
  }
});

describe('the log', () => {
  const SECRETS = [
    'sk-osiris-0123456789abcdef0123456789abcdef',
    'sk-ant-api03-abcdefgh_ijk-lmn',
    'osiris-admin-0123456789abcdef0123456789abcdef',
    'gsk_abcdefghijklmnop',
    'AIzaSyA-abcdefghijklmnop',
  ];

  function linesOf(readable: boolean, write: (log: ReturnType<typeof createLog>) => void): string[] {
    const lines: string[] = [];
    write(createLog({ write: (line) => lines.push(line), readable, level: 'info' }));
    return lines;
  }

  test.each([true, false])('holds no secret, wherever it stood (readable: %p)', (readable) => {
    for (const secret of SECRETS) {
      const text = linesOf(readable, (log) =>
        log.error(`failed with ${secret}`, {
          nested: { list: [secret] },
          error: new Error(`bad ${secret}`, { cause: new Error(secret) }),
          header: `Bearer ${secret}`,
          url: `/v1beta/models?key=${secret}&x=1`,
        }),
      ).join('');
      expect(text).not.toContain(secret.slice(-10));
      expect(text).toContain('failed with');
    }
  });

  test('hides members with a secret name, whatever their value', () => {
    const [line = ''] = linesOf(false, (log) =>
      log.info('x', { authorization: 'plain', inner: { apiKey: 'plain' } }),
    );
    expect(line).not.toContain('plain');
  });

  test('is one line of JSON for each event, with time, level, message and fields', () => {
    const lines = linesOf(false, (log) => {
      log.debug('unseen');
      log.warn('two\nlines "quoted"', { callId: 5n, missing: undefined });
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'warn',
      message: 'two\nlines "quoted"',
      callId: '5',
    });
  });

  test('survives what refers to itself', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;
    const error = new Error('turning');
    error.cause = error;
    const lines = linesOf(false, (log) => log.error('x', { loop, error }));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      loop: { name: 'loop', self: '…' },
      error: { message: 'turning' },
    });
  });

  test('leaves ordinary words alone', () => {
    const text = 'task-force of risk-averse bearer tokens: Basic usage, /x?keys=1';
    expect(redact(text)).toBe(text);
  });
});
