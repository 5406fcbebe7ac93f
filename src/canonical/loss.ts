// What a conversion could not carry, recorded so that nothing is lost silently.

import type { SourcePath } from './part.ts';

/**
 * `path` names the member in the client's own body. `action`: `dropped` is gone, `changed` is approximated,
 * `clamped` is cut to a limit, `moved` is carried at another place. `reason` is for a person; no values in it.
 */
export type Loss = { path: SourcePath; action: 'dropped' | 'changed' | 'clamped' | 'moved'; reason: string };

const HEADER_PATHS_MAX = 12;
const PATH_CHARS_MAX = 64;

/** Short form for the `X-Osiris-Losses` header: `3; dropped=seed,logit_bias; clamped=temperature`. */
export function lossHeader(losses: Loss[]): string {
  const byAction = new Map<string, string[]>();
  for (const loss of losses.slice(0, HEADER_PATHS_MAX)) {
    const path = loss.path.slice(0, PATH_CHARS_MAX).replace(/[^\x21-\x7e]|[;,=]/g, '_');
    const paths = byAction.get(loss.action) ?? [];
    if (!paths.includes(path)) paths.push(path);
    byAction.set(loss.action, paths);
  }
  const groups = [...byAction].map(([action, paths]) => `${action}=${paths.join(',')}`);
  return [String(losses.length), ...groups].join('; ');
}
