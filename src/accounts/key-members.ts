// Readers for the members of a key as they come in JSON; each explains what does not fit and repeats no value.

import { Fault } from '../canonical/fault.ts';
import { BODY_BYTES_MIN, parseDuration, parseSize } from '../config/units.ts';
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { parseUsd } from '../lib/money.ts';
import { nearestNames } from '../lib/nearest.ts';
import { isPrintable } from '../lib/printable.ts';
import type { KeyLimits, NewKey } from '../store/ports.ts';

export type Given = Exclude<JsonValue, null>;

const PERIODS = ['day', 'week', 'month'] as const;
/** A sum beyond this is a slip of the finger, and would not fit the database's 63 bits much further on. */
const MAX_USD = 1_000_000_000n;
const NANO = 1_000_000_000n;
const MAX_RATE = 1_000_000_000;
const MAX_BODY_BYTES = 1024 ** 3;
const MAX_TIMEOUT_MS = 86_400_000;

/** The names limits go by in JSON. */
export const LIMIT_MEMBERS = {
  requests_per_minute: 'requestsPerMinute',
  concurrent: 'concurrent',
  tokens_per_minute: 'tokensPerMinute',
  usd_per_minute: 'nanoPerMinute',
  max_body: 'maxBodyBytes',
  request_timeout: 'requestTimeoutMs',
} as const satisfies Record<string, keyof KeyLimits>;

type LimitMember = keyof typeof LIMIT_MEMBERS;

/** The object itself. Throws `invalid_value` for anything else, `unsupported_parameter` for a member not in `members`. */
export function objectOf(json: unknown, members: readonly string[], example: string): JsonObject {
  if (!isObject(json)) throw new Fault('invalid_value', `the body must be a JSON object such as ${example}`);
  for (const member of Object.keys(json)) {
    if (members.includes(member)) continue;
    const shown = member.slice(0, 64);
    const near = nearestNames(member, members, 1)[0];
    const hint = near === undefined ? `the members are ${members.join(', ')}` : `did you mean ${near}?`;
    throw new Fault('unsupported_parameter', `${shown} is not known here; ${hint}`, { param: shown });
  }
  return json;
}

export function nameOf(value: Given): string {
  const name = typeof value === 'string' ? value.trim() : '';
  if (name === '' || name.length > 100 || !isPrintable(name)) {
    wrong('name', 'must be 1 to 100 printable characters');
  }
  return name;
}

/** The limits given in `json`; a member that is null or absent is left out. */
export function limitsOf(json: JsonObject): KeyLimits {
  const limits: KeyLimits = {};
  const requestsPerMinute = whole(json, 'requests_per_minute', MAX_RATE);
  const concurrent = whole(json, 'concurrent', MAX_RATE);
  const tokensPerMinute = whole(json, 'tokens_per_minute', MAX_RATE);
  const nanoPerMinute = dollars(json, 'usd_per_minute');
  const maxBodyBytes = measure(
    json,
    'max_body',
    parseSize,
    MAX_BODY_BYTES,
    'a size from 1KB to 1GB such as 10MB',
    BODY_BYTES_MIN,
  );
  const requestTimeoutMs = measure(
    ...([json, 'request_timeout', parseDuration, MAX_TIMEOUT_MS] as const),
    'a duration of at most 24h such as 120s or 5m',
  );
  if (requestsPerMinute !== undefined) limits.requestsPerMinute = requestsPerMinute;
  if (concurrent !== undefined) limits.concurrent = concurrent;
  if (tokensPerMinute !== undefined) limits.tokensPerMinute = tokensPerMinute;
  if (nanoPerMinute === 0n) wrong('usd_per_minute', 'must be above 0');
  if (nanoPerMinute !== undefined) limits.nanoPerMinute = nanoPerMinute;
  if (maxBodyBytes !== undefined) limits.maxBodyBytes = maxBodyBytes;
  if (requestTimeoutMs !== undefined) limits.requestTimeoutMs = requestTimeoutMs;
  return limits;
}

export function budgetOf(value: Given): NonNullable<NewKey['budget']> {
  const [amount = '', period = '', ...rest] = typeof value === 'string' ? value.split('/') : [];
  const amountNano = nanoOf(amount);
  const found = PERIODS.find((each) => each === period.trim());
  if (rest.length > 0 || found === undefined || amountNano === undefined || amountNano <= 0n) {
    return wrong('budget', 'must be an amount above 0 and a period, such as 20/month, 5/week or 1.50/day');
  }
  if (amountNano > MAX_USD * NANO) wrong('budget', `must be at most ${MAX_USD}`);
  return { amountNano, period: found };
}

export function modelsOf(value: Given): string[] {
  const names = Array.isArray(value) ? value : [];
  const models: string[] = [];
  for (const name of names) {
    const isName = typeof name === 'string' && name.length <= 200 && isPrintable(name);
    if (!isName || !/^[^\s,*]*[^\s,]$/.test(name)) {
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

const TAGS_MAX = 32;

export function tagsOf(value: Given): string[] {
  const tags = Array.isArray(value) ? value : [];
  const isTag = (tag: JsonValue): tag is string => typeof tag === 'string' && /^[\w.:/-]{1,64}$/.test(tag);
  if (tags.length === 0 || tags.length > TAGS_MAX || !tags.every(isTag)) {
    wrong(
      'require_tags',
      `must be a list of 1 to ${TAGS_MAX} tags such as eu, as deployments and providers have them in the configuration`,
    );
  }
  return [...new Set(tags.filter(isTag))];
}

const EXPIRY = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;

/** Milliseconds since 1970; a day alone means its 00:00 UTC. */
export function timeOf(member: string, value: Given): number {
  const [, day = '', time = '00:00', zone = 'Z'] =
    EXPIRY.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  const timeMs = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // 30 February parses as a day in March.
  const exists = Number.isFinite(timeMs) && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  if (!exists)
    wrong(member, 'must be a date such as 2030-12-31 (00:00 UTC) or a time such as 2030-12-31T18:00Z');
  return timeMs;
}

/** An amount in USD as a number or a decimal string, in nanodollars; `signed` ones may be negative. */
export function dollars(json: JsonObject, member: string, signed = false): bigint | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  const nano = nanoOf(value);
  if (nano === undefined)
    wrong(member, 'must be an amount in USD such as 5 or 0.25, with at most nine decimals');
  if (nano < 0n && !signed) wrong(member, 'must not be negative');
  if (nano > MAX_USD * NANO || nano < -MAX_USD * NANO) wrong(member, `must be at most ${MAX_USD}`);
  return nano;
}

export function whole(json: JsonObject, member: string, max: number): number | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    wrong(member, `must be a whole number from 1 to ${max}`);
  }
  return value;
}

export function flag(json: JsonObject, member: string): boolean | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  return typeof value === 'boolean' ? value : wrong(member, 'must be true or false');
}

export function onOrOff(member: string, value: Given): 'on' | 'off' {
  return value === 'on' || value === 'off' ? value : wrong(member, 'must be on or off');
}

export function given(value: JsonValue | undefined): value is Given {
  return value !== undefined && value !== null;
}

export function wrong(member: string, rule: string): never {
  throw new Fault('invalid_value', `${member} ${rule}`, { param: member });
}

export function missing(member: string, rule: string): never {
  throw new Fault('missing_field', `${member} is missing: ${rule}`, { param: member });
}

function measure(
  json: JsonObject,
  member: LimitMember,
  parse: (value: string | number) => number | undefined,
  max: number,
  wanted: string,
  min = 1,
): number | undefined {
  const value = json[member];
  if (!given(value)) return undefined;
  const amount = typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;
  return amount === undefined || amount < min || amount > max ? wrong(member, `must be ${wanted}`) : amount;
}

function nanoOf(value: JsonValue): bigint | undefined {
  if (typeof value === 'number') return Math.abs(value) < 1e15 ? parseUsd(value.toFixed(9)) : undefined;
  return typeof value === 'string' ? parseUsd(value.trim().replace(/^(-?)\$/, '$1')) : undefined;
}
