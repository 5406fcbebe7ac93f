// The line that each failed call has in the operator's log.

import type { Fault, FaultCode } from '../canonical/fault.ts';
import { log } from '../lib/log.ts';
import type { Call } from './call.ts';

/** The log has a line of its own for what they all have in common. */
const TOLD_ONCE: ReadonlySet<FaultCode> = new Set(['overloaded', 'paused', 'draining']);

/**
 * Tells of a fault that is not the client's own. `call` is absent where none was admitted; `isBegun`: the answer had
 * begun, and its client was told by an error in the stream.
 */
export function logFailure(
  { status, code, cause }: Fault,
  requestId: string,
  call: Call | undefined,
  { isBegun }: { isBegun: boolean },
): void {
  if (status < 500 || TOLD_ONCE.has(code)) return;
  log.warn(isBegun ? 'stream failed' : 'request failed', {
    requestId,
    model: call?.model.id,
    provider: call?.trace.asking,
    code,
    cause,
  });
}
