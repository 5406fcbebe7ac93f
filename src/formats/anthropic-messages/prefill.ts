// The beginning of an answer that a Messages client writes itself, which other formats cannot continue.

import { Fault } from '../../canonical/fault.ts';
import { asArray, asObject, type JsonObject } from '../../lib/json.ts';

/**
 * Throws Fault `unsupported_parameter` for a body that ends in words of the assistant: its client puts the answer
 * behind them, and a model that begins anew would say them twice. A turn that ends in calls is no beginning.
 */
export function refusePrefill(body: JsonObject): void {
  const messages = asArray(body.messages);
  const last = asObject(messages.at(-1));
  if (last.role !== 'assistant') return;
  if (asArray(last.content).some((block) => asObject(block).type === 'tool_use')) return;
  const param = `messages[${messages.length - 1}]`;
  throw new Fault(
    'unsupported_parameter',
    `This model cannot continue an answer that has been begun; end the conversation with a user message instead of \`${param}\`.`,
    { param },
  );
}
