// What the operator should know of the deployments that are left alone for the moment.

import { sameName } from '../../catalog/name.ts';
import type { ModelIndex } from '../../catalog/resolve.ts';
import type { Config } from '../../config/config.ts';
import { type Candidate, everyCandidate } from '../candidates/candidate.ts';
import type { Health, Trouble } from './health.ts';

export type AilingPorts = { config: Pick<Config, 'providers'>; models: ModelIndex; health: Health };

/** Deployments of the configuration that are left alone now, the longest first; mostly none. The sandbox fails to order. */
export function ailing(ports: AilingPorts): Trouble[] {
  if (ports.health.isCalm) return [];
  return ports.health.troubles(allCandidates(ports).filter(({ provider }) => !provider.builtIn));
}

/** Lets go of what is known of deployments that are no longer in the configuration. */
export function forgetGone(ports: AilingPorts): void {
  ports.health.keepOnly(allCandidates(ports));
}

function allCandidates({ config, models }: AilingPorts): Candidate[] {
  return [...models.models.keys()].flatMap((id) => {
    const resolution = models.byName.get(sameName(id));
    return resolution ? everyCandidate(resolution, config.providers) : [];
  });
}

/** The same as a check of `/health/ready`, for everybody's eyes: how many, not which. */
export function ailingWarning(ports: AilingPorts): Record<string, string> {
  const { length } = ailing(ports);
  if (length === 0) return {};
  const which = length === 1 ? '1 deployment fails and is' : `${length} deployments fail and are`;
  return {
    providers: `${which} left alone for now; \`osiris alerts list\` or GET /admin/health shows which`,
  };
}
