// The first part of an answer: its status line and headers (RFC 9112 4 and 5).

import type { HeaderValues } from '../header-values.ts';
import { HttpError, malformed } from './error.ts';

/** Bytes; larger ones are refused. */
const HEAD_BYTES_MAX = 64 * 1024;

/** `HTTP/1.1 200 OK`; the words behind the status may be missing with the blank before them. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r?$)/;

/** Where some end a line or a text, and others do not (RFC 9110 5.5). */
const BROKEN_LINE = /\0|\r(?!\n)/;

/**
 * Where the bytes of a head end, the blank line included; -1 when more have to come. Lines may end without a carriage
 * return (RFC 9112 2.2). `from` bytes have been looked at before. Throws HttpError `ResponseHeadersTooLarge`, and
 * `Malformed_HTTP_Response` as soon as what came cannot be the beginning of any.
 */
export function endOfHead(bytes: Buffer, from: number): number {
  const end = blankLineIn(bytes, Math.max(0, from - 3));
  if (end === -1 && !VERSION.startsWith(bytes.toString('latin1', 0, VERSION.length)))
    throw malformed('no status line');
  if ((end === -1 ? bytes.length : end) > HEAD_BYTES_MAX)
    throw new HttpError(
      'ResponseHeadersTooLarge',
      `The head of the answer is larger than ${HEAD_BYTES_MAX} bytes.`,
    );
  return end;
}

function blankLineIn(bytes: Buffer, from: number): number {
  const firstLine = bytes.indexOf(LF);
  if (firstLine === -1) return -1;
  if (bytes[firstLine - 1] !== CR) return bareBlankLineIn(bytes, from);
  const at = bytes.indexOf(END, from);
  return at === -1 ? -1 : at + END.length;
}

/** The lines behind a bare one may end either way, as those of programs behind a server do. */
function bareBlankLineIn(bytes: Buffer, from: number): number {
  const found = /\n\r?\n/.exec(bytes.toString('latin1', from));
  return found === null ? -1 : from + found.index + found[0].length;
}

const VERSION = 'HTTP/1.';
const LF = 0x0a;
const CR = 0x0d;
const END = Buffer.from('\r\n\r\n');

/** Headers are searched when they are asked for: most of the many that providers send are never read. */
export class ResponseHead implements HeaderValues {
  readonly status: number;
  /** Of HTTP/1.x. */
  readonly minor: 0 | 1;
  readonly #text: string;
  readonly #lower: string;

  /** `text` in latin1, up to the blank line. Throws HttpError `Malformed_HTTP_Response`. */
  constructor(text: string) {
    const line = text.indexOf('\n');
    const told = STATUS_LINE.exec(text.slice(0, line));
    if (told === null) throw malformed('no status line');
    this.minor = told[1] === '0' ? 0 : 1;
    this.status = Number(told[2]);
    if (BROKEN_LINE.test(text)) throw malformed('a header that others would read otherwise');
    checkLines(text, line + 1);
    this.#text = text;
    this.#lower = text.toLowerCase();
  }

  get(name: string): string | null {
    const line = lineOf(name);
    let found: string | null = null;
    for (let at = this.#lower.indexOf(line); at !== -1; at = this.#lower.indexOf(line, at + 1)) {
      const from = at + line.length;
      const value = this.#text.slice(from, this.#text.indexOf('\n', from)).trim();
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }
}

/** How the line of a header begins, by its name as it was asked for: the same few are asked for in every answer. */
const lines = new Map<string, string>();
const LINES_MAX = 1_000;

function lineOf(name: string): string {
  const known = lines.get(name);
  if (known !== undefined) return known;
  const line = `\n${name.toLowerCase()}:`;
  if (lines.size >= LINES_MAX) lines.clear();
  lines.set(name, line);
  return line;
}

/** Each is a name, a colon right behind it, and a value; lines that go on from those before are long forbidden. */
function checkLines(text: string, from: number): void {
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const colon = text.indexOf(':', at);
    const isBlank = end === at || (end === at + 1 && text.charCodeAt(at) === CR);
    if (isBlank && end === text.length - 1) return;
    const isHeader =
      colon > at && colon < end && !isSpace(text.charCodeAt(at)) && !isSpace(text.charCodeAt(colon - 1));
    if (!isHeader) throw malformed('a header without a name');
    at = end + 1;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
