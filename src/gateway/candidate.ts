// The deployments that may answer a call, in the order they are tried.

import type { FormatId } from '../canonical/part.ts';
import type { Deployment } from '../catalog/model.ts';
import type { Provider } from '../providers/provider.ts';
import type { Call } from './call.ts';

/** One deployment with the provider that runs it. */
export type Candidate = { deployment: Deployment; provider: Provider };

/** What a candidate can be asked in, preferred one first. */
export function formatsOf({ deployment, provider }: Candidate): FormatId[] {
  return deployment.format === undefined ? provider.formats : [deployment.format];
}

/** All candidates of the call, best first. */
export function candidatesOf(call: Call, providers: ReadonlyMap<string, Provider>): Candidate[] {
  const candidates: Candidate[] = [];
  for (const deployment of call.resolution.deployments) {
    const provider = providers.get(deployment.provider);
    if (provider) candidates.push({ deployment, provider });
  }
  return candidates;
}

/** Some deployment speaks another format than the client. */
export function mayTranslate(call: Call, providers: ReadonlyMap<string, Provider>): boolean {
  return candidatesOf(call, providers).some((candidate) => !formatsOf(candidate).includes(call.codec.id));
}
