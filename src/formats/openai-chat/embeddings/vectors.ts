// The two ways an embedding is written: a list of numbers, or the bytes of 32-bit floats in base64.

import { asArray, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../../lib/json.ts';

/** `base64` is what OpenAI's own libraries ask for; some of them make nothing of a list that comes in its place. */
export type VectorForm = 'float' | 'base64';

const BYTES_PER_NUMBER = 4;
const FIRST = Buffer.from('"embedding"');
const COLON = 58;
const OPEN_BRACKET = 91;
const QUOTE = 34;

/** The form a request asks for. */
export function formWanted({ encoding_format }: JsonObject): VectorForm {
  return encoding_format === 'base64' ? 'base64' : 'float';
}

/** The answer with all embeddings in this form; the same bytes when they are, or when it is no such answer. */
export function inForm(bytes: Uint8Array, form: VectorForm): Uint8Array {
  if (firstForm(bytes) === form) return bytes;
  const answer = tryParseJson(new TextDecoder().decode(bytes));
  if (!isObject(answer)) return bytes;
  const data = asArray(answer.data);
  const written = data.map((item) => itemIn(item, form));
  if (written.every((item, place) => item === data[place])) return bytes;
  return new TextEncoder().encode(JSON.stringify({ ...answer, data: written }));
}

/** An element of `data` with its embedding in this form. */
export function itemIn(item: JsonValue, form: VectorForm): JsonValue {
  if (!isObject(item)) return item;
  const embedding = vectorIn(item.embedding, form);
  return embedding === item.embedding ? item : { ...item, embedding: embedding as JsonValue };
}

/** How the first one is written, by the bytes behind its name; all of an answer are alike. */
function firstForm(bytes: Uint8Array): VectorForm | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = buffer.indexOf(FIRST);
  if (at === -1) return undefined;
  at = pastSpace(bytes, at + FIRST.length);
  if (bytes[at] !== COLON) return undefined;
  const first = bytes[pastSpace(bytes, at + 1)];
  return first === OPEN_BRACKET ? 'float' : first === QUOTE ? 'base64' : undefined;
}

function pastSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] ?? 33) <= 32) at++;
  return at;
}

function vectorIn(embedding: JsonValue | undefined, form: VectorForm): JsonValue | undefined {
  if (form === 'base64' && isVector(embedding)) return toBase64(embedding);
  if (form === 'float' && typeof embedding === 'string') return fromBase64(embedding);
  return embedding;
}

function isVector(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}

/** As 32-bit floats, the lowest byte first (the encoding of OpenAI's API). */
function toBase64(numbers: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(numbers.length * BYTES_PER_NUMBER));
  for (const [place, number] of numbers.entries()) view.setFloat32(place * BYTES_PER_NUMBER, number, true);
  return Buffer.from(view.buffer).toString('base64');
}

/** The numbers themselves; the text as it is when it is no such vector. */
function fromBase64(text: string): JsonValue {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % BYTES_PER_NUMBER !== 0) return text;
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_NUMBER) numbers.push(shortest(bytes.readFloatLE(at)));
  return numbers.every(Number.isFinite) ? numbers : text;
}

/** The shortest decimal that is this 32-bit float: written out as a double it has ten digits that mean nothing. */
function shortest(float: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}
