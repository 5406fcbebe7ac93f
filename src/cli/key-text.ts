// Keys as people read them.

import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { formatTable } from './table.ts';

/** A new key with its secret, which is not shown again. */
export function describeNewKey(key: JsonObject): string {
  return [
    `Made ${key.id} "${key.name}": ${summaryOf(key)}.`,
    '',
    `  ${key.key}`,
    '',
    'Copy it now: it is not shown again. Clients send it as their API key.',
    '',
  ].join('\n');
}

/** The new secret of a key, and how long the old one works. */
export function describeRotation(key: JsonObject): string {
  const old =
    key.previous_secret_until === null
      ? 'The old one no longer works.'
      : `The old one works until ${minuteOf(key.previous_secret_until)} UTC.`;
  return [
    `The new secret of ${key.id} "${key.name}":`,
    '',
    `  ${key.key}`,
    '',
    `Copy it now: it is not shown again. ${old}`,
    '',
  ].join('\n');
}

/** What was given or taken, and what there is now. */
export function describeCredit(key: JsonObject): string {
  const amount = asNumber(asObject(key.entry).amount_usd) ?? 0;
  const done = amount < 0 ? `Took ${dollars(-amount)} from` : `Gave ${dollars(amount)} to`;
  const whose = key.purse === 'account' ? `the account ${key.account}` : `${key.id} "${key.name}"`;
  const until =
    key.balance_expires_at === null ? '' : `, which ends at ${minuteOf(key.balance_expires_at)} UTC`;
  return `${done} ${whose}. The balance is ${dollars(key.balance_usd)}${until}.\n`;
}

/** One row for each key; `filtered` tells that others may exist. */
export function keyTable(keys: JsonObject[], filtered = false): string {
  if (keys.length === 0)
    return filtered
      ? 'No key fits. `osiris keys list` shows all of them.\n'
      : 'There are no keys yet: osiris keys create --name ana --credit 5\n';
  const rows = keys.map((key) => [
    text(key.id),
    cut(text(key.name), 30),
    text(key.kind),
    `${text(key.prefix)}…`,
    leftOf(key),
    cut(text(key.account), 30),
    endOf(key),
    text(key.status),
  ]);
  return formatTable(
    ['ID', 'NAME', 'KIND', 'KEY', 'BALANCE', 'ACCOUNT', 'EXPIRES', 'STATUS'],
    rows,
    new Set([4]),
  );
}

/** Everything about one key, a line each. */
export function describeKey(key: JsonObject): string {
  const lines: [string, string][] = [
    ['id', text(key.id)],
    ['name', text(key.name)],
    ['key', `${text(key.prefix)}…`],
    ['old key works until', timeOf(key.previous_secret_until)],
    ['status', text(key.status)],
    ['kind', text(key.kind)],
    ['plan', text(key.plan)],
    ['account', text(key.account)],
    ...moneyLines(key),
    ['models', key.models == null ? 'all' : asArray(key.models).join(', ')],
    ['required tags', key.require_tags == null ? '' : asArray(key.require_tags).join(', ')],
    ...limitLines(key),
    ['bodies are logged', key.log_bodies === true ? 'yes' : ''],
    ['cache', text(key.cache)],
    ['auto cache', key.auto_cache === 'on' ? 'on: Anthropic is asked to cache prompts' : ''],
    ['strict', key.strict === true ? 'yes: what cannot be carried whole is refused' : ''],
    ['created', timeOf(key.created_at)],
    ['expires', windowOf(key) || timeOf(key.expires_at) || 'never'],
    ['revoked', timeOf(key.revoked_at)],
    ...usageLines(key),
  ];
  const shown = lines.filter(([, value]) => value !== '');
  return `${shown.map(([name, value]) => `${name.padEnd(20)} ${value}`).join('\n')}\n`;
}

function moneyLines(key: JsonObject): [string, string][] {
  const budget = asObject(key.budget);
  const quota = asObject(key.quota);
  const held = asNumber(key.held_usd) ?? 0;
  const purse = key.purse === 'account' ? ", the account's" : '';
  const balance = key.balance_usd == null ? '' : `${dollars(key.balance_usd)}${purse}`;
  return [
    ['balance', `${balance}${held > 0 ? `, ${dollars(held)} of it held by running calls` : ''}`],
    ['balance ends', timeOf(key.balance_expires_at)],
    ['quota', key.quota == null ? '' : `${dollars(quota.used_usd)} of ${dollars(quota.amount_usd)} used`],
    [
      'budget',
      key.budget == null
        ? ''
        : `${dollars(budget.spent_usd)} of ${dollars(budget.amount_usd)} a ${budget.period} spent, anew at ${timeOf(budget.resets_at)}`,
    ],
  ];
}

function limitLines(key: JsonObject): [string, string][] {
  const limits = asObject(key.limits);
  const own = asObject(key.own_limits);
  const ofPlan = asObject(key.plan_limits);
  const line = (name: string, member: string, value: string): [string, string] => {
    if (value === '' || member in own) return [name, value];
    return [name, `${value} (${member in ofPlan ? `plan ${key.plan}` : 'default'})`];
  };
  const bytes = asNumber(limits.max_body_bytes) ?? 0;
  return [
    line('requests a minute', 'requests_per_minute', text(limits.requests_per_minute)),
    line('at once', 'concurrent', text(limits.concurrent)),
    line('tokens a minute', 'tokens_per_minute', text(limits.tokens_per_minute)),
    line('USD a minute', 'usd_per_minute', dollars(limits.usd_per_minute)),
    line('largest request', 'max_body_bytes', sizeOf(bytes)),
    line('longest answer', 'request_timeout_s', `${text(limits.request_timeout_s)} s`),
  ];
}

function usageLines(key: JsonObject): [string, string][] {
  const usage = asObject(key.usage);
  return [
    ['requests so far', text(usage.requests)],
    ['tokens so far', `${usage.input_tokens} in, ${usage.output_tokens} out`],
    ['spent so far', dollars(key.spent_usd)],
    ['last used', timeOf(key.last_used_at)],
  ];
}

function summaryOf(key: JsonObject): string {
  const parts = [`${key.kind} key of ${key.account}`];
  if (key.plan != null) parts.push(`plan ${key.plan}`);
  if (key.purse === 'account') parts.push(`draws on the account's ${dollars(key.balance_usd)}`);
  else if (key.balance_usd != null) parts.push(dollars(key.balance_usd));
  if (key.quota != null) parts.push(`quota ${dollars(asObject(key.quota).amount_usd)}`);
  if (key.models != null) parts.push(`models ${asArray(key.models).join(', ')}`);
  if (key.require_tags != null) parts.push(`only deployments tagged ${asArray(key.require_tags).join(', ')}`);
  const window = windowOf(key);
  if (window !== '') parts.push(window);
  else if (key.expires_at != null) parts.push(`until ${minuteOf(key.expires_at)} UTC`);
  return parts.join(', ');
}

/** Of a window that has not begun; empty for every other key. */
function windowOf(key: JsonObject): string {
  const { from, started_at: startedAt } = asObject(key.window);
  if (from !== 'first-use' || startedAt !== null) return '';
  return `${key.days} days from its first call`;
}

function leftOf(key: JsonObject): string {
  if (key.balance_usd != null) return dollars(key.balance_usd);
  if (key.quota == null) return 'no cap';
  const quota = asObject(key.quota);
  const left = (asNumber(quota.amount_usd) ?? 0) - (asNumber(quota.used_usd) ?? 0);
  return `${dollars(Math.max(0, left))} quota`;
}

function endOf(key: JsonObject): string {
  if (windowOf(key) !== '') return 'not begun';
  const ends = [asString(key.expires_at), asString(key.balance_expires_at)].filter(
    (end) => end !== undefined,
  );
  return ends.length === 0 ? 'never' : minuteOf(ends.toSorted()[0]);
}

export function dollars(value: JsonValue | undefined): string {
  const amount = asNumber(value);
  if (amount === undefined) return '';
  const digits = Math.abs(amount)
    .toFixed(9)
    .replace(/(\.\d\d\d*?)0+$/, '$1');
  return `${amount < 0 ? '-' : ''}$${digits}`;
}

function sizeOf(bytes: number): string {
  const [unit, name] =
    bytes % 1024 ** 2 === 0 ? [1024 ** 2, 'MB'] : bytes % 1024 === 0 ? [1024, 'KB'] : [1, 'B'];
  return `${bytes / Number(unit)} ${name}`;
}

function minuteOf(value: JsonValue | undefined): string {
  return asString(value)?.slice(0, 16).replace('T', ' ') ?? '';
}

export function timeOf(value: JsonValue | undefined): string {
  return value == null ? '' : `${minuteOf(value)} UTC`;
}

export function text(value: JsonValue | undefined): string {
  return value == null ? '' : String(value);
}

export function cut(value: string, length: number): string {
  return value.length > length ? `${value.slice(0, length - 1)}…` : value;
}
