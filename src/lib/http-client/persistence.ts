// How long a connection may be used again behind an answer (RFC 9112 9.3).

import type { ResponseHead } from './response-head.ts';

/** Servers and what stands before them seldom keep an idle connection for less; most for longer. */
const KEEP_MS = 60_000;
/** A request must not arrive at the moment at which the server closes. */
const MARGIN_MS = 1_000;

/** Milliseconds from the end of the answer; 0: not at all. */
export function keepMsOf(head: ResponseHead): number {
  const connection = head.get('connection') ?? '';
  if (/(?:^|,)\s*close\s*(?:,|$)/i.test(connection)) return 0;
  if (head.minor === 0 && !/(?:^|,)\s*keep-alive\s*(?:,|$)/i.test(connection)) return 0;
  // where an answer ends is then told in two ways (RFC 9112 6.3)
  if (head.get('transfer-encoding') !== null && head.get('content-length') !== null) return 0;
  const seconds = /(?:^|[,;\s])timeout\s*=\s*"?(\d+)/i.exec(head.get('keep-alive') ?? '')?.[1];
  return seconds === undefined ? KEEP_MS : Math.min(KEEP_MS, Math.max(0, Number(seconds) * 1000 - MARGIN_MS));
}
