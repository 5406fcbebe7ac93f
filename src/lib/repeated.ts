// Names that stand twice in one object of a JSON text, of which parsers differ in which one they believe.

import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { type Members, nameOf, readElements, readMembers } from './json-places.ts';
import type { Edit } from './splice.ts';

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

/** Where the first one stands in the value that begins at `at`, at whatever depth. */
export function repeatedWithin(bytes: Uint8Array, at: number, value: JsonValue): Edit['path'] | undefined {
  if (Array.isArray(value)) {
    const { elements } = readElements(bytes, at);
    return firstBelow(
      value.map((each, i) => [i, elements[i]?.valueStart ?? at, each] as const),
      bytes,
    );
  }
  if (!isObject(value)) return undefined;
  const found = readMembers(bytes, at);
  const name = repeatedName(bytes, found, value);
  if (name !== undefined) return [name];
  const below = found.members.map((member) => {
    const each = nameOf(bytes, member);
    return [each, member.valueStart, value[each] ?? null] as const;
  });
  return firstBelow(below, bytes);
}

function firstBelow(
  values: readonly (readonly [name: string | number, at: number, value: JsonValue])[],
  bytes: Uint8Array,
): Edit['path'] | undefined {
  for (const [name, at, value] of values) {
    const path = repeatedWithin(bytes, at, value);
    if (path) return [name, ...path];
  }
  return undefined;
}
