// Reading the ledger: sums that agree whichever way they are split, pages, days of a time zone.

import { describe, expect, test } from 'bun:test';
import { parseUsageQuery, usageCsv, usageReport } from '../../src/accounts/usage-report.ts';
import { calendarIn } from '../../src/store/calendar.ts';
import { openStore, type Store } from '../../src/store/sqlite/store.ts';
import type { Entry, UsageQuery } from '../../src/store/statements.ts';
import { keyIn, storeIn } from '../support/ledger.ts';
import { PRICE, spend, USAGE } from '../support/priced-ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;
const today = () => Math.floor(Date.now() / DAY_MS);

async function used() {
  const store = await storeIn(scratchDir());
  const ana = keyIn(store, { name: '=ana, "the first"', creditNano: 10_000_000_000n });
  const ben = keyIn(store, { name: 'ben', kind: 'time', days: 30 });
  await spend(store, ana, { model: 'a', provider: 'x' });
  await spend(store, ana, { model: 'a', provider: 'y' });
  await spend(store, ana, { model: 'b', provider: 'x', rule: 'upstream-failed' });
  const { id } = await spend(store, ben, { model: 'b', provider: 'y' });
  store.ledger.delivered(id);
  const of = { key: ana.id, model: 'a', day: today() };
  await store.ledger.post({ kind: 'adjust', purse: ana.purse, amountNano: 1_000n, note: '', of });
  return { store, ana, ben };
}

const query = (members: Partial<UsageQuery> = {}): UsageQuery => ({
  ...{ fromDay: today() - 1, toDay: today(), by: ['model'], deliveries: true },
  ...members,
});

describe('usage', () => {
  test('is summed by model, corrections included', async () => {
    const { store } = await used();
    const rows = await store.statements.usage(query());
    const one = 10_000_000n;
    expect(rows.toSorted((left, right) => (left.model ?? '').localeCompare(right.model ?? ''))).toMatchObject(
      [
        {
          model: 'a',
          calls: 2,
          failed: 0,
          inputTokens: 2 * USAGE.input,
          outputTokens: 2 * USAGE.output,
          cachedTokens: 2 * USAGE.cacheRead,
          undelivered: 2,
        },
        { model: 'b', calls: 2, failed: 1, inputTokens: 2 * USAGE.input, undelivered: 1 },
      ],
    );
    expect(rows.every((row) => row.amountNano > one)).toBe(true);
    await store.close();
  });

  test('adds up to the same however it is split', async () => {
    const { store, ana } = await used();
    const splits: UsageQuery['by'][] = [
      [],
      ['model'],
      ['key'],
      ['day'],
      ['provider'],
      ['provider', 'model', 'key', 'day'],
    ];
    for (const key of [undefined, ana.id]) {
      const totals = new Set<string>();
      for (const by of splits) {
        for (const deliveries of [true, false]) {
          const { total } = await usageReport(store, query({ by, deliveries, ...(key ? { key } : {}) }));
          totals.add(
            [
              ...[total.calls, total.failed, total.inputTokens, total.cachedTokens, total.outputTokens],
              total.amountNano,
            ].join(),
          );
        }
      }
      expect(totals.size).toBe(1);
    }
    await store.close();
  });

  test('by provider names what no provider answered apart', async () => {
    const { store } = await used();
    const rows = await store.statements.usage(query({ by: ['provider'] }));
    const none = rows.find((row) => row.provider === '');
    expect(none).toMatchObject({ calls: 0, amountNano: -1_000n });
    expect(rows.map((row) => row.provider).toSorted()).toEqual(['', 'x', 'y']);
    await store.close();
  });

  test('tells the calls that the cache answered, which are no failures', async () => {
    const { store, ben } = await used();
    await spend(store, ben, { model: 'b', provider: 'y', rule: 'cache', share: 0 });
    const rows = await store.statements.usage(query());
    const found = rows.map(({ model, calls, failed, fromCache }) => [model, calls, failed, fromCache]);
    expect(found.toSorted()).toEqual([
      ['a', 2, 0, 0],
      ['b', 3, 1, 1],
    ]);
    for (const by of [['provider'], []] as const)
      expect((await usageReport(store, query({ by }))).total).toMatchObject({ calls: 5, fromCache: 1 });
    await store.close();
  });

  test('is that of the days asked for only', async () => {
    const { store } = await used();
    const before = query({ fromDay: today() - 9, toDay: today() - 2 });
    for (const by of [['model'], ['provider'], []] as const)
      expect((await usageReport(store, { ...before, by })).rows).toEqual([]);
    await store.close();
  });

  test('of days for which there are no ids any more is empty', async () => {
    const { store } = await used();
    // 9999-12-31
    const [fromDay, toDay] = [2_932_896, 2_932_896];
    expect((await usageReport(store, query({ fromDay, toDay }))).rows).toEqual([]);
    for await (const page of store.statements.scan({ fromDay, toDay, kinds: ['charge'] }))
      expect(page).toEqual([]);
    expect((await usageReport(store, query({ toDay }))).total.calls).toBe(4);
    await store.close();
  });

  test('counts a day as its time zone does, and a call to the day it ended on', async () => {
    const zone = 'Pacific/Auckland';
    const calendar = calendarIn(zone);
    const dataDir = scratchDir();
    const store: Store = await openStore(dataDir, { mode: 'create', calendar, writer: 'direct' });
    const key = keyIn(store, { creditNano: 10_000_000_000n });
    const day = calendar.dayOf(Date.now());
    // the last and the first moment of the day there
    let startMs = day * DAY_MS - 14 * 3_600_000;
    while (calendar.dayOf(startMs) < day) startMs += 60_000;
    await spend(store, key, { atMs: startMs - 1 });
    await spend(store, key, { atMs: startMs });
    const rows = await store.statements.usage(query({ fromDay: day - 1, toDay: day, by: ['day'] }));
    expect(rows.map((row) => [row.day, row.calls, row.cachedTokens])).toEqual([
      [day - 1, 1, 1000],
      [day, 1, 1000],
    ]);
    await store.close();
  });

  test('goes into a spreadsheet with names that do no harm', async () => {
    const { store, ana } = await used();
    const words = { by: 'key, model', key: ana.id };
    const csv = usageCsv(await usageReport(store, parseUsageQuery(words, today())));
    const lines = csv.split('\r\n');
    expect(lines[0]).toBe(
      'key,key_name,model,calls,failed,input_tokens,output_tokens,cached_input_tokens,undelivered,from_cache,cost_usd',
    );
    expect(lines[1]).toStartWith(`${ana.id},"'=ana, ""the first""",a,2,0,`);
    expect(lines.length).toBe(4);
    await store.close();
  });

  test.each([
    [{ by: 'colour' }, 'by must be'],
    [{ from: '2026-02-30' }, 'from must be a date'],
    [{ from: '2026-02-02', to: '2026-02-01' }, 'from must not be after the last day (2026-02-01)'],
  ])('asked for by %j is refused', (words, message) => {
    expect(() => parseUsageQuery(words, 20_000)).toThrow(message);
  });
});

describe('entries', () => {
  test('come newest first, in pages without gaps', async () => {
    const { store, ana } = await used();
    const all = await store.statements.entries({ limit: 100 });
    expect(all.next).toBeUndefined();
    expect(all.entries.map((entry) => entry.kind)).toEqual([
      ...['adjust', 'charge', 'charge', 'charge', 'charge', 'grant'],
    ] as Entry['kind'][]);
    const paged: Entry[] = [];
    let before: bigint | undefined;
    do {
      const page = await store.statements.entries({ limit: 2, ...(before ? { before } : {}) });
      paged.push(...page.entries);
      before = page.next;
    } while (before !== undefined);
    expect(paged).toEqual(all.entries);
    const own = await store.statements.entries({ key: ana.id, limit: 100 });
    expect(own.entries.length).toBe(5);
    const inPurse = await store.statements.entries({ purse: ana.purse, limit: 100 });
    expect(inPurse.entries.map((entry) => entry.id)).toEqual(own.entries.map((entry) => entry.id));
    await store.close();
  });

  test('of a key have what moved its purse by hand', async () => {
    const { store, ana } = await used();
    await store.ledger.post({ kind: 'grant', purse: ana.purse, amountNano: 5n, note: 'gift' });
    const { entries } = await store.statements.entries({ key: ana.id, limit: 1 });
    expect(entries[0]).toMatchObject({ kind: 'grant', note: 'gift', amountNano: 5n });
    await store.close();
  });

  test('tell their call in full', async () => {
    const { store, ana } = await used();
    const { entries } = await store.statements.entries({ key: ana.id, limit: 100 });
    const call = entries.find((entry) => entry.model === 'b')?.call;
    expect(call).toMatchObject({ provider: 'x', rule: 'upstream-failed', costNano: 0n, delivery: 'unknown' });
    expect(call?.usage).toMatchObject({ input: USAGE.input, cacheRead: 1000, output: 567 });
    expect(store.statements.price(call?.price ?? 0)).toEqual(PRICE);
    await store.close();
  });
});
