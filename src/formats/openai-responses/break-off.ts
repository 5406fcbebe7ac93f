// Ends a stream whose own frames went through untouched, the way every client of the format understands.

import type { Fault } from '../../canonical/fault.ts';
import { asArray, asNumber, isObject, type JsonObject } from '../../lib/json.ts';
import { writeFrame } from '../../lib/sse.ts';
import { errorMembers, failedError } from './errors.ts';

/**
 * See `Codec.breakOff`. The failed response keeps the id the stream began with, since clients check it. Nothing has
 * gone out yet: the answer is created first, because a bare `error` event is lost on coding agents.
 */
export function breakOff(
  fault: Fault,
  seen: { first: JsonObject | undefined; frames: number; requestId: string },
): string {
  const begun = seen.first?.response;
  const base = isObject(begun) ? begun : blankResponse(seen.requestId);
  const failed = {
    ...base,
    output: asArray(base.output),
    status: 'failed',
    error: failedError(fault),
    incomplete_details: null,
    // what breaks off costs nothing
    usage: null,
  };
  const begin = asNumber(seen.first?.sequence_number) ?? 0;
  const hasBegun = seen.frames > 0 && seen.first !== undefined;
  const next = hasBegun ? begin + seen.frames : 1;
  return [
    hasBegun ? '' : frame('response.created', 0, { response: base }),
    frame('error', next, errorMembers(fault)),
    frame('response.failed', next + 1, { response: failed }),
  ].join('');
}

function frame(type: string, sequence_number: number, members: JsonObject): string {
  return writeFrame(JSON.stringify({ type, sequence_number, ...members }), type);
}

function blankResponse(requestId: string): JsonObject {
  const id = requestId.replace(/[^A-Za-z0-9_-]/g, '');
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 0,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: '',
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    usage: null,
  };
}
