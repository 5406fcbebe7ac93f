// Finds what the references of a JSON Schema stand for.

import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** The schema behind `#`, `#/…` or `#anchor`; undefined for one that leads nowhere, or out of the document. */
export function lookUp(root: JsonObject, ref: string): JsonObject | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#')) return undefined;
  if (!ref.startsWith('#/')) return findAnchor(root, ref.slice(1));
  let at: JsonValue | undefined = root;
  for (const step of ref.slice(2).split('/')) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = at[Number(name)];
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return isObject(at) ? at : undefined;
}

/** References are URI fragments (RFC 6901, section 6). */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function findAnchor(value: JsonValue | undefined, anchor: string): JsonObject | undefined {
  if (Array.isArray(value) || !isObject(value)) return undefined;
  for (const place of ['$defs', 'definitions']) {
    const group = value[place];
    if (!isObject(group)) continue;
    for (const name in group) {
      const one = group[name];
      if (isObject(one) && one.$anchor === anchor) return one;
    }
  }
  return undefined;
}

/** Where definitions stand that nobody refers to: they go away with their place. */
export function unusedDefinitions(schema: JsonObject): string[] {
  const text = JSON.stringify(schema);
  return ['$defs', 'definitions'].filter((place) => {
    const names = isObject(schema[place]) ? Object.keys(schema[place]) : [];
    return names.some((name) => !text.includes(JSON.stringify(`#/${place}/${name}`)));
  });
}
