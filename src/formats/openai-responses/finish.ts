// Why an answer ended, both ways.

import type { CanonicalResponse, Finish } from '../../canonical/response.ts';
import { asObject, asString, entryOf, type JsonObject } from '../../lib/json.ts';

/** What kinds of parts an answer has. */
export type Shown = { calls: boolean; texts: boolean; refusals: boolean };

const INCOMPLETE: Record<string, Finish['reason']> = {
  max_output_tokens: 'length',
  content_filter: 'filter',
  max_messages: 'length',
  steered: 'pause',
};

/** `raw` is the reason of an incomplete answer, else its status. */
export function readFinish(response: JsonObject, status: string, shown: Shown): Finish {
  if (status === 'incomplete') {
    const raw = asString(asObject(response.incomplete_details).reason) ?? status;
    return { reason: entryOf(INCOMPLETE, raw) ?? 'length', raw };
  }
  if (shown.calls) return { reason: 'tool', raw: 'completed' };
  const isRefused = shown.refusals && !shown.texts;
  return { reason: isRefused ? 'refusal' : 'end', raw: 'completed' };
}

/** The reason of an incomplete answer, undefined for one that is complete. */
export function writeIncomplete(finish: CanonicalResponse['finish']): string | undefined {
  switch (finish.reason) {
    case 'length':
    case 'context':
    case 'pause':
      return 'max_output_tokens';
    case 'filter':
      return 'content_filter';
    case 'end':
    case 'stop-sequence':
    case 'tool':
    case 'refusal':
    case 'compaction':
    case 'bad-tool':
      return undefined;
    default:
      return finish.reason satisfies never;
  }
}
