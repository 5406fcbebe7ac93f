// Whether the answers of a key are kept and given again.

import type { Key } from './ports.ts';

/** The part of the configuration that says so for keys that do not. `ttlMs` 0: there is no cache. */
export type CacheRules = { ttlMs: number; isDefault: boolean };

/** `asked` is what the request itself wants; a key that is off stays off. */
export function isCached({ cache }: Key, rules: CacheRules, asked?: 'on' | 'off'): boolean {
  if (rules.ttlMs === 0 || cache === 'off') return false;
  return (asked ?? cache ?? (rules.isDefault ? 'on' : 'off')) === 'on';
}
