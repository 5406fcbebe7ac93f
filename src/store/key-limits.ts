// What a key may do at most: its own limits laid over its plan's, and those over the configuration's.

import type { Key, KeyLimits } from './ports.ts';

/** The parts of the configuration that limits come from. */
export type LimitRules = {
  limits: { requestsPerMinute: number; concurrent: number; tokensPerMinute?: number; nanoPerMinute?: bigint };
  server: { maxBodyBytes: number; requestTimeoutMs: number };
  plans?: ReadonlyMap<string, { limits: KeyLimits }>;
};

type Always = 'requestsPerMinute' | 'concurrent' | 'maxBodyBytes' | 'requestTimeoutMs';
export type ResolvedLimits = KeyLimits & Required<Pick<KeyLimits, Always>>;

/** `routeBodyBytes` is the configuration's body size for the route at hand, which a key's own stands over. */
export function resolveLimits(key: Key, rules: LimitRules, routeBodyBytes?: number): ResolvedLimits {
  const { maxBodyBytes, requestTimeoutMs } = rules.server;
  return {
    ...rules.limits,
    maxBodyBytes: routeBodyBytes ?? maxBodyBytes,
    requestTimeoutMs,
    ...planLimits(key, rules),
    ...key.limits,
  };
}

/** What the plan of the key says. */
export function planLimits({ plan }: Key, { plans }: LimitRules): KeyLimits {
  return (plan === undefined ? undefined : plans?.get(plan)?.limits) ?? {};
}
