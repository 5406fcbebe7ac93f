// What every journal must do, whatever it is kept in.

import { describe, expect, test } from 'bun:test';
import { formatCallId } from '../../src/lib/id.ts';
import type { ClientQuery, Journal, JournalFilter, JournalRow } from '../../src/store/journal-port.ts';

export const AT_MS = Date.UTC(2026, 2, 31, 12);

/** A row with every member, the n-th second of the day. */
export function rowOf(n: number, more: Partial<JournalRow> = {}): JournalRow {
  return {
    callId: callIdOf(n),
    requestId: `label-${n}`,
    atMs: AT_MS + n * 1000,
    keyId: 'key_aaaaaaaaaaaaaaaa',
    client: 'claude-code',
    clientVersion: '2.1.197',
    path: '/v1/messages',
    format: 'anthropic-messages',
    modelAsked: 'opus',
    model: 'claude-opus-4-6',
    provider: 'anthropic',
    stream: true,
    status: 200,
    upstreamStatus: 200,
    attempts: 2,
    failedAttempts: 'groq/llama 429 upstream_rate_limited 12ms',
    losses: '1; dropped=seed',
    inputTokens: 100,
    outputTokens: 20,
    cachedTokens: 50,
    costNano: 1_000_000n,
    rule: 'finished',
    durationMs: 1234,
    firstByteMs: 200,
    bytesIn: 5000,
    bytesOut: 700,
    ...more,
  };
}

/** As `newCallId` makes them, the n-th second of the day. */
export function callIdOf(n: number): bigint {
  return BigInt(AT_MS + n * 1000 - Date.UTC(2024, 0, 1)) << 22n;
}

/** A call that was refused before anything was known of it. */
const BARE: JournalRow = {
  callId: callIdOf(1),
  requestId: 'bare',
  atMs: AT_MS + 1000,
  path: '/v1/messages',
  format: 'anthropic-messages',
  stream: false,
  status: 413,
  code: 'request_too_large',
  message: 'The request body is larger than the 10 MB this server accepts.',
  attempts: 0,
  durationMs: 3,
  bytesIn: 0,
  bytesOut: 0,
};

/** Declares the tests; `open` makes an empty journal. */
export function describeJournal(name: string, open: () => Journal): void {
  const filled = async (rows: JournalRow[], use: (journal: Journal) => Promise<void>) => {
    const journal = open();
    for (const row of rows) journal.record(() => ({ row }));
    try {
      await use(journal);
    } finally {
      await journal.close();
    }
  };

  describe(`${name} journal`, () => {
    test('gives rows back as they were recorded, newest first, absent members absent', () =>
      filled([BARE, rowOf(2)], async (journal) => {
        expect((await journal.find({ limit: 10 })).rows).toEqual([rowOf(2), BARE]);
        expect(await journal.show(BARE.callId)).toEqual({ row: BARE });
        expect(await journal.show(1n)).toBeUndefined();
      }));

    test('orders by when calls began, tails by when they ended', () =>
      filled([rowOf(2), rowOf(1)], async (journal) => {
        const { rows } = await journal.find({ limit: 10 });
        expect(rows.map((row) => row.requestId)).toEqual(['label-2', 'label-1']);
        expect(journal.tail(0, {}).rows.map((row) => row.requestId)).toEqual(['label-2', 'label-1']);
      }));

    const other = rowOf(4, {
      keyId: 'key_bbbbbbbbbbbbbbbb',
      client: 'codex',
      status: 429,
      code: 'rate_limit_exceeded',
      modelAsked: 'gpt-5',
      model: 'gpt-5',
    });
    test.each<[string, JournalFilter, number[]]>([
      ['nothing', {}, [4, 3, 2]],
      ['a key', { keyId: 'key_bbbbbbbbbbbbbbbb' }, [4]],
      ['a key nobody has', { keyId: 'key_cccccccccccccccc' }, []],
      ['one status', { status: { from: 429, to: 429 } }, [4]],
      ['a class', { status: { from: 400, to: 499 } }, [4]],
      ['a label', { id: 'label-3' }, [3]],
      ['a call id', { id: formatCallId(callIdOf(2)) }, [2]],
      ['the model asked for', { model: 'opus' }, [3, 2]],
      ['the model that answered', { model: 'claude-opus-4-6' }, [3, 2]],
      ['a client', { client: 'codex' }, [4]],
      ['a version', { clientVersion: '2.1.197' }, [4, 3, 2]],
      ['the beginning of a version', { clientVersion: '2.1' }, [4, 3, 2]],
      ['a part of a number', { clientVersion: '2.1.1' }, []],
      ['a code', { code: 'rate_limit_exceeded' }, [4]],
      ['a time', { sinceMs: AT_MS + 3000 }, [4, 3]],
      ['several at once', { client: 'codex', keyId: 'key_aaaaaaaaaaaaaaaa' }, []],
    ])('finds and tails by %s', (_, filter, wanted) =>
      filled([rowOf(2), rowOf(3), other], async (journal) => {
        const ids = (rows: JournalRow[]) => rows.map((row) => row.requestId);
        const labels = wanted.map((n) => `label-${n}`);
        expect(ids((await journal.find({ ...filter, limit: 10 })).rows)).toEqual(labels);
        expect(ids(journal.tail(0, filter).rows)).toEqual(labels.toReversed());
      }),
    );

    test('sums up the clients: versions, calls, and what failed with the message of the last', () => {
      const failed = (n: number, more: Partial<JournalRow>) =>
        rowOf(n, { status: 502, code: 'bad_gateway', ...more });
      const rows = [
        rowOf(1, { clientVersion: '2.1.190' }),
        failed(2, { message: 'an older word' }),
        failed(3, { message: 'the last word' }),
        rowOf(4, { status: 429, code: 'rate_limit_exceeded', message: 'Wait.' }),
        rowOf(5, { status: 499, code: 'client_closed' }),
        failed(6, { keyId: 'key_bbbbbbbbbbbbbbbb', client: 'codex', clientVersion: '0.169.0' }),
        { ...BARE, callId: callIdOf(7), atMs: AT_MS + 7000 },
      ];
      return filled(rows, async (journal) => {
        const at = (first: number, last: number) => ({
          firstMs: AT_MS + first * 1000,
          lastMs: AT_MS + last * 1000,
        });
        const { clients, otherCalls } = await journal.clients({});
        expect(otherCalls).toBe(0);
        expect(clients.map(({ client }) => client)).toEqual([undefined, 'codex', 'claude-code']);
        expect(clients.at(-1)).toEqual({
          client: 'claude-code',
          calls: 5,
          failed: 3,
          left: 1,
          ...at(1, 5),
          versions: [
            { version: '2.1.197', calls: 4, failed: 3, left: 1, ...at(2, 5) },
            { version: '2.1.190', calls: 1, failed: 0, left: 0, ...at(1, 1) },
          ],
          errors: [
            {
              status: 502,
              code: 'bad_gateway',
              calls: 2,
              lastMs: AT_MS + 3000,
              lastCallId: callIdOf(3),
              message: 'the last word',
            },
            {
              status: 429,
              code: 'rate_limit_exceeded',
              calls: 1,
              lastMs: AT_MS + 4000,
              lastCallId: callIdOf(4),
              message: 'Wait.',
            },
          ],
        });
        expect(clients[0]?.errors.map(({ code }) => code)).toEqual(['request_too_large']);
        const names = async (query: ClientQuery) =>
          (await journal.clients(query)).clients.map(({ client, calls }) => `${client} ${calls}`);
        expect(await names({ client: 'claude-code', clientVersion: '2.1.190' })).toEqual(['claude-code 1']);
        expect(await names({ keyId: 'key_bbbbbbbbbbbbbbbb' })).toEqual(['codex 1']);
        expect(await names({ sinceMs: AT_MS + 5000 })).toEqual(['undefined 1', 'codex 1', 'claude-code 1']);
      });
    });

    test('keeps two hundred names apart, and counts the calls of others', () =>
      filled(
        Array.from({ length: 250 }, (_, n) => rowOf(n, { client: `name-${n}`, status: n < 20 ? 500 : 200 })),
        async (journal) => {
          const { clients, otherCalls } = await journal.clients({});
          expect([clients.length, otherCalls]).toEqual([200, 50]);
        },
      ));

    test('pages without a gap or a repeat, also while calls come in', () =>
      filled(
        Array.from({ length: 7 }, (_, n) => rowOf(n)),
        async (journal) => {
          const seen: string[] = [];
          for (let before: bigint | undefined, n = 0; n < 9; n++) {
            const page = await journal.find({ limit: 3, ...(before === undefined ? {} : { before }) });
            seen.push(...page.rows.map((row) => row.requestId));
            journal.record(() => ({ row: rowOf(100 + n) }));
            before = page.next;
            if (before === undefined) break;
          }
          expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `label-${n}`));
        },
      ));

    test('a tail goes on where the last one ended', () =>
      filled([rowOf(1)], async (journal) => {
        const { position } = journal.tail(0, {});
        expect(journal.tail(position, {})).toEqual({ rows: [], position, missed: false });
        journal.record(() => ({ row: rowOf(2) }));
        const next = journal.tail(position, {});
        expect(next.rows.map((row) => row.requestId)).toEqual(['label-2']);
        expect(next.position).toBe(position + 1);
      }));

    test('a tail says when it lost sight of rows', () =>
      filled([rowOf(1)], async (journal) => {
        const { position } = journal.tail(0, {});
        for (let n = 2; n < 4000; n++) journal.record(() => ({ row: rowOf(n) }));
        const tail = journal.tail(position, {});
        expect(tail.missed).toBe(true);
        expect(tail.rows.at(-1)?.requestId).toBe('label-3999');
      }));

    test('asks for a row later, and minds none that cannot be made', async () => {
      const journal = open();
      let asked = 0;
      journal.record(() => {
        asked++;
        return { row: rowOf(1) };
      });
      journal.record(() => {
        throw new Error('no row');
      });
      expect(asked).toBe(0);
      await journal.finish();
      expect(asked).toBe(1);
      expect((await journal.find({ limit: 10 })).rows).toEqual([rowOf(1)]);
      await journal.close();
    });

    test('counts calls without a key, which have no row', async () => {
      const journal = open();
      journal.countUnknownKey();
      expect(journal.counts()).toEqual({ dropped: 0, unknownKeys: 1 });
      expect((await journal.find({ limit: 10 })).rows).toEqual([]);
      expect(journal.trouble()).toBeUndefined();
      await journal.close();
    });
  });
}
