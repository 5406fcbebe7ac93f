// Whose the seals are that a client got as they came: nothing in them tells, so it is noted when they pass.

import { bufferOf } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { isObject, type JsonValue, tryParseJson } from '../../lib/json.ts';
import { parseFrames } from '../../lib/sse.ts';
import type { ThoughtStore } from '../../store/ports.ts';

/** Notes every seal that stands in these bytes. */
export type NoteSeals = (value: JsonValue) => void;

/** Members that hold a seal wherever they stand, and types of objects whose `data` is one. */
const MEMBERS = ['signature', 'encrypted_content', 'thoughtSignature', 'thought_signature'];
const TYPES = ['redacted_thinking', 'reasoning.encrypted'];
/** One of these is in every text that holds a seal. */
const NEEDLES = ['ignature"', 'encrypted', 'redacted_thinking'];

export function sealNotes(keyId: string, scope: string, store: ThoughtStore): NoteSeals {
  return (value) => {
    const seals = sealsIn(value);
    if (seals.length > 0) store.remember(keyId, seals.map(nameOf), scope);
  };
}

/** Whose the seal is; undefined when it never passed here under this key, or too long ago. */
export function scopeOfSeal(seal: string, keyId: string, store: ThoughtStore): string | undefined {
  return store.recall(keyId, nameOf(seal));
}

function nameOf(seal: string): string {
  return `seal ${sha256Hex(seal)}`;
}

export function noteSealsIn(bytes: Uint8Array, note: NoteSeals): void {
  if (!hasSeals(bytes)) return;
  const value = tryParseJson(new TextDecoder().decode(bytes));
  if (value !== undefined) note(value);
}

/** The same in whole frames of a stream. */
export function noteSealsInFrames(frames: Uint8Array, note: NoteSeals): void {
  if (frames.length === 0 || !hasSeals(frames)) return;
  for (const { data } of parseFrames(frames)) {
    const value = tryParseJson(data);
    if (value !== undefined) note(value);
  }
}

function hasSeals(bytes: Uint8Array): boolean {
  const buffer = bufferOf(bytes);
  // a byte a character: five times faster than looking for each of them in the bytes
  const text = buffer.toString('latin1');
  return NEEDLES.some((needle) => text.includes(needle));
}

function sealsIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(sealsIn);
  if (!isObject(value)) return [];
  const isSealed = TYPES.includes(String(value.type));
  return Object.entries(value).flatMap(([name, member]) => {
    if (typeof member !== 'string') return member === undefined ? [] : sealsIn(member);
    return member !== '' && (MEMBERS.includes(name) || (isSealed && name === 'data')) ? [member] : [];
  });
}
