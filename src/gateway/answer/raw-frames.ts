// What can be told of raw frames without parsing them, and edits that leave the rest of their bytes as they are.

import { bufferOf } from '../../lib/bytes.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { parseFrames, writeFrame } from '../../lib/sse.ts';

/** A sign of life, which is no part of the answer: a comment, or a blank line more than a frame needs. */
export function isComment(raw: Uint8Array): boolean {
  const [first] = raw;
  return first === LF || first === CR || (first === COLON && parseFrames(raw).length === 0);
}

/** A row of frames that end as JSON does, or are comments of one line or blank ones, which do not count. */
export type SoundRun = { end: number; frames: number };

/** The longest such row from `from` on, of which no frame reaches beyond `limit`; what ends otherwise must be looked at. */
export function soundRun(bytes: Uint8Array, from: number, limit: number): SoundRun {
  let end = from;
  let frames = 0;
  let inComment = bytes[from] === COLON;
  for (let at = placeOf.call(bytes, LF, from); at !== -1; at = placeOf.call(bytes, LF, at + 1)) {
    const isBlank = at === end || (at === end + 1 && bytes[end] === CR);
    if (isBlank && at < limit) {
      end = at + 1;
      inComment = bytes[end] === COLON;
      continue;
    }
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (next >= limit) break;
    if (bytes[next] !== LF) {
      if (inComment) break;
      continue;
    }
    if (!inComment) {
      if (bytes[bytes[at - 1] === CR ? at - 2 : at - 1] !== CLOSING_BRACE) break;
      frames++;
    }
    end = next + 1;
    inComment = bytes[end] === COLON;
    at = next;
  }
  return { end, frames };
}

/** The arrays' own search: the one that a buffer has in its place takes half as long again for a single byte. */
const placeOf = Uint8Array.prototype.indexOf;

/** Half an event, as a dying upstream writes it: no client could read it. What ends as JSON does is believed to be it. */
export function isBroken(raw: Uint8Array): boolean {
  let end = raw.length;
  while (raw[end - 1] === LF || raw[end - 1] === CR) end--;
  if (raw[end - 1] === CLOSING_BRACE) return false;
  const data = parseFrames(raw)[0]?.data.trim() ?? '';
  return data !== '' && data !== '[DONE]' && tryParseJson(data) === undefined;
}

/**
 * The frame with its data edited; as it is when its data is no JSON object, which an edit may be the first to see: not
 * every frame has been parsed before it comes here.
 */
export function editJson(raw: Uint8Array, edit: (json: Uint8Array) => Uint8Array): Uint8Array {
  const buffer = bufferOf(raw);
  const dataAt = buffer.indexOf('data:');
  const open = buffer.indexOf('{', dataAt);
  const close = buffer.lastIndexOf('}') + 1;
  if (dataAt === -1 || open === -1 || close <= open) return raw;
  const json = raw.subarray(open, close);
  if (json.includes(LF) || json.includes(CR)) return editLines(raw, edit);
  try {
    const edited = edit(json);
    return edited === json ? raw : Buffer.concat([raw.subarray(0, open), edited, raw.subarray(close)]);
  } catch {
    return raw;
  }
}

/** Data in several lines becomes one: in JSON a line can only end between two tokens. */
function editLines(raw: Uint8Array, edit: (json: Uint8Array) => Uint8Array): Uint8Array {
  const [frame] = parseFrames(raw);
  if (!frame || !isObject(tryParseJson(frame.data))) return raw;
  const edited = edit(Buffer.from(frame.data.replaceAll('\n', '')));
  return Buffer.from(writeFrame(Buffer.from(edited).toString('utf8'), frame.event));
}

const LF = 10;
const CR = 13;
const COLON = 58;
const CLOSING_BRACE = 125;
