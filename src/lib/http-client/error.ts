// Why an exchange with a server failed.

/**
 * `code` is an errno (`ECONNRESET`), a TLS one (`CERT_HAS_EXPIRED`), or `Malformed_HTTP_Response`,
 * `ResponseHeadersTooLarge`, `ZlibError`, `BrotliDecompressionError`, `ZstdDecompressionError`, as Bun's own client
 * names them. The message holds no address.
 */
export class HttpError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function malformed(why: string): HttpError {
  return new HttpError('Malformed_HTTP_Response', `Not HTTP: ${why}.`);
}

export function brokenOff(): HttpError {
  return new HttpError('ECONNRESET', 'The server closed the connection before its answer was complete.');
}
