// What a list is asked for: filters, and which page of it.

import { Fault } from '../canonical/fault.ts';
import { nearestNames } from '../lib/nearest.ts';

/** As text, the way an address carries it. */
export type ListWords = Record<string, string | undefined>;

/** Filters by name, with the words each takes; undefined: any text. */
export type Filters = Record<string, readonly string[] | undefined>;

const DEFAULT_LIMIT = 100;
const LIMIT_MAX = 1000;

/** Throws Fault that names the member at fault; `what` is what is listed. */
export function checkWords(words: ListWords, filters: Filters, what: string): void {
  const members = [...Object.keys(filters), 'limit', 'after'];
  for (const member of Object.keys(words)) {
    if (members.includes(member)) continue;
    const shown = member.slice(0, 64);
    const near = nearestNames(member, members, 1)[0];
    const hint = near === undefined ? `there are ${members.join(', ')}` : `did you mean ${near}?`;
    throw new Fault('unsupported_parameter', `${shown} is no filter of ${what}; ${hint}`, { param: shown });
  }
  for (const [member, choices] of Object.entries(filters)) {
    const value = words[member];
    if (value !== undefined && choices && !choices.includes(value))
      throw wrong(member, `must be one of ${choices.join(', ')}`);
  }
  const { limit } = words;
  if (limit !== undefined && !(/^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= LIMIT_MAX))
    throw wrong('limit', `must be a whole number from 1 to ${LIMIT_MAX}`);
}

export function limitOf({ limit }: ListWords): number {
  return Number(limit ?? DEFAULT_LIMIT);
}

/** Where the page behind `after` begins. Nothing is ever removed, so a cursor stays good whatever happens to it. */
export function startBehind<Item>(
  items: readonly Item[],
  after: string | undefined,
  idOf: (item: Item) => string,
): number {
  if (after === undefined) return 0;
  const place = items.findIndex((item) => idOf(item) === after);
  if (place < 0) throw wrong('after', 'must be the id that the page before ended with');
  return place + 1;
}

function wrong(member: string, rule: string): Fault {
  return new Fault('invalid_value', `${member} ${rule}`, { param: member });
}
