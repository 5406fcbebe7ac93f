// Finds what the references of a JSON Schema stand for.

import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** The schema behind `#`, `#/…` or `#anchor`; undefined for one that leads nowhere, or out of the document. */
export function lookUp(root: JsonObject, ref: string): JsonObject | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#')) return undefined;
  if (!ref.startsWith('#/')) return anchorsOf(root).get(ref.slice(1));
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

const anchors = new WeakMap<JsonObject, ReadonlyMap<string, JsonObject>>();

/** The definitions that have an anchor, by its name; the first one has it. Looked for once. */
function anchorsOf(root: JsonObject): ReadonlyMap<string, JsonObject> {
  const known = anchors.get(root);
  if (known) return known;
  const found = new Map<string, JsonObject>();
  for (const place of PLACES) {
    const group = root[place];
    if (!isObject(group)) continue;
    for (const name in group) {
      const one = group[name];
      if (isObject(one) && typeof one.$anchor === 'string' && !found.has(one.$anchor))
        found.set(one.$anchor, one);
    }
  }
  anchors.set(root, found);
  return found;
}

const PLACES = ['$defs', 'definitions'];

/** Where definitions stand that nobody refers to: they go away with their place. */
export function unusedDefinitions(schema: JsonObject): string[] {
  const places = PLACES.filter((place) => isObject(schema[place]));
  if (places.length === 0) return [];
  const used = new Set(JSON.stringify(schema).match(REFERENCE));
  return places.filter((place) =>
    Object.keys(schema[place] as JsonObject).some((name) => !used.has(JSON.stringify(`#/${place}/${name}`))),
  );
}

/** A whole text that may lead to a definition. */
const REFERENCE = /"#\/(?:\$defs|definitions)\/(?:[^"\\]|\\.)*"/g;
