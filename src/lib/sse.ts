// Reads and writes server-sent events (WHATWG HTML, section 9.2), byte-faithful and at any chunk size.

import { bufferOf } from './bytes.ts';
import { type JsonValue, tryParseJson } from './json.ts';

/** One dispatched event. `data` joins several data lines with LF; `event` is absent when no line named it. */
export type SseFrame = {
  event?: string;
  data: string;
  /** What `jsonOf` has read. */
  read?: { json: JsonValue | undefined };
};

const LF = 10;
const CR = 13;
const COLON = 58;

/** Larger frames are refused: legitimate ones (`response.completed`, inlined images) stay far below. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Cuts a byte stream at frame boundaries without looking into the frames. A boundary is a blank line in any of
 * the three line endings, wherever the chunks were cut.
 */
export class FrameSplitter {
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #lineEmpty = true;
  #blankLine = false;
  #afterCr = false;
  /** The stream ends its lines with CRLF, so a CR alone is only half a line end. */
  #endsInCrlf = false;

  /** Bytes of the frame that is not complete yet. */
  get pendingBytes(): number {
    return this.#tailBytes;
  }

  /** The bytes up to the last frame boundary seen so far, those of earlier calls in front; empty when none. */
  push(chunk: Uint8Array): Uint8Array {
    const cut = this.#lastBoundary(chunk);
    if (cut === 0) {
      if (chunk.length > 0) this.#keep(chunk);
      return EMPTY;
    }
    const head = cut === chunk.length ? chunk : chunk.subarray(0, cut);
    const whole = this.#tailBytes === 0 ? head : Buffer.concat([...this.#tail, head]);
    this.#tail = [];
    this.#tailBytes = 0;
    if (cut < chunk.length) this.#keep(chunk.subarray(cut));
    return whole;
  }

  /** What is left when the stream has ended: an unterminated frame, or nothing. */
  rest(): Uint8Array {
    const rest = Buffer.concat(this.#tail);
    this.#tail = [];
    this.#tailBytes = 0;
    return rest;
  }

  #keep(bytes: Uint8Array): void {
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
  }

  /** Index behind the last boundary in the chunk, 0 when there is none. */
  #lastBoundary(chunk: Uint8Array): number {
    if (!this.#afterCr && !this.#endsInCrlf && !chunk.includes(CR)) return this.#lastLfBoundary(chunk);
    let cut = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === LF && this.#afterCr) {
        // second half of CRLF: the line has ended already, its boundary waits for this byte
        this.#afterCr = false;
        this.#endsInCrlf = true;
        if (this.#blankLine) cut = i + 1;
        continue;
      }
      this.#afterCr = byte === CR;
      if (byte === LF || byte === CR) {
        this.#blankLine = this.#lineEmpty;
        if (this.#lineEmpty && !(byte === CR && this.#endsInCrlf)) cut = i + 1;
        this.#lineEmpty = true;
      } else {
        this.#lineEmpty = false;
        // jump to the next line end at native speed
        i = nextLineEnd(chunk, i + 1) - 1;
      }
    }
    return cut;
  }

  /** The same for the common stream without any CR, at native speed. */
  #lastLfBoundary(chunk: Uint8Array): number {
    if (chunk.length === 0) return 0;
    const isEnd = chunk[chunk.length - 1] === LF && chunk[chunk.length - 2] === LF;
    // most chunks are whole frames
    const blank = isEnd ? chunk.length - 2 : bufferOf(chunk).lastIndexOf(BLANK_LINE);
    const beginsBlank = this.#lineEmpty && chunk[0] === LF;
    this.#lineEmpty = chunk[chunk.length - 1] === LF;
    if (blank !== -1) return blank + 2;
    return beginsBlank ? 1 : 0;
  }
}

const EMPTY = new Uint8Array(0);
const BLANK_LINE = Buffer.from('\n\n');

function lineFeed(bytes: Uint8Array, from: number): number {
  const lf = bytes.indexOf(LF, from);
  return lf === -1 ? bytes.length : lf;
}

function nextLineEnd(bytes: Uint8Array, from: number): number {
  const end = lineFeed(bytes, from);
  const cr = bytes.subarray(from, end).indexOf(CR);
  return cr === -1 ? end : from + cr;
}

/** Says of whole-frame bytes where the raw frame that begins at an index ends, its blank line included. */
export function frameEndIn(bytes: Uint8Array): (start: number) => number {
  const hasCr = bytes.includes(CR);
  return (start) => {
    for (let at = start; at < bytes.length; ) {
      const lineAt = at;
      const end = hasCr ? nextLineEnd(bytes, at) : lineFeed(bytes, at);
      at = end + (hasCr && bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
      if (end === lineAt) return Math.min(at, bytes.length);
    }
    return bytes.length;
  };
}

/** Where each raw frame of whole-frame bytes ends. */
export function frameEnds(bytes: Uint8Array): number[] {
  const endOf = frameEndIn(bytes);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    at = endOf(at);
    ends.push(at);
  }
  return ends;
}

/** Parses whole frames (as a splitter cuts them). Comments, ids and unknown fields are left out. */
export function parseFrames(bytes: Uint8Array): SseFrame[] {
  const text = decoder.decode(bytes);
  const frames: SseFrame[] = [];
  let event: string | undefined;
  let data: string | undefined;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const hasCr = text.includes('\r');
  const flush = () => {
    if (data !== undefined) frames.push(event === undefined ? { data } : { event, data });
    event = undefined;
    data = undefined;
  };
  while (at < text.length) {
    const end = lineEnd(text, at, hasCr);
    if (end === at) flush();
    else if (text.startsWith(USUAL_NAME, at)) {
      const value = text.slice(at + USUAL_NAME.length, end);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (text.charCodeAt(at) !== COLON) {
      const colon = text.indexOf(':', at);
      const nameEnd = colon === -1 || colon > end ? end : colon;
      const valueAt = nameEnd === end ? end : nameEnd + (text.charCodeAt(nameEnd + 1) === 32 ? 2 : 1);
      const name = text.slice(at, nameEnd);
      if (name === 'data') {
        const value = text.slice(valueAt, end);
        data = data === undefined ? value : `${data}\n${value}`;
      } else if (name === 'event') event = text.slice(valueAt, end);
    }
    at = end + (text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? 2 : 1);
  }
  flush();
  return frames;
}

/** What nearly every line begins with. */
const USUAL_NAME = 'data: ';
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function lineEnd(text: string, from: number, hasCr: boolean): number {
  const lf = text.indexOf('\n', from);
  const end = lf === -1 ? text.length : lf;
  if (!hasCr) return end;
  const cr = text.indexOf('\r', from);
  return cr !== -1 && cr < end ? cr : end;
}

/** The data as JSON, undefined when it is none. Parsed once, whoever asks how often; nobody may change it. */
export function jsonOf(frame: SseFrame): JsonValue | undefined {
  frame.read ??= { json: tryParseJson(frame.data.trim()) };
  return frame.read.json;
}

/** One frame on the wire. `data` must be one line, as JSON always is. */
export function writeFrame(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
