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
 * The head, a text of latin1. `headers` by name in any spelling; those that say where a request ends and who it is for
 * are left out. Throws a TypeError that names the header for one that would not arrive as it is.
 */
export function writeHead(
  target: string,
  headers: Readonly<Record<string, string>>,
  bodyLength: number,
): string {
  let head = target;
  let isEncodingChosen = false;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name)) throw new TypeError('Invalid header name.');
    if (BAD_VALUE.test(value)) throw new TypeError(`Header ${name} has an invalid value.`);
    const lower = name.toLowerCase();
    if (OWN.has(lower)) continue;
    isEncodingChosen ||= lower === 'accept-encoding';
    head += `${name}: ${value}\r\n`;
  }
  // what is compressed would have to be taken apart before anything could be read of it
  if (!isEncodingChosen) head += 'accept-encoding: identity\r\n';
  return `${head}content-length: ${bodyLength}\r\n\r\n`;
}
