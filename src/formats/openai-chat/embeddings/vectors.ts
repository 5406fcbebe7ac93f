// The two ways an embedding is written: a list of numbers, or the bytes of 32-bit floats in base64.

import { bufferOf } from '../../../lib/bytes.ts';
import { isObject, type JsonObject, type JsonValue, tryParseJson } from '../../../lib/json.ts';
import { skipSpace } from '../../../lib/json-places.ts';
import { type Patch, patched } from '../../../lib/splice.ts';
import { isVector } from '../../embedding.ts';

/** `base64` is what OpenAI's own libraries ask for; some of them make nothing of a list that comes in its place. */
export type VectorForm = 'float' | 'base64';

const BYTES_PER_NUMBER = 4;
const NAME = Buffer.from('"embedding"');
const COLON = 58;
const BACKSLASH = 92;
/** How each begins and ends; no number and no base64 has either in it. */
const LIST = [91, 93] as const;
const TEXT = [34, 34] as const;

/** The form a request asks for; Jina calls it `embedding_type`. */
export function formWanted({ encoding_format = null, embedding_type = null }: JsonObject): VectorForm {
  return (encoding_format ?? embedding_type) === 'base64' ? 'base64' : 'float';
}

/**
 * The answer with all embeddings in this form and every other byte as it came; the same bytes when they are, or when it
 * is no such answer. They are looked for by their name: to parse an answer of many megabytes would hold up all others.
 */
export function inForm(bytes: Uint8Array, form: VectorForm): Uint8Array {
  const buffer = bufferOf(bytes);
  const [open, close] = form === 'base64' ? LIST : TEXT;
  const patches: Patch[] = [];
  for (let at = buffer.indexOf(NAME); at !== -1; at = buffer.indexOf(NAME, at + 1)) {
    const colon = skipSpace(buffer, at + NAME.length);
    // not so where it is what a member says, or the end of a longer name
    if (buffer[colon] !== COLON || buffer[at - 1] === BACKSLASH) continue;
    const start = skipSpace(buffer, colon + 1);
    if (buffer[start] !== open) continue;
    const end = buffer.indexOf(close, start + 1) + 1;
    const embedding = tryParseJson(buffer.toString('utf8', start, end));
    const written = vectorIn(embedding, form);
    if (written !== embedding) patches.push({ start, end, text: JSON.stringify(written) });
  }
  return patches.length === 0 ? bytes : patched(buffer, patches);
}

/** An element of `data` with its embedding in this form. */
export function itemIn(item: JsonValue, form: VectorForm): JsonValue {
  if (!isObject(item)) return item;
  const embedding = vectorIn(item.embedding, form);
  return embedding === item.embedding ? item : { ...item, embedding: embedding as JsonValue };
}

function vectorIn(embedding: JsonValue | undefined, form: VectorForm): JsonValue | undefined {
  if (form === 'base64' && isVector(embedding)) return toBase64(embedding);
  if (form === 'float' && typeof embedding === 'string') return fromBase64(embedding);
  return embedding;
}

/** As 32-bit floats, the lowest byte first (the encoding of OpenAI's API), as all machines have them that Bun runs on. */
function toBase64(numbers: readonly number[]): string {
  return Buffer.from(new Float32Array(numbers).buffer).toString('base64');
}

/** The numbers themselves; the text as it is when it is no such vector. */
function fromBase64(text: string): JsonValue {
  const bytes = Buffer.from(text, 'base64');
  // the reader takes any text, and leaves out what is no base64
  if (bytes.length === 0 || bytes.length % BYTES_PER_NUMBER !== 0 || bytes.toString('base64') !== text)
    return text;
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_NUMBER) numbers.push(short(bytes.readFloatLE(at)));
  return numbers.every(Number.isFinite) ? numbers : text;
}

const SCALE_MIN = 1e6;
const SCALE_MAX = 1e11;

/**
 * A short decimal that is this 32-bit float: written out as a double it has ten digits that mean nothing. Rounding finds
 * it for nearly all of a vector, at a quarter of what it costs to write each down first.
 */
function short(float: number): number {
  for (let scale = SCALE_MIN; scale <= SCALE_MAX; scale *= 10) {
    const rounded = Math.round(float * scale) / scale;
    if (Math.fround(rounded) === float) return rounded;
  }
  // nine digits tell any two of them apart
  return Number(float.toPrecision(9));
}
