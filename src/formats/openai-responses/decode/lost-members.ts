// Losses for the members of an object that this codec does not read.

import type { Loss } from '../../../canonical/loss.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';

/** As `leftovers`, but silent on null: clients of this format write out what they did not set. */
export function lostMembers(object: JsonObject, known: readonly string[], path: string): Loss[] {
  const unset = Object.keys(object).filter((name) => object[name] === null);
  return leftovers(object, unset.length === 0 ? known : [...known, ...unset], path);
}
