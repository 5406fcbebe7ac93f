// Where the body of an answer ends (RFC 9112 6.3).

import { ChunkedFraming } from './chunked.ts';
import { malformed } from './error.ts';
import { type Framing, OpenFraming, SizedFraming } from './framing.ts';
import type { ResponseHead } from './response-head.ts';

/** How the body behind this head is framed. Throws HttpError `Malformed_HTTP_Response`. */
export function framingOf(head: ResponseHead): Framing {
  if (head.status === 204 || head.status === 304) return new SizedFraming(0);
  const codings = head.get('transfer-encoding');
  // wins over a length beside it
  if (codings !== null && !/^identity$/i.test(codings))
    return /(?:^|,)[ \t]*chunked$/i.test(codings) ? new ChunkedFraming() : new OpenFraming();
  const length = head.get('content-length');
  return length === null ? new OpenFraming() : new SizedFraming(lengthOf(length));
}

/** The same length may be told several times. */
function lengthOf(told: string): number {
  const [, first] = /^(\d+)(?:[ \t]*,[ \t]*\1)*$/.exec(told) ?? [];
  const length = Number(first);
  if (!Number.isSafeInteger(length)) throw malformed('an unclear content-length');
  return length;
}
