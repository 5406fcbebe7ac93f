// Members of Chat that a vendor answers with a 400: they stay here, and the losses say so.

import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import { unsupported } from './parts.ts';

/** What each member says, by the name under which the client's own member is remembered. */
const CONTROLS: Record<string, string> = {
  frequency_penalty: 'sampling.frequencyPenalty',
  presence_penalty: 'sampling.presencePenalty',
  logit_bias: 'sampling.logitBias',
  logprobs: 'sampling.logprobs',
  top_logprobs: 'sampling.topLogprobs',
  seed: 'sampling.seed',
  n: 'sampling.n',
  parallel_tool_calls: 'parallelTools',
  verbosity: 'verbosity',
  prompt_cache_key: 'cache.key',
  prompt_cache_retention: 'cache.retention',
  user: 'userId',
  safety_identifier: 'safetyId',
  service_tier: 'serviceTier',
};

/** Throws Fault `unsupported_parameter` for several answers at once: one would not be what was asked for. */
export function dropRefused(
  body: JsonObject,
  { origin }: CanonicalRequest,
  target: Target,
  losses: Loss[],
): void {
  for (const name of target.refuses ?? []) {
    if (!(name in body)) continue;
    const path = origin[CONTROLS[name] ?? name] ?? name;
    if (name === 'n' && body.n !== 1)
      throw unsupported(path, 'it gives one answer a request; send several requests');
    if (name !== 'n') losses.push({ path, action: 'dropped', reason: 'the provider refuses it' });
    delete body[name];
  }
}
