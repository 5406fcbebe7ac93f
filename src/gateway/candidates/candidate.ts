// The deployments that may answer a call, in the order they are listed.

import { Fault } from '../../canonical/fault.ts';
import type { FormatId } from '../../canonical/part.ts';
import type { Deployment } from '../../catalog/model.ts';
import type { Resolution } from '../../catalog/resolve.ts';
import { hasTags } from '../../catalog/tags.ts';
import { givesOne } from '../../formats/pass-edits.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Key } from '../../store/ports.ts';
import type { Call } from '../call.ts';

/** One deployment with the provider that runs it. */
export type Candidate = { deployment: Deployment; provider: Provider };

/** What a candidate can be asked in, preferred one first. */
export function formatsOf({ deployment, provider }: Candidate): FormatId[] {
  return deployment.format === undefined ? provider.formats : [deployment.format];
}

/** All candidates of the call that its key may be sent to. */
export function candidatesOf(call: Call, providers: ReadonlyMap<string, Provider>): readonly Candidate[] {
  const all = everyCandidate(call.resolution, providers);
  const { requireTags } = call.key;
  return requireTags === undefined
    ? all
    : all.filter(({ deployment, provider }) => hasTags(deployment, provider, requireTags));
}

/** Every deployment that can be called, whoever asks. Made once per configuration. */
export function everyCandidate(
  resolution: Resolution,
  providers: ReadonlyMap<string, Provider>,
): readonly Candidate[] {
  const known = lists.get(resolution);
  if (known) return known;
  const candidates: Candidate[] = [];
  for (const deployment of resolution.deployments) {
    const provider = providers.get(deployment.provider);
    if (provider) candidates.push({ deployment, provider });
  }
  lists.set(resolution, candidates);
  return candidates;
}

const lists = new WeakMap<Resolution, readonly Candidate[]>();

/** Throws Fault `model_not_allowed` when the key requires what no deployment of the model has. */
export function refuseTags(
  { requireTags }: Key,
  resolution: Resolution,
  providers: ReadonlyMap<string, Provider>,
): void {
  if (requireTags === undefined) return;
  const candidates = everyCandidate(resolution, providers);
  // only other models answer in its place, and each of those is looked at when its turn comes
  if (candidates.length === 0) return;
  if (candidates.some(({ deployment, provider }) => hasTags(deployment, provider, requireTags))) return;
  throw new Fault(
    'model_not_allowed',
    `This API key may only be answered by deployments with the tags ${requireTags.join(', ')}, and this model has none. GET /v1/models lists what it may use.`,
    { param: 'model' },
  );
}

/** Some deployment would be asked for several answers by a request each. */
export function mayAskApart(call: Call, providers: ReadonlyMap<string, Provider>): boolean {
  const { id } = call.codec;
  return candidatesOf(call, providers).some(
    (candidate) => !formatsOf(candidate).includes(id) || givesOne(id, candidate.provider.quirks.refuses),
  );
}
