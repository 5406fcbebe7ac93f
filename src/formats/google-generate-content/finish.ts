// Why an answer ended, between Google's `finishReason` and the canonical reasons.

import { Fault } from '../../canonical/fault.ts';
import type { Finish } from '../../canonical/response.ts';
import { entryOf } from '../../lib/json.ts';

const REASONS: Record<string, Finish['reason']> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  CONTINUATION: 'length',
  SAFETY: 'filter',
  RECITATION: 'filter',
  BLOCKLIST: 'filter',
  PROHIBITED_CONTENT: 'filter',
  SPII: 'filter',
  LANGUAGE: 'filter',
  MODEL_ARMOR: 'filter',
  IMAGE_SAFETY: 'filter',
  IMAGE_PROHIBITED_CONTENT: 'filter',
  IMAGE_RECITATION: 'filter',
  MALFORMED_FUNCTION_CALL: 'bad-tool',
  UNEXPECTED_TOOL_CALL: 'bad-tool',
  TOO_MANY_TOOL_CALLS: 'bad-tool',
  MALFORMED_RESPONSE: 'bad-tool',
};

/** What an answer was when it ended. */
export type Ended = {
  reason: string | undefined;
  /** `finishMessage`, Google's own words. */
  message: string | undefined;
  /** What Google goes on by when it is sent. */
  continuation: string | undefined;
  /** `promptFeedback.blockReason`: there is no answer because of the prompt. */
  blocked: string | undefined;
  hasCalls: boolean;
  isEmpty: boolean;
};

/** The finish, or the fault that an end for unknown reasons without any output is. */
export function decodeFinish(ended: Ended): Finish | Fault {
  const { reason, message, continuation, blocked, hasCalls, isEmpty } = ended;
  const said = message === undefined ? {} : { explanation: message };
  // a blocked prompt must not look like a success with an empty text
  if (blocked !== undefined && reason === undefined) return { reason: 'filter', raw: blocked, ...said };
  if (reason === undefined) return { reason: hasCalls ? 'tool' : 'end' };
  const known = entryOf(REASONS, reason);
  if (known === undefined && isEmpty)
    return new Fault('bad_gateway', 'The provider ended without an answer; try again.', { cause: reason });
  if (known === undefined || known === 'end') return { reason: hasCalls ? 'tool' : 'end', raw: reason };
  if (reason === 'CONTINUATION' && continuation !== undefined)
    return { reason: known, raw: reason, continuation };
  return known === 'filter' || known === 'bad-tool'
    ? { reason: known, raw: reason, ...said }
    : { reason: known, raw: reason };
}

/** The word for a client, with an explanation where there is one. */
export function encodeFinish(finish: Finish): { finishReason: string; finishMessage?: string } {
  const finishReason = wordFor(finish.reason);
  const { explanation } = finish;
  return explanation === undefined ? { finishReason } : { finishReason, finishMessage: explanation };
}

function wordFor(reason: Finish['reason']): string {
  switch (reason) {
    case 'end':
    case 'stop-sequence':
    case 'tool':
    case 'compaction':
      return 'STOP';
    case 'length':
    case 'context':
    case 'pause':
      return 'MAX_TOKENS';
    case 'filter':
    case 'refusal':
      return 'SAFETY';
    case 'bad-tool':
      return 'MALFORMED_FUNCTION_CALL';
    default:
      return reason satisfies never;
  }
}
