// What the operator should know of the deployments that are left alone for the moment.

import { sameName } from '../catalog/name.ts';
import type { ModelIndex } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import { type Candidate, everyCandidate } from './candidate.ts';
import type { Health, Trouble } from './health.ts';

export type AilingPorts = { config: Pick<Config, 'providers'>; models: ModelIndex; health: Health };

/** Deployments of the configuration that are left alone now, the longest first; mostly none. */
export function ailing({ config, models, health }: AilingPorts): Trouble[] {
  if (health.isCalm) return [];
  const candidates: Candidate[] = [];
  for (const id of models.models.keys()) {
    const resolution = models.byName.get(sameName(id));
    if (resolution) candidates.push(...everyCandidate(resolution, config.providers));
  }
  return health.troubles(candidates);
}

/** The same as a check of `/health/ready`, for everybody's eyes: how many, not which. */
export function ailingWarning(ports: AilingPorts): Record<string, string> {
  const { length } = ailing(ports);
  if (length === 0) return {};
  const which = length === 1 ? '1 deployment fails and is' : `${length} deployments fail and are`;
  return { providers: `${which} left alone for now; GET /admin/health shows which` };
}
