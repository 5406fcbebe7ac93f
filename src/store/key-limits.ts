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

type Known = { rules: LimitRules; routeBodyBytes: number | undefined; limits: ResolvedLimits };

/** By key, which never changes: another one takes its place when it does. Each call of it asks for the same. */
const known = new WeakMap<Key, Known>();

/** `routeBodyBytes` is the configuration's body size for the route at hand, which a key's own stands over. */
export function resolveLimits(key: Key, rules: LimitRules, routeBodyBytes?: number): ResolvedLimits {
  const last = known.get(key);
  if (last?.rules === rules && last.routeBodyBytes === routeBodyBytes) return last.limits;
  const limits = laidOver(key, rules, routeBodyBytes);
  known.set(key, { rules, routeBodyBytes, limits });
  return limits;
}

function laidOver(key: Key, rules: LimitRules, routeBodyBytes: number | undefined): ResolvedLimits {
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
