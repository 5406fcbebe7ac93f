// What a deployment can take of a call, by the price the call has.

import { isFree } from '../../billing/rates.ts';
import type { Deployment, Model, Price } from '../../catalog/model.ts';
import { targetOf } from '../../catalog/target.ts';
import type { Target } from '../../formats/codec.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Call } from '../call.ts';
import type { Candidate } from '../candidates/candidate.ts';

/** By deployment, for as long as nothing of it changes: they are the same for all calls. */
const targets = new WeakMap<
  Deployment,
  { of: { model: Model; provider: Provider; price: Price }; target: Target }
>();

/** The target that the deployment is now. */
export function targetFor({ model, price }: Call, { deployment, provider }: Candidate): Target {
  const known = targets.get(deployment);
  if (known?.of.price === price && known.of.model === model && known.of.provider === provider)
    return known.target;
  const priced = isFree(price)
    ? ({ tiers: 'every', geos: 'every' } as const)
    : { tiers: Object.keys(price.tiers ?? {}), geos: Object.keys(price.inferenceGeo ?? {}) };
  const target = targetOf(model, deployment, provider, priced);
  targets.set(deployment, { of: { model, provider, price }, target });
  return target;
}
