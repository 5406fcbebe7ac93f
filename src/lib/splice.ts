// Edits members of a JSON text in place, leaving every other byte as it came.

import { bufferOf } from './bytes.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const ASCII_MAX = 127;

/**
 * One change: the member at `path` gets `json` (JSON text) as its value, or goes away when `json` is undefined.
 * With `present` only a member that exists is changed.
 */
export type Edit = { path: string[]; json: string | undefined; present?: boolean };

/** A change of a member that exists, whose path may go through arrays by the place of an element. */
export type InnerEdit = { path: (string | number)[]; json: string; present: true };

/** `start` is that of its quoted name. */
type Member = { start: number; nameEnd: number; valueStart: number; end: number };
type Patch = { start: number; end: number; text: string };

/**
 * The document with the edits applied. `bytes` must be a JSON object that has already been parsed successfully.
 * Members that do not exist are added at the end of their object; missing objects on the way are made; of
 * duplicate names every one is edited, as parsers differ in which one they believe. An edit below a value that
 * is not an object replaces that value. Returns the same bytes when nothing changes.
 */
export function spliceJson(bytes: Uint8Array, edits: readonly (Edit | InnerEdit)[]): Uint8Array {
  const patches: Patch[] = [];
  for (const edit of edits) collectPatches(bytes, skipSpace(bytes, 0), edit, edit.path, patches);
  if (patches.length === 0) return bytes;
  patches.sort((a, b) => a.start - b.start);
  if (patches.some((patch, i) => i > 0 && patch.start <= (patches[i - 1] as Patch).end)) {
    // patches that touch each other (two additions at one place, duplicates removed): one edit at a time
    const [first, ...rest] = edits;
    if (first && rest.length > 0) return spliceJson(spliceJson(bytes, [first]), rest);
    return first ? spliceJson(patched(bytes, patches.slice(0, 1)), [first]) : bytes;
  }
  return patched(bytes, patches);
}

/**
 * The document with `members` in the object at `path`, at its end, or in place of those it has already. `bytes` as for
 * `spliceJson`; returned as they are when there is no object there. `from` saves reading what stands before it: the
 * place of a top-level member's name.
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
  const names = Object.keys(members);
  if (known.some((member) => names.some((name) => isNamed(bytes, member, name))))
    return spliceJson(
      bytes,
      names.map((name) => ({ path: [...path, name], json: String(members[name]) })),
    );
  const last = known.at(-1);
  const text = JSON.stringify(members).slice(1, -1);
  const start = last?.end ?? close;
  return patched(bytes, [{ start, end: start, text: last ? `,${text}` : text }]);
}

function patched(bytes: Uint8Array, patches: Patch[]): Uint8Array {
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

function collectPatches(
  bytes: Uint8Array,
  objectAt: number,
  edit: Edit | InnerEdit,
  path: readonly (string | number)[],
  patches: Patch[],
): void {
  const { json, present } = edit;
  const [name, ...rest] = path;
  if (typeof name !== 'string') return;
  const { members, close } = readMembers(bytes, objectAt);
  const hits = members.filter((member) => isNamed(bytes, member, name));
  for (const hit of hits) {
    if (rest.length > 0 && bytes[hit.valueStart] === OPEN_BRACE) {
      collectPatches(bytes, hit.valueStart, edit, rest, patches);
    } else if (typeof rest[0] === 'number') {
      collectElement(bytes, hit.valueStart, edit, rest, patches);
    } else if (rest.length > 0) {
      if (json !== undefined && !present)
        patches.push({ start: hit.valueStart, end: hit.end, text: nest(rest, json) });
    } else if (json !== undefined) {
      patches.push({ start: hit.valueStart, end: hit.end, text: json });
    } else {
      patches.push(removal(members, members.indexOf(hit)));
    }
  }
  if (hits.length > 0 || json === undefined || present) return;
  const last = members.at(-1);
  const text = `${JSON.stringify(name)}:${nest(rest, json)}`;
  const start = last ? last.end : close;
  patches.push({ start, end: start, text: last ? `,${text}` : text });
}

/** The same for what lies below an element of the array at `arrayAt`, if there is one. */
function collectElement(
  bytes: Uint8Array,
  arrayAt: number,
  edit: Edit | InnerEdit,
  [place, ...rest]: readonly (string | number)[],
  patches: Patch[],
): void {
  if (bytes[arrayAt] !== OPEN_BRACKET) return;
  let at = skipSpace(bytes, arrayAt + 1);
  for (let i = 0; at < bytes.length && bytes[at] !== CLOSE_BRACKET; i++) {
    if (i === place && bytes[at] === OPEN_BRACE) collectPatches(bytes, at, edit, rest, patches);
    if (i === place) return;
    at = skipSpace(bytes, valueEnd(bytes, at));
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
}

function nest(path: readonly (string | number)[], json: string): string {
  return path.reduceRight<string>((inner, name) => `{${JSON.stringify(name)}:${inner}}`, json);
}

/** Cuts the member with one of its commas: the one before it, or after it for the first. */
function removal(members: Member[], index: number): Patch {
  const member = members[index] as Member;
  const before = members[index - 1];
  if (before) return { start: before.end, end: member.end, text: '' };
  return { start: member.start, end: members[index + 1]?.start ?? member.end, text: '' };
}

function readMembers(bytes: Uint8Array, objectAt: number): { members: Member[]; close: number } {
  const members: Member[] = [];
  let at = skipSpace(bytes, objectAt + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_BRACE) {
    const start = at;
    const nameEnd = stringEnd(bytes, at);
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) throw new SyntaxError('not a JSON object');
    const valueStart = skipSpace(bytes, at + 1);
    const end = valueEnd(bytes, valueStart);
    members.push({ start, nameEnd, valueStart, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return { members, close: at };
}

/** Whether the member has this name, however it is spelled. Most are told apart without making a text of them. */
function isNamed(bytes: Uint8Array, { start, nameEnd }: Member, name: string): boolean {
  const first = start + 1;
  const length = nameEnd - 1 - first;
  for (let i = 0; i < length; i++) {
    const byte = bytes[first + i] as number;
    if (byte === BACKSLASH || byte > ASCII_MAX)
      return JSON.parse(bufferOf(bytes).toString('utf8', start, nameEnd)) === name;
    if (byte !== name.charCodeAt(i)) return false;
  }
  return length === name.length;
}

/** Index behind the value that begins at `at`. */
function valueEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return scalarEnd(bytes, at);
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = stringEnd(bytes, i) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return bytes.length;
}

function scalarEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i] as number;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 32) break;
    i++;
  }
  return i;
}

/** Index behind the closing quote of the string whose opening quote stands at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let quote = bytes.indexOf(QUOTE, at + 1);
  while (quote !== -1) {
    let escapes = 0;
    for (let i = quote - 1; bytes[i] === BACKSLASH; i--) escapes++;
    if (escapes % 2 === 0) return quote + 1;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break;
    i++;
  }
  return i;
}
