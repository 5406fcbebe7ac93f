// The candidates of a call with what speaks for and against each, for people.

import { toFault } from '../canonical/fault.ts';
import type { ModelIndex } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import type { Call } from './call.ts';
import { type Candidate, candidatesOf } from './candidate.ts';
import { ableCandidates } from './search.ts';

/** `obstacle` says why it is not tried at all. */
export type Choice = { candidate: Candidate; reasons: string[]; obstacle: string | undefined };

/** In the order they would be tried. Changes nothing. */
export function choicesOf(
  call: Call,
  { config, models }: { config: Pick<Config, 'providers'>; models: ModelIndex },
): Choice[] {
  const candidates = candidatesOf(call, config.providers);
  const able = ableOnes(call, candidates, models);
  const ordered = [...able, ...candidates.filter((each) => !able.includes(each))];
  return ordered.map((candidate, index) => ({
    candidate,
    reasons: reasonsOf(call, candidate, index),
    obstacle: able.includes(candidate) ? undefined : 'the request insists on a web search, which it has not',
  }));
}

function ableOnes(call: Call, candidates: Candidate[], models: ModelIndex): Candidate[] {
  try {
    return ableCandidates(call, candidates, models);
  } catch (thrown) {
    if (toFault(thrown).code !== 'unsupported_parameter') throw thrown;
    return [];
  }
}

function reasonsOf({ resolution }: Call, { provider }: Candidate, index: number): string[] {
  const reasons =
    index === 0
      ? ["it is the first of the model's deployments that can be called"]
      : ['it is asked when those before it fail'];
  if (resolution.pinned !== undefined) reasons.push('the name asks for this provider and no other');
  if (provider.credentials.length > 1) reasons.push(`its ${provider.credentials.length} keys take turns`);
  return reasons;
}
