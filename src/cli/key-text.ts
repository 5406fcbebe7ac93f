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

/** One row for each key. */
export function keyTable(keys: JsonObject[]): string {
  if (keys.length === 0) return 'There are no keys yet: osiris keys create --name ana --credit 5\n';
  const rows = keys.map((key) => [
    text(key.id),
    cut(text(key.name), 30),
    text(key.kind),
    `${text(key.prefix)}…`,
    dollars(key.credit_usd),
    cut(text(key.account), 30),
    dayOf(key.expires_at),
    text(key.status),
  ]);
  return formatTable(
    ['ID', 'NAME', 'KIND', 'KEY', 'CREDIT', 'ACCOUNT', 'EXPIRES', 'STATUS'],
    rows,
    new Set([4]),
  );
}

/** Everything about one key, a line each. */
export function describeKey(key: JsonObject): string {
  const limits = asObject(key.limits);
  const budget = asObject(key.budget);
  const usage = asObject(key.usage);
  const lines: [string, string][] = [
    ['id', text(key.id)],
    ['name', text(key.name)],
    ['key', `${text(key.prefix)}…`],
    ['status', text(key.status)],
    ['kind', text(key.kind)],
    ['account', text(key.account)],
    ['credit', dollars(key.credit_usd)],
    ['quota', key.quota_usd == null ? '' : dollars(key.quota_usd)],
    ['budget', key.budget == null ? '' : `${dollars(budget.amount_usd)} a ${budget.period}`],
    ['models', key.models == null ? 'all' : asArray(key.models).join(', ')],
    ['requests a minute', text(limits.requests_per_minute) || 'default'],
    ['at once', text(limits.concurrent) || 'default'],
    ['tokens a minute', text(limits.tokens_per_minute)],
    ['created', text(key.created_at)],
    ['expires', text(key.expires_at) || 'never'],
    ['revoked', text(key.revoked_at)],
    ['requests so far', text(usage.requests)],
    ['tokens so far', key.usage == null ? '' : `${usage.input_tokens} in, ${usage.output_tokens} out`],
  ];
  return `${lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(18)} ${value}`)
    .join('\n')}\n`;
}

function summaryOf(key: JsonObject): string {
  const parts = [`${key.kind} key of ${key.account}`];
  if (key.kind !== 'time') parts.push(dollars(key.credit_usd));
  if (key.quota_usd != null) parts.push(`quota ${dollars(key.quota_usd)}`);
  if (key.models != null) parts.push(`models ${asArray(key.models).join(', ')}`);
  if (key.expires_at != null) parts.push(`until ${key.expires_at}`);
  return parts.join(', ');
}

function dollars(value: JsonValue | undefined): string {
  const amount = asNumber(value);
  if (amount === undefined) return '';
  return `$${amount.toFixed(9).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}

function dayOf(value: JsonValue | undefined): string {
  return asString(value)?.slice(0, 16).replace('T', ' ') ?? 'never';
}

function text(value: JsonValue | undefined): string {
  return value == null ? '' : String(value);
}

function cut(value: string, length: number): string {
  return value.length > length ? `${value.slice(0, length - 1)}…` : value;
}
