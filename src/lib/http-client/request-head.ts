// The first part of a request: its line and headers (RFC 9112 3 and 5).

/** A method, a path and an authority as they stand in the first two lines. */
export type RequestTarget = { method: string; path: string; host: string };

/** The token of RFC 9110 5.6.2. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What ends a header, or has no byte in latin1. */
const BAD_VALUE = /[\0\r\n\u0100-\uffff]/;
/** These are ours. */
const OWN = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);

/** The first line with the host, which stay the same from request to request. */
export function writeTarget({ method, path, host }: RequestTarget): string {
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
}

/**
 * Writes the heads of requests that begin with the same two lines. Most of those to one URL differ in nothing but the
 * length of their body.
 */
export class HeadWriter {
  readonly #target: string;
  #last: { headers: Readonly<Record<string, string>>; bytes: Buffer } | undefined;

  /** `target` as `writeTarget` makes it. */
  constructor(target: string) {
    this.#target = target;
  }

  /** The whole head, with room for `bodyRoom` bytes behind its `length`. The headers may not change any more. */
  write(
    headers: Readonly<Record<string, string>>,
    bodyLength: number,
    bodyRoom = 0,
  ): { bytes: Buffer; length: number } {
    const last = this.#last && isSame(this.#last.headers, headers) ? this.#last : this.#begin(headers);
    const end = `content-length: ${bodyLength}\r\n\r\n`;
    const length = last.bytes.length + end.length;
    const bytes = Buffer.allocUnsafe(length + bodyRoom);
    bytes.set(last.bytes);
    bytes.write(end, last.bytes.length, 'latin1');
    return { bytes, length };
  }

  #begin(headers: Readonly<Record<string, string>>): { headers: typeof headers; bytes: Buffer } {
    const bytes = Buffer.from(this.#target + writeHeaders(headers), 'latin1');
    this.#last = { headers, bytes };
    return this.#last;
  }
}

function isSame(one: Readonly<Record<string, string>>, other: typeof one): boolean {
  let more = 0;
  for (const name in one) {
    if (one[name] !== other[name]) return false;
    more += 1;
  }
  for (const _ in other) more -= 1;
  return more === 0;
}

/**
 * Their lines, a text of latin1. `headers` by name in any spelling; those that say where a request ends and who it is
 * for are left out. Throws a TypeError that names the header for one that would not arrive as it is.
 */
function writeHeaders(headers: Readonly<Record<string, string>>): string {
  let lines = '';
  let isEncodingChosen = false;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name)) throw new TypeError('Invalid header name.');
    if (BAD_VALUE.test(value)) throw new TypeError(`Header ${name} has an invalid value.`);
    const lower = name.toLowerCase();
    if (OWN.has(lower)) continue;
    isEncodingChosen ||= lower === 'accept-encoding';
    lines += `${name}: ${value}\r\n`;
  }
  // what is compressed would have to be taken apart before anything could be read of it
  return isEncodingChosen ? lines : `${lines}accept-encoding: identity\r\n`;
}
