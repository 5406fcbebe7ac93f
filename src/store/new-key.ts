// Reads the JSON that asks for a new key, and explains each member that does not fit.

import { Fault } from '../canonical/fault.ts';
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { parseUsd } from '../lib/money.ts';
import { nearestNames } from '../lib/nearest.ts';
import type { KeyKind, KeyLimits, NewKey } from './ports.ts';

const MEMBERS = [
  'name',
  'kind',
  'credit_usd',
  'days',
  'quota_usd',
  'budget',
  'models',
  'requests_per_minute',
  'concurrent',
  'tokens_per_minute',
  'expires',
  'account',
];
const KINDS: KeyKind[] = ['credit', 'time', 'trial'];
const PERIODS = ['day', 'week', 'month'] as const;
const TRIAL = { days: 3, requestsPerMinute: 15, creditNano: 1_000_000_000n };
/** A sum beyond this is a slip of the finger, and would not fit the database's 63 bits much further on. */
const MAX_USD = 1_000_000_000n;
const NANO = 1_000_000_000n;
const MAX_DAYS = 36_500;
const MAX_RATE = 1_000_000_000;

/**
 * The key that `json` describes, defaults filled in. Members are those of `MEMBERS`; null counts as absent; USD may
 * be numbers or decimal strings. Throws `missing_field`, `invalid_value` or `unsupported_parameter` with the member
 * as `param`; each message begins with the member's name and repeats no value.
 */
export function parseNewKey(json: unknown): NewKey {
  if (!isObject(json))
    throw new Fault('invalid_value', 'the body must be a JSON object such as {"name": "my app"}');
  refuseUnknown(json);
  const kind = kindOf(json.kind);
  const days =
    whole(json, 'days', MAX_DAYS) ?? (kind === 'trial' && !given(json.expires) ? TRIAL.days : undefined);
  const quotaNano = dollars(json, 'quota_usd');
  const budget = budgetOf(json.budget);
  const models = modelsOf(json.models);
  const expiresAtMs = expiryOf(json.expires);
  refuseContradictions(json, kind);
  return {
    name: nameOf(json.name),
    kind,
    account: accountOf(json.account, kind),
    creditNano: dollars(json, 'credit_usd') ?? (kind === 'trial' ? TRIAL.creditNano : 0n),
    limits: limitsOf(json, kind),
    ...(days === undefined ? {} : { days }),
    ...(quotaNano === undefined ? {} : { quotaNano }),
    ...(budget === undefined ? {} : { budget }),
    ...(models === undefined ? {} : { models }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}

function refuseUnknown(json: JsonObject): void {
  for (const member of Object.keys(json)) {
    if (MEMBERS.includes(member)) continue;
    const shown = member.slice(0, 64);
    const near = nearestNames(member, MEMBERS, 1)[0];
    const hint = near === undefined ? `the members are ${MEMBERS.join(', ')}` : `did you mean ${near}?`;
    throw new Fault('unsupported_parameter', `${shown} is not a member of a key; ${hint}`, { param: shown });
  }
}

function refuseContradictions(json: JsonObject, kind: KeyKind): void {
  if (given(json.days) && given(json.expires)) {
    wrong('expires', 'cannot stand beside days: both say when the key ends; keep one');
  }
  if (kind === 'time' && !given(json.days) && !given(json.expires)) {
    throw new Fault('missing_field', 'days is missing: a time key needs days, such as 30, or expires', {
      param: 'days',
    });
  }
  if (kind === 'time' && given(json.credit_usd)) {
    wrong(
      'credit_usd',
      'is for credit and trial keys; a time key is paid by its days, and quota_usd can cap it',
    );
  }
  if (kind !== 'time' && given(json.quota_usd)) {
    wrong('quota_usd', 'is for time keys; what a credit or trial key may use is its credit_usd');
  }
}

function nameOf(value: JsonValue | undefined): string {
  if (!given(value)) {
    throw new Fault('missing_field', 'name is missing: say whose key it is, such as "ana-laptop"', {
      param: 'name',
    });
  }
  const name = typeof value === 'string' ? value.trim() : '';
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
    wrong('name', 'must be 1 to 100 printable characters');
  }
  return name;
}

function kindOf(value: JsonValue | undefined): KeyKind {
  if (!given(value)) return 'credit';
  const kind = KINDS.find((each) => each === value);
  return kind ?? wrong('kind', 'must be credit (a balance in USD), time (a number of days) or trial');
}

function accountOf(value: JsonValue | undefined, kind: KeyKind): string {
  if (!given(value) && kind === 'trial') {
    throw new Fault('missing_field', 'account is missing: a trial key belongs to a gmail.com mailbox', {
      param: 'account',
    });
  }
  if (!given(value) || value === 'operator') {
    return kind === 'trial' ? wrong('account', 'must be a gmail.com mailbox for a trial key') : 'operator';
  }
  const account = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (account.length > 254 || !/^[^\s@,;<>()"]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(account)) {
    wrong('account', 'must be an e-mail address such as ana@example.com, or left out for the operator');
  }
  if (kind === 'trial' && !account.endsWith('@gmail.com')) {
    wrong('account', 'must be a gmail.com mailbox for a trial key');
  }
  return account;
}

function limitsOf(json: JsonObject, kind: KeyKind): KeyLimits {
  const rate =
    whole(json, 'requests_per_minute', MAX_RATE) ?? (kind === 'trial' ? TRIAL.requestsPerMinute : undefined);
  const concurrent = whole(json, 'concurrent', MAX_RATE);
  const tokens = whole(json, 'tokens_per_minute', MAX_RATE);
  return {
    ...(rate === undefined ? {} : { requestsPerMinute: rate }),
    ...(concurrent === undefined ? {} : { concurrent }),
    ...(tokens === undefined ? {} : { tokensPerMinute: tokens }),
  };
}

function budgetOf(value: JsonValue | undefined): NewKey['budget'] {
  if (!given(value)) return undefined;
  const [amount = '', period = '', ...rest] = typeof value === 'string' ? value.split('/') : [];
  const amountNano = nanoOf(amount);
  const found = PERIODS.find((each) => each === period.trim());
  if (rest.length > 0 || found === undefined || amountNano === undefined || amountNano <= 0n) {
    return wrong('budget', 'must be an amount above 0 and a period, such as 20/month, 5/week or 1.50/day');
  }
  return { amountNano, period: found };
}

function modelsOf(value: JsonValue | undefined): string[] | undefined {
  if (!given(value)) return undefined;
  const names = Array.isArray(value) ? value : [];
  const models: string[] = [];
  for (const name of names) {
    if (typeof name !== 'string' || name.length > 200 || !/^[^\s,*]*[^\s,]$/.test(name)) {
      wrong(
        'models',
        'must hold model ids such as gpt-5, or beginnings such as claude-*; a * only at the end',
      );
    }
    if (!models.includes(name)) models.push(name);
  }
  if (models.length === 0 || models.length > 1000) {
    wrong('models', 'must be a list of 1 to 1000 model ids, or left out to allow every model');
  }
  return models;
}

const EXPIRY = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;

function expiryOf(value: JsonValue | undefined): number | undefined {
  if (!given(value)) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] =
    EXPIRY.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  const timeMs = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // 30 February parses as a day in March.
  const exists = Number.isFinite(timeMs) && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  if (!exists)
    wrong('expires', 'must be a date such as 2030-12-31 (00:00 UTC) or a time such as 2030-12-31T18:00Z');
  return timeMs;
}

function dollars(json: JsonObject, member: 'credit_usd' | 'quota_usd'): bigint | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  const nano = nanoOf(value);
  if (nano === undefined)
    wrong(member, 'must be an amount in USD such as 5 or 0.25, with at most nine decimals');
  if (nano < 0n) wrong(member, 'must not be negative');
  if (nano > MAX_USD * NANO) wrong(member, `must be at most ${MAX_USD}`);
  return nano;
}

function nanoOf(value: JsonValue): bigint | undefined {
  if (typeof value === 'number') return Math.abs(value) < 1e15 ? parseUsd(value.toFixed(9)) : undefined;
  return typeof value === 'string' ? parseUsd(value.trim().replace(/^\$/, '')) : undefined;
}

function whole(json: JsonObject, member: string, max: number): number | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    wrong(member, `must be a whole number from 1 to ${max}`);
  }
  return value;
}

function given(value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  return value !== undefined && value !== null;
}

function wrong(member: string, rule: string): never {
  throw new Fault('invalid_value', `${member} ${rule}`, { param: member });
}
