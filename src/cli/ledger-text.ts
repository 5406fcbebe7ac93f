// The ledger as people read it.

import { asArray, asNumber, asObject, asString, type JsonObject } from '../lib/json.ts';
import { LEDGER_CHECKS, type LedgerCheck, type Verification } from '../store/verification.ts';
import { dollars as exactDollars } from './key-text.ts';
import { formatTable } from './table.ts';
import { dollars, whole } from './usage-text.ts';

/** One row for each entry, newest first. */
export function entryTable(page: JsonObject): string {
  const entries = asArray(page.data).map(asObject);
  if (entries.length === 0) return 'There are no such entries.\n';
  const rows = entries.map((entry) => [
    (asString(entry.at) ?? '').slice(0, 19).replace('T', ' '),
    asString(entry.kind) ?? '',
    exactDollars(entry.change_usd),
    asString(entry.key) ?? asString(entry.owner) ?? '',
    asString(entry.call) ?? asString(entry.id) ?? '',
    whatOf(entry),
  ]);
  const table = formatTable(
    ['TIME (UTC)', 'KIND', 'CHANGE', 'KEY OR ACCOUNT', 'ENTRY', 'WHAT'],
    rows,
    new Set([2]),
  );
  const next = asString(page.next);
  return next === undefined ? table : `${table}There are older ones: --before ${next}\n`;
}

/** What was checked with counts, then each violation. */
export function verificationText({ ok, checks, violations, tookMs }: Verification): string {
  const rows = (Object.keys(LEDGER_CHECKS) as LedgerCheck[]).map((name) => {
    const { checked, wrong } = checks[name];
    return [wrong === 0 ? 'ok' : `${whole(wrong)} wrong`, whole(checked), LEDGER_CHECKS[name]];
  });
  const told = violations.map(({ check, message }) => `${check}: ${message}`);
  const all = Object.values(checks).reduce((sum, { wrong }) => sum + wrong, 0);
  const rest = all - violations.length;
  const verdict = ok
    ? `The ledger keeps every promise (${(tookMs / 1000).toFixed(1)} s).`
    : `The ledger is broken: ${whole(all)} ${all === 1 ? 'violation' : 'violations'}. Keep a copy of the file before anything else.`;
  return [
    formatTable(['', 'CHECKED', 'WHAT'], rows, new Set([1])).trimEnd(),
    ...(told.length > 0 ? ['', ...told] : []),
    ...(rest > 0 ? [`and ${whole(rest)} more`] : []),
    '',
    `${verdict}\n`,
  ].join('\n');
}

/** What each model's calls cost and would cost, what was or would be written, and by which rule. */
export function rerateText(rating: JsonObject): string {
  const rows = asArray(rating.data).map(asObject);
  const title = `Calls from ${rating.from} to ${rating.to}`;
  if (rows.length === 0) return `${title}: none was charged.\n`;
  const table = formatTable(
    ['MODEL', 'PRICE', 'FINISHED', 'CLIENT LEFT', 'CACHE', 'OLD', 'NEW', 'DIFFERENCE'],
    rows.map((row) => [
      asString(row.model) ?? '',
      pricesIn(row),
      whole(row.finished),
      whole(row.client_left),
      whole(row.cache),
      dollars(row.old_usd),
      dollars(row.new_usd),
      dollars(row.difference_usd),
    ]),
    new Set([2, 3, 4, 5, 6, 7]),
  );
  return [`${title} at the prices of today`, `${table}${exceptions(rows)}`, `${ending(rating)}\n`].join('\n');
}

function whatOf(entry: JsonObject): string {
  const note = asString(entry.note);
  const model = asString(entry.model);
  if (entry.rule === undefined) return note ?? model ?? '';
  const usage = asObject(entry.usage);
  const tokens = `${whole(usage.input_tokens)} in, ${whole(usage.output_tokens)} out`;
  return [model, entry.provider, tokens, entry.rule].filter((part) => part != null).join(' · ');
}

function pricesIn(row: JsonObject): string {
  const news = asArray(row.new_prices).map((price) => String(asNumber(asObject(price).price) ?? 'new'));
  return `${asArray(row.old_prices).join(', ')} → ${news.join(', ') || 'none'}`;
}

function exceptions(rows: JsonObject[]): string {
  const say = (member: string, why: string) =>
    rows
      .filter((row) => row[member] !== 0)
      .map((row) => `${row.model}: ${whole(row[member])} calls ${why}\n`)
      .join('');
  return [
    say('unpriced', 'left as they are: the configuration has no price for this model any more'),
    say('unexplained', 'left as they are: their cost does not follow from what was recorded'),
    say('capped', 'had been capped by a strict hold and are not raised'),
  ].join('');
}

function ending(rating: JsonObject): string {
  const corrections = asArray(rating.corrections).map(asObject);
  const quotas = corrections.some((each) => each.corrects === 'quota');
  const overdrawn = asArray(rating.overdrawn);
  const count = `${whole(corrections.length)} ${corrections.length === 1 ? 'correction' : 'corrections'}`;
  const done = rating.posted ? `${count} written.` : `${count} to write: run it again with --post.`;
  return [
    asString(rating.rule) ?? '',
    ...(quotas ? ['Time keys get their quota corrected, through the book `windows`.'] : []),
    ...(overdrawn.length > 0 ? [`This takes more than is left from purse ${overdrawn.join(', ')}.`] : []),
    corrections.length === 0 ? 'Nothing is left to correct.' : done,
  ].join('\n');
}
