// What has to change in a value so that it holds all that another one says: one change a member or element.

import { isObject, type JsonValue } from '../../lib/json.ts';

export type Path = readonly (string | number)[];

/** `append`: the value becomes a new element at the end of the list at `path`. */
export type Change = { path: Path; value: JsonValue; append?: true };

/**
 * The changes that put `wanted` into `found` and leave everything else as it is. Elements of lists are the same when
 * their `id` is, or without one their `name`.
 */
export function changesTo(found: JsonValue | undefined, wanted: JsonValue, path: Path = []): Change[] {
  if (isObject(wanted) && isObject(found))
    return Object.entries(wanted).flatMap(([name, value]) =>
      changesTo(Object.hasOwn(found, name) ? found[name] : undefined, value, [...path, name]),
    );
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.every((item) => identityOf(item) !== undefined))
    return wanted.flatMap((item) => {
      const index = found.findIndex((other) => identityOf(other) === identityOf(item));
      return index < 0
        ? [{ path, value: item, append: true }]
        : changesTo(found[index], item, [...path, index]);
    });
  return Bun.deepEquals(found, wanted) ? [] : [{ path, value: wanted }];
}

function identityOf(value: JsonValue): JsonValue | undefined {
  return isObject(value) ? (value.id ?? value.name) : undefined;
}
