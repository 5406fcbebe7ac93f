// The edits that turn a JSON value into another one that was made of it.

import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Edit } from './splice.ts';

type List = readonly (JsonValue | undefined)[];

/**
 * For a text in which `before` stands at `path`. What did not change is the same in both, as when objects and lists are
 * only copied where something in them changes. A list keeps its places: undefined stands for an element that goes away;
 * one that lost its places is written anew.
 */
export function editsBetween(
  path: Edit['path'],
  before: JsonValue | undefined | List,
  after: JsonValue | undefined | List,
): Edit[] {
  if (before === after) return [];
  if (isObject(before) && isObject(after)) return membersBetween(path, before, after);
  if (isList(before) && isList(after) && after.length >= before.length)
    return after.flatMap((element, i) => editsBetween([...path, i], before[i], element));
  return [{ path, json: JSON.stringify(after) }];
}

function isList(value: unknown): value is List {
  return Array.isArray(value);
}

function membersBetween(path: Edit['path'], before: JsonObject, after: JsonObject): Edit[] {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return [
    ...gone.map((name) => ({ path: [...path, name], json: undefined })),
    ...Object.keys(after).flatMap((name) => {
      const known = Object.hasOwn(before, name) ? before[name] : undefined;
      return editsBetween([...path, name], known, after[name]);
    }),
  ];
}

/** The same for a list that is a member of the body, which goes away when nothing is left in it. */
export function editsOfList(member: string, before: List, after: List): Edit[] {
  const isEmptied = before.length > 0 && after.every((element) => element === undefined);
  return isEmptied ? [{ path: [member], json: undefined }] : editsBetween([member], before, after);
}
