// Where the members and elements of a JSON text stand that has already been parsed successfully.

import { bufferOf } from './bytes.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const ASCII_MAX = 127;
/** Names mostly end within so many: to ask the engine where costs more than to look. */
const NEAR_BYTES = 32;

/** `start` is that of its quoted name. */
export type Member = { start: number; nameEnd: number; valueStart: number; end: number };
/** A member, or an element of a list. */
export type Item = Pick<Member, 'start' | 'valueStart' | 'end'>;
/** `close`: where the object ends, at its brace. */
export type Members = { members: Member[]; close: number };

/** Of the object that the text is. */
export function readTop(bytes: Uint8Array): Members {
  return readMembers(bytes, skipSpace(bytes, 0));
}

/** Of the object whose brace stands at `objectAt`. */
export function readMembers(bytes: Uint8Array, objectAt: number): Members {
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

/** The name as the parser reads it. */
export function nameOf(bytes: Uint8Array, { start, nameEnd }: Pick<Member, 'start' | 'nameEnd'>): string {
  const quoted = bufferOf(bytes).toString('utf8', start, nameEnd);
  return quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1);
}

/** Whether the member has this name, however it is spelled. Most are told apart without making a text of them. */
export function isNamed(bytes: Uint8Array, member: Member, name: string): boolean {
  const { start, nameEnd } = member;
  const first = start + 1;
  const length = nameEnd - 1 - first;
  for (let i = 0; i < length; i++) {
    const byte = bytes[first + i] as number;
    if (byte === BACKSLASH || byte > ASCII_MAX) return nameOf(bytes, member) === name;
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
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
      if (byte === OPEN_BRACKET) i = numbersEnd(bytes, i);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return bytes.length;
}

/** A shorter list is walked through as fast as it is searched. */
const LONG_LIST_BYTES = 512;

/** Index of the last byte of the numbers that the list at `at` consists of; `at` itself for any other, or a short one. */
function numbersEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number;
  if (first !== MINUS && (first < ZERO || first > NINE)) return at;
  const close = bytes.indexOf(CLOSE_BRACKET, at);
  if (close - at < LONG_LIST_BYTES) return at;
  const inside = bytes.subarray(at + 1, close);
  const isPlain = !inside.includes(OPEN_BRACKET) && !inside.includes(QUOTE);
  return isPlain ? close - 1 : at;
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
export function stringEnd(bytes: Uint8Array, at: number): number {
  const near = Math.min(bytes.length, at + 1 + NEAR_BYTES);
  for (let i = at + 1; i < near; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH) break;
  }
  let quote = bytes.indexOf(QUOTE, at + 1);
  while (quote !== -1) {
    let escapes = 0;
    for (let i = quote - 1; bytes[i] === BACKSLASH; i--) escapes++;
    if (escapes % 2 === 0) return quote + 1;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}

export function skipSpace(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break;
    i++;
  }
  return i;
}
/** Of the list whose bracket stands at `listAt`. */
export function readElements(bytes: Uint8Array, listAt: number): { elements: Item[]; close: number } {
  const elements: Item[] = [];
  let at = skipSpace(bytes, listAt + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_BRACKET) {
    const end = valueEnd(bytes, at);
    elements.push({ start: at, valueStart: at, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return { elements, close: at };
}
