// Reads a request body within its limit and parses it, with errors that teach and repeat nothing.

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../canonical/fault.ts';
import { bufferOf, withoutMark } from '../../lib/bytes.ts';
import { isObject, isTooDeep, type JsonObject, type JsonValue, LEVELS_MAX } from '../../lib/json.ts';
import { hasMorePieces } from '../../lib/json-pieces.ts';
import type { Watch } from '../watch.ts';
import type { Uploads } from './uploads.ts';

/** How a body of a key may arrive: `atOnce` of the largest size together. */
export type UploadLimit = {
  watch: Watch;
  timeoutMs: number;
  uploads: Uploads;
  keyId: string;
  atOnce: number;
};

/** Bytes: smaller ones come together with the head, or take little more than their connection. */
const SMALL_MAX = 4096;

/**
 * The body's bytes, decompressed. Throws Fault `rate_limit_exceeded` where too much of this key was refused of late,
 * `request_too_large`, `concurrency_limit` when there is no room for more
 * of this key, `upload_too_slow` when it is not whole within `limit.timeoutMs`, `client_closed` when the client leaves
 * before it is, or `invalid_json` for what is packed wrongly.
 */
export async function readBody(request: Request, maxBytes: number, limit?: UploadLimit): Promise<Uint8Array> {
  limit?.uploads.refused.check(limit.keyId);
  const declared = request.headers.get('content-length');
  const size = declared === null ? maxBytes : Number(declared);
  if (size > maxBytes) throw tooLarge(maxBytes);
  const held = limit !== undefined && size > SMALL_MAX ? limit : undefined;
  held?.uploads.begin(held.keyId, size, held.atOnce * maxBytes);
  let bytes: Uint8Array;
  try {
    const reading = declared === null ? readCounted(request, maxBytes) : request.bytes();
    const isHere = limit === undefined || Bun.peek.status(reading) !== 'pending';
    bytes = await (isHere ? reading : inTime(reading, limit));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    const message = 'The connection was closed before the request body was whole.';
    throw new Fault('client_closed', message, { cause: thrown });
  } finally {
    held?.uploads.end(held.keyId, size);
  }
  refuseLarger(bytes.length, maxBytes);
  const encoding = request.headers.get('content-encoding');
  // looked through several times on its way, which buffers are quicker at
  return bufferOf(withoutMark(encoding === null ? bytes : decompress(bytes, encoding, maxBytes)));
}

function inTime(reading: Promise<Uint8Array>, { watch, timeoutMs }: UploadLimit): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const cancel = watch.after(timeoutMs, () => {
      const message = `The request body did not arrive within ${Math.round(timeoutMs / 1000)} s.`;
      reject(new Fault('upload_too_slow', message));
    });
    reading.then(
      (bytes) => {
        cancel();
        resolve(bytes);
      },
      (thrown) => {
        cancel();
        reject(thrown);
      },
    );
  });
}

async function readCounted(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of request.body) {
    total += piece.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function decompress(bytes: Uint8Array, encoding: string, maxBytes: number): Uint8Array {
  const options = { maxOutputLength: maxBytes };
  try {
    switch (encoding.trim().toLowerCase()) {
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, options);
      case 'deflate':
        return inflateSync(bytes, options);
      case 'br':
        return brotliDecompressSync(bytes, options);
      case 'zstd':
        return zstdDecompressSync(bytes, options);
    }
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooLarge(maxBytes);
    const message = 'The body is not compressed the way its content-encoding header says.';
    throw new Fault('invalid_json', message, { cause: thrown });
  }
  const message =
    'This content-encoding is not understood; send the body plain, or as gzip, deflate, br or zstd.';
  throw new Fault('invalid_json', message);
}

/** Throws Fault `request_too_large`. */
export function refuseLarger(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): Fault {
  const size = maxBytes >= 1e6 ? `${Math.floor(maxBytes / 1e6)} MB` : `${Math.floor(maxBytes / 1e3)} kB`;
  return new Fault(
    'request_too_large',
    `The request body is larger than the ${size} allowed here. Shorten it, or ask the operator to raise server.max_body or this key's own limit.`,
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body as a JSON object. Throws Fault `invalid_json`; the words never contain a piece of the body. */
export function parseBody(bytes: Uint8Array): JsonObject {
  if (bytes.length === 0)
    throw new Fault(
      'invalid_json',
      'The request body is empty. Send a JSON object with "model" and the prompt.',
    );
  const value = parseValue(bytes);
  if (isObject(value)) return value;
  const kind = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  throw new Fault('invalid_json', `The request body must be a JSON object, but it is ${kind}.`);
}

function parseValue(bytes: Uint8Array): JsonValue {
  let unread: string | undefined;
  try {
    const text = utf8.decode(bytes);
    unread = whyUnread(text);
    if (unread === undefined) return JSON.parse(text);
  } catch (thrown) {
    throw new Fault('invalid_json', whyNotJson(bytes, thrown), { cause: undefined });
  }
  throw new Fault('invalid_json', unread);
}

/**
 * Objects, arrays, texts and names in a body. Three bytes of a body become eighty of memory, for as long as the call
 * takes; a conversation that fills the largest windows has a tenth of this.
 */
const PIECES_MAX = 500_000;

/** Why the parser is not asked: it would stand still, or fill the memory. */
function whyUnread(text: string): string | undefined {
  if (isTooDeep(text)) return `The request body is nested more than ${LEVELS_MAX} levels deep; flatten it.`;
  if (!hasMorePieces(text, PIECES_MAX)) return undefined;
  return `The request body has more than ${PIECES_MAX.toLocaleString('en')} objects, arrays, texts and names; send less at once.`;
}

function whyNotJson(bytes: Uint8Array, thrown: unknown): string {
  if (thrown instanceof TypeError)
    return 'The request body is not valid UTF-8 text; JSON must be sent as UTF-8.';
  const text = Buffer.from(bytes.subarray(0, 400)).toString('latin1').trim();
  const advice = /^-{2,}|^[\w.%+-]+=/.test(text)
    ? 'It looks like a form; send JSON with "content-type: application/json".'
    : /'\s*:|:\s*'/.test(text)
      ? 'JSON wants double quotes around names and texts, not single ones.'
      : /[,[{:]\s*$/.test(Buffer.from(bytes.subarray(-20)).toString('latin1'))
        ? 'It ends too early: something was cut off.'
        : 'Look for a missing quote, a trailing comma, a comment or a cut end.';
  return `The request body is not valid JSON. ${advice}`;
}
