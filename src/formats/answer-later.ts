// Refuses requests whose answer the client would fetch from the provider later, out of the gateway's sight.

import { Fault } from '../canonical/fault.ts';
import type { JsonObject } from '../lib/json.ts';

/**
 * Throws Fault `unsupported_parameter` where `member` is set. The provider would go on working, and its bill growing,
 * for an answer that nobody could fetch here and whose tokens nobody would count.
 */
export function refuseLater(body: JsonObject, member: 'background' | 'deferred'): void {
  if (body[member] !== true) return;
  const message = `\`${member}\` is not available here; leave it out and stream instead.`;
  throw new Fault('unsupported_parameter', message, { param: member });
}
