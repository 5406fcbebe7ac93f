// Why an answer ended, between Chat's `finish_reason` and the canonical reasons.

import { Fault } from '../../canonical/fault.ts';
import type { Finish } from '../../canonical/response.ts';
import { entryOf } from '../../lib/json.ts';

const REASONS: Record<string, Finish['reason']> = {
  stop: 'end',
  eos: 'end',
  end: 'end',
  length: 'length',
  model_length: 'length',
  max_tokens: 'length',
  content_filter: 'filter',
  sensitive: 'filter',
};

/** What kinds of parts an answer has. */
export type Shown = { calls: boolean; texts: boolean; refusals: boolean };

/**
 * The reason behind a `finish_reason`. Calls present mean `tool` whatever the word, save that a cut or filtered
 * answer stays one: its last call is usually broken. OpenAI says `stop` also of an answer that is nothing but a
 * refusal. Throws `bad_gateway` for words that report a failure.
 */
export function decodeFinish(raw: string | undefined, { calls, texts, refusals }: Shown): Finish {
  if (raw === 'error' || raw === 'insufficient_system_resource') {
    throw new Fault('bad_gateway', 'The provider broke off the answer; try again.');
  }
  const known = raw === undefined ? 'end' : entryOf(REASONS, raw);
  const saysTool = raw === 'tool_calls' || raw === 'function_call';
  const isCut = known === 'length' || known === 'filter';
  const reason = isCut ? known : calls || saysTool ? 'tool' : 'end';
  // ours say `content_filter` of a refusal, as no word of the format means just that
  if (refusals && !texts && (reason === 'end' || reason === 'filter'))
    return raw === undefined ? { reason: 'refusal' } : { reason: 'refusal', raw };
  return raw === undefined ? { reason } : { reason, raw };
}

/** The word for a Chat client; agents only run calls they got when it says `tool_calls`. */
export function encodeFinish(finish: Finish, hasCalls: boolean): string {
  switch (finish.reason) {
    case 'length':
    case 'context':
    case 'pause':
      return 'length';
    case 'filter':
    case 'refusal':
      return 'content_filter';
    case 'bad-tool':
      return 'stop';
    case 'end':
    case 'stop-sequence':
    case 'tool':
    case 'compaction':
      return hasCalls ? 'tool_calls' : 'stop';
    default:
      return finish.reason satisfies never;
  }
}
