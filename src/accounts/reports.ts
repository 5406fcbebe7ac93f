// Everything the operator can ask about money, behind one door for the admin routes and the command line.

import { Fault } from '../canonical/fault.ts';
import { asArray, type JsonObject } from '../lib/json.ts';
import { BOOKS } from '../store/books.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import { dayOf, dayRangeOf, type ReportWords, wordOf } from './day-range.ts';
import { findKey } from './find-key.ts';
import { pageJson, parseEntryQuery } from './ledger-page.ts';
import { type Correction, postCorrections, rerate } from './rerate.ts';
import { reratingJson } from './rerate-json.ts';
import type { ReratePorts } from './rerate-sums.ts';
import { parseUsageQuery, type UsageReport, usageReport } from './usage-report.ts';

/** All take words as they were written, and throw Fault `invalid_value` for those that mean nothing. */
export interface Reports {
  /** `from`, `to` or `days`, `by`, `key`, `model`, `undelivered`. */
  usage(words: ReportWords): Promise<UsageReport>;
  /** `key`, `purse`, `limit`, `before`. */
  entries(words: ReportWords): Promise<JsonObject>;
  /** `from`, `to`, `key`, `model`, and `post`: `true` writes the corrections. */
  rerate(words: ReportWords): Promise<JsonObject>;
}

export type ReportPorts = ReratePorts & {
  directory: Directory;
  /** Absent where nothing may be written. */
  ledger?: Ledger;
  /** The id of the model that is sold under a name in any of its spellings. */
  modelId(name: string): string | undefined;
  /** The day it is now, in the time zone of the ledger. */
  today(): number;
};

export function createReports(ports: ReportPorts): Reports {
  const { directory, statements, ledger, modelId, today } = ports;
  /** Two runs at once would both find the difference and both post it. */
  let last: Promise<unknown> = Promise.resolve();
  const rerateOnce = async (words: ReportWords) => {
    const key = wordOf(words, 'key');
    const model = wordOf(words, 'model');
    for (const name of ['from', 'to'])
      if (dayOf(words, name) === undefined)
        throw new Fault('invalid_value', `${name} must be a date such as 2026-11-30`, { param: name });
    const range = dayRangeOf(words, today());
    const query = { ...range, ...(key ? { key } : {}), ...(model ? { model } : {}) };
    const post = wordOf(words, 'post') === 'true';
    if (post && !ledger) throw new Error('this ledger is open for reading only');
    const rating = await rerate(ports, query);
    const overdrawn = overdrawnBy(rating.corrections, (purse) => ledger?.purse(purse)?.balanceNano ?? 0n);
    if (post && ledger) await postCorrections(ledger, rating);
    return reratingJson(rating, { posted: post, overdrawn });
  };
  /** People name a key as they see it: by its name, or the beginning of its secret. */
  const byId = (words: ReportWords): ReportWords =>
    words.key ? { ...words, key: findKey(directory, words.key).id } : words;
  /** And a model by an alias, or with dots for dashes; what went by the very name comes first. */
  const byModelId = async <Found>(
    words: ReportWords,
    run: (words: ReportWords) => Promise<Found>,
    isEmpty: (found: Found) => boolean,
  ): Promise<Found> => {
    const found = await run(words);
    const id = words.model ? modelId(words.model) : undefined;
    return id === undefined || id === words.model || !isEmpty(found) ? found : run({ ...words, model: id });
  };
  const usage = (words: ReportWords) =>
    usageReport({ statements, directory }, parseUsageQuery(words, today()));
  return {
    usage: async (words) => byModelId(byId(words), usage, ({ rows }) => rows.length === 0),
    entries: async (words) => pageJson(await statements.entries(parseEntryQuery(byId(words)))),
    rerate(words) {
      const isEmpty = ({ data }: JsonObject) => asArray(data).length === 0;
      const next = last.then(() => byModelId(byId(words), rerateOnce, isEmpty));
      last = next.catch(() => {});
      return next;
    },
  };
}

/** The purses that hold less than all their corrections together take. The quotas of time keys are none. */
function overdrawnBy(corrections: readonly Correction[], balanceOf: (purse: number) => bigint): number[] {
  const taken = new Map<number, bigint>();
  for (const { purse, differenceNano } of corrections)
    if (purse !== BOOKS.windows) taken.set(purse, (taken.get(purse) ?? 0n) + differenceNano);
  return [...taken].filter(([purse, nano]) => nano > 0n && balanceOf(purse) < nano).map(([purse]) => purse);
}
