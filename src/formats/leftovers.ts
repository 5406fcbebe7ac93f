// Names the members of an object that a codec does not know, so that none is dropped silently.

import type { Loss } from '../canonical/loss.ts';
import type { JsonObject } from '../lib/json.ts';

const NAME_CHARS_MAX = 64;

/**
 * One `dropped` loss for each member of the object that is not in `known`. `path` is where the object itself
 * stands (`messages[0]`), empty for the body. Names are the client's own text and are cut to 64 characters.
 */
export function leftovers(object: JsonObject, known: readonly string[], path: string): Loss[] {
  const losses: Loss[] = [];
  for (const name in object) {
    if (known.includes(name)) continue;
    losses.push({ path: memberPath(path, name), action: 'dropped', reason: 'not known in this conversion' });
  }
  return losses;
}

/** `a` and `b` to `a.b`; an empty path stands for the body itself. */
export function memberPath(path: string, name: string): string {
  const short = name.slice(0, NAME_CHARS_MAX);
  return path === '' ? short : `${path}.${short}`;
}
