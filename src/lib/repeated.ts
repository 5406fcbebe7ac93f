// Names that stand twice in one object of a JSON text, of which parsers differ in which one they believe.

import { bufferOf } from './bytes.ts';
import type { JsonObject } from './json.ts';
import { type Members, nameOf, stringEnd } from './json-places.ts';
import type { Edit } from './splice.ts';

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** The first such name among the members of an object, which was parsed as `value`. */
export function repeatedName(bytes: Uint8Array, { members }: Members, value: JsonObject): string | undefined {
  // the parser has kept one of each
  if (members.length === Object.keys(value).length) return undefined;
  const seen = new Set<string>();
  for (const member of members) {
    const name = nameOf(bytes, member);
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Where the first one stands in the value that begins at `at`, found in one pass however deep the value is. */
export function repeatedWithin(bytes: Uint8Array, at: number): Edit['path'] | undefined {
  /** Where in each object or list that is open the pass is: at a member's name, or at the place of an element. */
  const path: Edit['path'] = [];
  const seen: (Set<string> | undefined)[] = [];
  const buffer = bufferOf(bytes);
  let awaitsName = false;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, i);
      const last = path.length - 1;
      if (awaitsName) {
        const name = nameOf(buffer, { start: i, nameEnd: end });
        path[last] = name;
        const names = seen[last];
        if (names?.has(name)) return path;
        if (names) names.add(name);
        else seen[last] = new Set([name]);
        awaitsName = false;
      }
      i = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      awaitsName = byte === OPEN_BRACE;
      path.push(awaitsName ? '' : 0);
      seen.push(undefined);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      awaitsName = false;
      path.pop();
      seen.pop();
    } else if (byte === COMMA) {
      const step = path.at(-1);
      awaitsName = typeof step === 'string';
      if (typeof step === 'number') path[path.length - 1] = step + 1;
    }
    if (path.length === 0) return undefined;
  }
  return undefined;
}
