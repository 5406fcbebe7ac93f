// Server-held threads of the Messages format, which a gateway with several accounts cannot keep.

import { Fault } from '../../canonical/fault.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';

/**
 * Throws Fault `thread_unsupported_request` for a body that begins or continues a thread: it would die with the
 * next credential or provider. Anthropic's SDK reads exactly this code and sends the whole conversation instead.
 */
export function refuseThread(body: JsonObject): void {
  if (!isObject(body.thread)) return;
  throw new Fault(
    'thread_unsupported_request',
    'Server-held threads are not available for this model; send the whole conversation.',
    { param: 'thread', details: { error_code: 'thread_unsupported_request', unsupported: ['gateway'] } },
  );
}
