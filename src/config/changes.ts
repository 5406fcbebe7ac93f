// Which members differ between two texts of the configuration: their names, never their values.

import { parseDocument } from 'yaml';
import { isObject, type JsonValue } from '../lib/json.ts';

export type MemberChange = { path: string; change: 'added' | 'removed' | 'changed' };

const ALIASES_MAX = 100;

/** In the order of the members; a section that came or went is named once. */
export function changedMembers(before: string, after: string): MemberChange[] {
  return compare(plainValue(before), plainValue(after), '');
}

function plainValue(text: string): JsonValue {
  try {
    return parseDocument(text, { prettyErrors: false }).toJS({ maxAliasCount: ALIASES_MAX }) ?? {};
  } catch {
    return {};
  }
}

function compare(before: JsonValue, after: JsonValue, path: string): MemberChange[] {
  if (!isObject(before) || !isObject(after))
    return Bun.deepEquals(before, after) ? [] : [{ path, change: 'changed' }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): MemberChange[] => {
    const member = path === '' ? name : `${path}.${name}`;
    const [old, now] = [before[name], after[name]];
    if (old === undefined) return [{ path: member, change: 'added' }];
    if (now === undefined) return [{ path: member, change: 'removed' }];
    return compare(old, now, member);
  });
}
