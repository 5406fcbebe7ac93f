// Edits members of a JSON text in place, leaving every other byte as it came.

import { bufferOf } from './bytes.ts';
import {
  type Item,
  isNamed,
  type Member,
  type Members,
  readElements,
  readMembers,
  readTop,
  skipSpace,
} from './json-places.ts';

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;

/**
 * One change: the value at `path`, a member's name or the place of a list's element for each level, becomes `json` (JSON
 * text), or goes away when `json` is undefined. With `present` only one that exists is changed.
 */
export type Edit = { path: (string | number)[]; json: string | undefined; present?: boolean };

/** What stands from `start` to `end` becomes `text`. */
export type Patch = { start: number; end: number; text: string };
/** What all edits together make of a value: something else, or the same with changes in it. */
type Change = { own: { json: string | undefined; present: boolean } | undefined; inner: Inner | undefined };
/** By member or place, with the names of the members apart, which every frame of a stream is searched for. */
type Inner = { names: string[]; changes: Map<string | number, Change> };

/**
 * The document with the edits applied, a later one on what the earlier ones made of it. `bytes` must be a JSON object
 * that has already been parsed successfully. Members that do not exist are added at the end of their object, elements
 * right behind the last at the end of their list; missing objects on the way are made, missing lists and elements not.
 * Places in a list are those before all edits. Of duplicate names every one is edited, as parsers differ in which one
 * they believe. An edit below a value that is not an object replaces that value. `top`: where the members stand, if
 * that is known. Returns the same bytes when nothing changes.
 */
export function spliceJson(bytes: Uint8Array, edits: readonly Edit[], top?: Members): Uint8Array {
  return splicerOf(edits)(bytes, top);
}

/** The same for edits that many documents need. */
export function splicerOf(edits: readonly Edit[]): (bytes: Uint8Array, top?: Members) => Uint8Array {
  const inner = newInner();
  for (const { path, json, present = false } of edits) plant(inner, path, json, present);
  return (bytes, top = readTop(bytes)) => {
    const patches: Patch[] = [];
    editObject(bytes, top, inner, patches);
    return patches.length === 0 ? bytes : patched(bytes, patches);
  };
}

/**
 * The document with `members`, whose names need no escapes, in the object at `path`, at its end, or in place of those it
 * has already. `bytes` as for `spliceJson`; returned as they are when there is no object there. `from` saves reading what
 * stands before it: the place of a top-level member's name.
 */
export function putMembers(
  bytes: Uint8Array,
  path: string[],
  members: Record<string, number>,
  from?: number,
): Uint8Array {
  let at = from === undefined ? skipSpace(bytes, 0) : from - 1;
  for (const name of path) {
    const found = readMembers(bytes, at).members.find((member) => isNamed(bytes, member, name));
    if (!found || bytes[found.valueStart] !== OPEN_BRACE) return bytes;
    at = found.valueStart;
  }
  const { members: known, close } = readMembers(bytes, at);
  if (hasOneOf(members, bytes, known))
    return spliceJson(
      bytes,
      Object.entries(members).map(([name, value]) => ({ path: [...path, name], json: String(value) })),
    );
  const last = known.at(-1);
  let text = '';
  for (const name in members) text += `${text || last ? ',' : ''}"${name}":${members[name]}`;
  const start = last?.end ?? close;
  return patched(bytes, [{ start, end: start, text }]);
}

/** Without a function or a list of its own: it runs for each answer and each frame that tells of usage. */
function hasOneOf(members: Record<string, number>, bytes: Uint8Array, known: readonly Member[]): boolean {
  for (const member of known) for (const name in members) if (isNamed(bytes, member, name)) return true;
  return false;
}

/** The bytes with `patches`, which follow each other. */
export function patched(bytes: Uint8Array, patches: readonly Patch[]): Uint8Array {
  const source = bufferOf(bytes);
  let length = source.length;
  for (const { start, end, text } of patches) length += Buffer.byteLength(text) + start - end;
  // one buffer for all of it: every piece of its own would be one more for the collector
  const target = Buffer.allocUnsafe(length);
  let to = 0;
  let at = 0;
  for (const { start, end, text } of patches) {
    to += source.copy(target, to, at, start);
    to += target.write(text, to);
    at = end;
  }
  source.copy(target, to, at);
  return target;
}

function newInner(): Inner {
  return { names: [], changes: new Map() };
}

function plant(
  inner: Inner,
  [name, ...rest]: readonly (string | number)[],
  json: string | undefined,
  present: boolean,
): void {
  if (name === undefined) return;
  let change = inner.changes.get(name);
  if (!change) {
    change = { own: undefined, inner: undefined };
    inner.changes.set(name, change);
    if (typeof name === 'string') inner.names.push(name);
  }
  const { own } = change;
  if (own && rest.length > 0) {
    change.own =
      own.json === undefined
        ? { json: made(rest, json, present), present: false }
        : { ...own, json: within(own.json, rest, json, present) };
  } else if (rest.length > 0) {
    change.inner ??= newInner();
    plant(change.inner, rest, json, present);
  } else if (!own || own.json !== undefined || !present) {
    const isMade = own ? !own.present : textOf(change) !== undefined;
    change.own = { json, present: present && !isMade };
  }
}

/** Below what earlier edits have written. */
function within(
  written: string,
  path: (string | number)[],
  json: string | undefined,
  present: boolean,
): string {
  const head = '{"":';
  const bytes = new TextEncoder().encode(`${head}${written}}`);
  const edited = spliceJson(bytes, [{ path: ['', ...path], json, present }]);
  return new TextDecoder().decode(edited).slice(head.length, -1);
}

/** Below what earlier edits have taken away. */
function made(path: (string | number)[], json: string | undefined, present: boolean): string | undefined {
  const inner = newInner();
  plant(inner, path, json, present);
  return textOf({ own: undefined, inner });
}

/** What comes to be where nothing is. */
function textOf({ own, inner }: Change): string | undefined {
  if (own) return own.present ? undefined : own.json;
  const members = inner ? addedTo(inner, []) : [];
  return members.length === 0 ? undefined : `{${members.join()}}`;
}

/** The members that an object lacks. */
function addedTo(inner: Inner, known: readonly (Change | undefined)[]): string[] {
  const added: string[] = [];
  for (const name of inner.names) {
    const change = inner.changes.get(name);
    const text = change && !known.includes(change) ? textOf(change) : undefined;
    if (text !== undefined) added.push(`${JSON.stringify(name)}:${text}`);
  }
  return added;
}

function editObject(bytes: Uint8Array, { members, close }: Members, inner: Inner, patches: Patch[]): void {
  const changes: (Change | undefined)[] = [];
  for (const member of members) {
    const name = inner.names.find((each) => isNamed(bytes, member, each));
    changes.push(name === undefined ? undefined : inner.changes.get(name));
  }
  editItems(bytes, members, changes, addedTo(inner, changes), close, patches);
}

function editList(bytes: Uint8Array, at: number, inner: Inner, patches: Patch[]): void {
  const { elements, close } = readElements(bytes, at);
  const added: string[] = [];
  for (let place = elements.length; ; place++) {
    const next = inner.changes.get(place)?.own;
    if (next?.json === undefined || next.present) break;
    added.push(next.json);
  }
  const changes = elements.map((_, place) => inner.changes.get(place));
  editItems(bytes, elements, changes, added, close, patches);
}

/** Patches follow each other as the items do. */
function editItems(
  bytes: Uint8Array,
  items: readonly Item[],
  changes: readonly (Change | undefined)[],
  added: string[],
  close: number,
  patches: Patch[],
): void {
  let kept: Item | undefined;
  for (let i = 0; i < items.length; i++) {
    const change = changes[i];
    const item = items[i] as Item;
    if (!isRemoval(change)) {
      if (change) editValue(bytes, item, change, patches);
      kept = item;
      continue;
    }
    while (isRemoval(changes[i + 1])) i++;
    const { end } = items[i] as Item;
    // one comma goes with them: the one before, or the one behind where nothing is left before
    patches.push(
      kept
        ? { start: kept.end, end, text: '' }
        : { start: item.start, end: items[i + 1]?.start ?? end, text: '' },
    );
  }
  if (added.length === 0) return;
  const start = items.at(-1)?.end ?? close;
  patches.push({ start, end: start, text: `${kept ? ',' : ''}${added.join()}` });
}

function isRemoval(change: Change | undefined): boolean {
  return change?.own !== undefined && change.own.json === undefined;
}

function editValue(
  bytes: Uint8Array,
  { valueStart, end }: Item,
  { own, inner }: Change,
  patches: Patch[],
): void {
  const first = bytes[valueStart];
  if (own?.json !== undefined) {
    patches.push({ start: valueStart, end, text: own.json });
  } else if (!inner) {
    return;
  } else if (first === OPEN_BRACE) {
    editObject(bytes, readMembers(bytes, valueStart), inner, patches);
  } else if (first === OPEN_BRACKET && inner.changes.size > inner.names.length) {
    editList(bytes, valueStart, inner, patches);
  } else {
    const text = textOf({ own, inner });
    if (text !== undefined) patches.push({ start: valueStart, end, text });
  }
}
