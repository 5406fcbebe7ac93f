// Reads what a person asks of the journal, and explains each member that does not fit.

import { Fault } from '../canonical/fault.ts';
import { parseDuration } from '../config/units.ts';
import { parseCallId } from '../lib/id.ts';
import { nearestNames } from '../lib/nearest.ts';
import type { ClientQuery, JournalFilter, JournalQuery } from '../store/journal-port.ts';

const MEMBERS = ['key', 'status', 'id', 'model', 'client', 'code', 'since', 'limit', 'before', 'after'];
const CLIENT_MEMBERS = ['key', 'client', 'since'];
const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1000;

/** The id of the key that a word stands for. Throws Fault `not_found` or `conflict`. */
export type KeyIdOf = (word: string) => string;

export type AskedLogs = { query: JournalQuery; filter: JournalFilter; after: number | undefined };

/**
 * The query that the members of a URL (or the flags of the command) ask for. Throws `invalid_value` or
 * `unsupported_parameter` with the member as `param`; each message begins with its name and repeats no value.
 */
export function parseJournalQuery(
  members: Iterable<[string, string]>,
  nowMs: number,
  keyIdOf: KeyIdOf = (word) => word,
): AskedLogs {
  const given = takeMembers(members, MEMBERS, 'the logs');
  const filter: JournalFilter = clientQueryOf(given, nowMs, keyIdOf);
  const text = (name: 'id' | 'model' | 'code') => {
    const value = given.get(name);
    if (value !== undefined) filter[name] = value;
  };
  text('id');
  text('model');
  text('code');
  const status = given.get('status');
  if (status !== undefined) filter.status = statusOf(status);
  const query: JournalQuery = { ...filter, limit: numberOf(given, 'limit', 1, LIMIT_MAX) ?? LIMIT_DEFAULT };
  const before = given.get('before');
  if (before !== undefined)
    query.before = parseCallId(before) ?? wrong('before', 'must be the `next` of the page before');
  return { query, filter, after: numberOf(given, 'after', 0, Number.MAX_SAFE_INTEGER) };
}

/** Of which calls `/admin/clients` tells. Throws as `parseJournalQuery`. */
export function parseClientQuery(
  members: Iterable<[string, string]>,
  nowMs: number,
  keyIdOf: KeyIdOf,
): ClientQuery {
  return clientQueryOf(takeMembers(members, CLIENT_MEMBERS, 'the clients'), nowMs, keyIdOf);
}

function clientQueryOf(given: Map<string, string>, nowMs: number, keyIdOf: KeyIdOf): ClientQuery {
  const query: ClientQuery = {};
  const key = given.get('key');
  if (key !== undefined) query.keyId = keyIdOf(key);
  // as user agents write it: `claude-code/2.1.197`; the name itself holds no slash
  const [client, ...version] = (given.get('client') ?? '').split('/');
  if (client) query.client = client.toLowerCase();
  if (version.length > 0) {
    if (!client || version.join('/') === '') wrong('client', 'must be a name such as codex or codex/0.169');
    query.clientVersion = version.join('/');
  }
  const since = given.get('since');
  if (since !== undefined) query.sinceMs = sinceOf(since, nowMs);
  return query;
}

/** Those with a value. */
function takeMembers(
  members: Iterable<[string, string]>,
  allowed: readonly string[],
  ofWhat: string,
): Map<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of members) {
    if (!allowed.includes(name)) refuseMember(name.slice(0, 64), allowed, ofWhat);
    if (value.trim() !== '') given.set(name, value.trim());
  }
  return given;
}

function refuseMember(name: string, allowed: readonly string[], ofWhat: string): never {
  const near = nearestNames(name, allowed, 1)[0];
  const hint = near === undefined ? `there are ${allowed.join(', ')}` : `did you mean ${near}?`;
  throw new Fault('unsupported_parameter', `${name} is no filter of ${ofWhat}; ${hint}`, { param: name });
}

function statusOf(text: string): { from: number; to: number } {
  if (/^[1-5]xx$/i.test(text)) {
    const from = Number(text[0]) * 100;
    return { from, to: from + 99 };
  }
  if (!/^[1-5]\d\d$/.test(text))
    return wrong('status', 'must be a status such as 429 or a class such as 4xx');
  return { from: Number(text), to: Number(text) };
}

function sinceOf(text: string, nowMs: number): number {
  const agoMs = /^\d+(\.\d+)?\s*[a-z]+$/.test(text) ? parseDuration(text) : undefined;
  if (agoMs !== undefined) return nowMs - agoMs;
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs))
    return wrong('since', 'must be a duration such as 30m or 2d, or a time such as 2030-12-31T18:00Z');
  return timeMs;
}

function numberOf(given: Map<string, string>, name: string, min: number, max: number): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max
    ? number
    : wrong(name, `must be a whole number from ${min} to ${max}`);
}

function wrong(member: string, rule: string): never {
  throw new Fault('invalid_value', `${member} ${rule}`, { param: member });
}
