// Tags of deployments, such as a region or a data policy, and keys that require them.

import type { Provider } from '../providers/provider.ts';
import type { Deployment } from './model.ts';

/** The deployment has every one of the tags, of its own or of its provider; undefined requires none. */
export function hasTags(
  deployment: Deployment,
  provider: Provider,
  required: readonly string[] | undefined,
): boolean {
  return required?.every((tag) => deployment.tags?.includes(tag) || provider.tags?.includes(tag)) ?? true;
}
