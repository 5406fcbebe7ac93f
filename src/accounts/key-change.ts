// Reads the JSON that asks for a change of a key: limits, ends, money, secrets.

import { parseDuration } from '../config/units.ts';
import type { JsonObject } from '../lib/json.ts';
import { isPrintable } from '../lib/printable.ts';
import type { Key, KeyChange } from '../store/ports.ts';
import {
  budgetOf,
  dollars,
  flag,
  given,
  LIMIT_MEMBERS,
  limitsOf,
  missing,
  modelsOf,
  nameOf,
  objectOf,
  onOrOff,
  tagsOf,
  timeOf,
  wrong,
} from './key-members.ts';

const CHANGE_MEMBERS = [
  'name',
  'quota_usd',
  'budget',
  'models',
  'require_tags',
  'expires',
  'log_bodies',
  'strict',
  'cache',
  'auto_cache',
  ...Object.keys(LIMIT_MEMBERS),
];
const CREDIT_MEMBERS = ['amount_usd', 'purchase', 'expires', 'note'];
const ROTATE_MEMBERS = ['grace'];
const DEFAULT_GRACE_MS = 86_400_000;
const MAX_GRACE_MS = 90 * 86_400_000;
const MAX_NOTE = 200;

/**
 * The change that `value` asks of `key`: members as for a new key, absent ones stay, null takes one away. Throws as
 * `parseNewKey` does, also when nothing is asked for.
 */
export function parseKeyChange(
  value: unknown,
  key: Pick<Key, 'kind' | 'windowFrom' | 'startedAtMs'>,
): KeyChange {
  const json = objectOf(value, CHANGE_MEMBERS, '{"requests_per_minute": 60}');
  if (Object.keys(json).length === 0) missing('name', 'say what is to change, such as requests_per_minute');
  const change: KeyChange = {};
  if (json.name !== undefined) change.name = nameOf(json.name ?? false);
  const limits = changedLimits(json);
  if (Object.keys(limits).length > 0) change.limits = limits;
  if (json.quota_usd !== undefined) {
    if (key.kind !== 'time')
      wrong('quota_usd', 'is for time keys; what a credit or trial key may use is its balance');
    change.quotaNano = dollars(json, 'quota_usd') ?? null;
  }
  if (json.budget !== undefined) change.budget = given(json.budget) ? budgetOf(json.budget) : null;
  if (json.models !== undefined) change.models = given(json.models) ? modelsOf(json.models) : null;
  if (json.require_tags !== undefined)
    change.requireTags = given(json.require_tags) ? tagsOf(json.require_tags) : null;
  if (json.expires === null && key.kind === 'time' && !isYetToBegin(key))
    wrong('expires', 'is where the window of a time key ends; set another date');
  if (json.expires !== undefined)
    change.expiresAtMs = given(json.expires) ? timeOf('expires', json.expires) : null;
  if (json.log_bodies !== undefined) change.logBodies = flag(json, 'log_bodies') ?? false;
  if (json.strict !== undefined) change.strict = flag(json, 'strict') ?? false;
  if (json.cache !== undefined) change.cache = given(json.cache) ? onOrOff('cache', json.cache) : null;
  if (json.auto_cache !== undefined)
    change.autoCache = given(json.auto_cache) && onOrOff('auto_cache', json.auto_cache) === 'on';
  return change;
}

/** Its window gets an end of its own with the first call. */
function isYetToBegin({ windowFrom, startedAtMs }: Pick<Key, 'windowFrom' | 'startedAtMs'>): boolean {
  return windowFrom === 'first-use' && startedAtMs === undefined;
}

export type CreditOrder = { amountNano: bigint; purchase: boolean; expiresAtMs?: number; note: string };

/** Money for a key; a negative amount takes some. Throws as `parseNewKey` does. */
export function parseCredit(value: unknown, nowMs: number): CreditOrder {
  const json = objectOf(value, CREDIT_MEMBERS, '{"amount_usd": 5}');
  const amountNano = dollars(json, 'amount_usd', true) ?? missing('amount_usd', 'say how much, such as 5');
  const purchase = flag(json, 'purchase') === true;
  if (amountNano === 0n) wrong('amount_usd', 'must not be 0');
  if (amountNano < 0n && purchase) wrong('purchase', 'is for amounts above 0');
  const order: CreditOrder = { amountNano, purchase, note: noteOf(json, purchase ? 'purchase' : 'by hand') };
  if (!given(json.expires)) return order;
  if (purchase) wrong('expires', 'cannot stand beside purchase, which sets the expiry by its own rule');
  if (amountNano < 0n) wrong('expires', 'is for amounts above 0');
  order.expiresAtMs = timeOf('expires', json.expires);
  if (order.expiresAtMs <= nowMs) wrong('expires', 'must lie in the future');
  return order;
}

/** How long the secret before a rotation still opens, in milliseconds; 0 ends it at once. */
export function parseGrace(value: unknown): number {
  const json = objectOf(value ?? {}, ROTATE_MEMBERS, '{"grace": "24h"}');
  if (!given(json.grace)) return DEFAULT_GRACE_MS;
  const { grace } = json;
  const plain = grace === '0' ? 0 : grace;
  const graceMs = typeof plain === 'string' || typeof plain === 'number' ? parseDuration(plain) : undefined;
  return graceMs === undefined || graceMs > MAX_GRACE_MS
    ? wrong('grace', 'must be a duration of at most 90d such as 24h, 30m or 0')
    : graceMs;
}

function changedLimits(json: JsonObject): NonNullable<KeyChange['limits']> {
  const limits: NonNullable<KeyChange['limits']> = { ...limitsOf(json) };
  for (const [member, name] of Object.entries(LIMIT_MEMBERS)) {
    if (json[member] === null) limits[name] = null;
  }
  return limits;
}

function noteOf(json: JsonObject, otherwise: string): string {
  const { note } = json;
  if (!given(note)) return otherwise;
  const fits = typeof note === 'string' && note.length <= MAX_NOTE && isPrintable(note);
  return fits ? note.trim() : wrong('note', `must be at most ${MAX_NOTE} printable characters`);
}
