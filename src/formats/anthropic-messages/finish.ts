// Stop reasons of the Messages format, read and written.

import type { Finish } from '../../canonical/response.ts';
import { asString, type JsonObject, type JsonValue } from '../../lib/json.ts';

const REASONS = new Map<string, Finish['reason']>([
  ['end_turn', 'end'],
  ['stop_sequence', 'stop-sequence'],
  ['tool_use', 'tool'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  ['compaction', 'compaction'],
]);

/**
 * Reads `stop_reason`, `stop_sequence` and `stop_details`, which a message and a `message_delta` share. `called`
 * tells whether the answer holds a call the client must run: some vendors end those with `end_turn`.
 */
export function decodeFinish(stop: JsonObject, called: boolean): Finish {
  const raw = asString(stop.stop_reason);
  const known = REASONS.get(raw ?? '') ?? 'end';
  // whatever else it waits for, it waits for the client first
  const waits = called && (known === 'end' || known === 'pause');
  const finish: Finish = { reason: waits ? 'tool' : known };
  if (raw !== undefined) finish.raw = raw;
  const sequence = asString(stop.stop_sequence);
  if (sequence !== undefined && finish.reason === 'stop-sequence') finish.stopSequence = sequence;
  const details = stop.stop_details;
  if (typeof details === 'object' && details !== null && !Array.isArray(details)) {
    const explanation = asString(details.explanation);
    const category = asString(details.category);
    if (explanation !== undefined) finish.explanation = explanation;
    if (category !== undefined) finish.category = category;
  }
  return finish;
}

/** The three stop members. `called` tells whether the answer holds a call: agents look for one behind `tool_use`. */
export function encodeFinish(
  finish: Finish,
  called: boolean,
): {
  stop_reason: string;
  stop_sequence: string | null;
  stop_details: JsonValue;
} {
  const reason = encodeReason(finish.reason === 'tool' && !called ? 'end' : finish.reason);
  const sequence = reason === 'stop_sequence' ? (finish.stopSequence ?? null) : null;
  const { category = null, explanation = null } = finish;
  const details = reason === 'refusal' ? { type: 'refusal', category, explanation } : null;
  return { stop_reason: reason, stop_sequence: sequence, stop_details: details };
}

function encodeReason(reason: Finish['reason']): string {
  switch (reason) {
    case 'end':
    case 'bad-tool':
    // `compaction` is a beta word that clients without that beta do not know
    case 'compaction':
      return 'end_turn';
    case 'stop-sequence':
      return 'stop_sequence';
    case 'tool':
      return 'tool_use';
    case 'length':
      return 'max_tokens';
    case 'context':
      return 'model_context_window_exceeded';
    case 'filter':
    case 'refusal':
      return 'refusal';
    case 'pause':
      return 'pause_turn';
    default:
      return reason satisfies never;
  }
}
