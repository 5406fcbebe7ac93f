// Changes in a TOML text: values in their place, new tables as sections at its end.

import { parse, patch } from '@decimalturn/toml-patch';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Change } from './changes.ts';

export function changeToml(text: string, changes: readonly Change[]): string {
  const tables = changes.filter(({ value }) => isObject(value));
  const values = changes.filter(({ value }) => !isObject(value));
  let changed = text;
  if (values.length > 0) {
    const document = parse(text) as JsonObject;
    for (const { path, value } of values) put(document, path.map(String), value);
    changed = patch(text, document);
  }
  // The library would write a new table as `a.b = { … }` above all sections, which its readers take for another thing
  const sections = tables.flatMap(({ path, value }) => sectionsOf(path.map(String), value));
  return [changed.trimEnd(), ...sections]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function put(table: JsonObject, [name = '', ...rest]: string[], value: JsonValue): void {
  const inner = table[name];
  if (rest.length === 0) table[name] = value;
  else if (isObject(inner)) put(inner, rest, value);
}

function sectionsOf(path: string[], value: JsonValue): string[] {
  if (!isObject(value)) return [];
  const members = Object.entries(value);
  const lines = members
    .filter(([, inner]) => !isObject(inner))
    .map(([name, inner]) => `${name} = ${JSON.stringify(inner)}`);
  const own = lines.length === 0 ? [] : [`[${path.join('.')}]\n${lines.join('\n')}`];
  return [...own, ...members.flatMap(([name, inner]) => sectionsOf([...path, name], inner))];
}
