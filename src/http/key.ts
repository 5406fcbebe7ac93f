// The holder's own key: what is left on it, what it may do, where it stands.

import { Elysia } from 'elysia';
import { budgetJson, quotaJson, statusOf, timeOrNull } from '../accounts/key-json.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { type VisitPorts, visit } from '../gateway/admission/visit.ts';
import { nowMs } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import { type CacheRules, isCached } from '../store/key-cache.ts';
import { type LimitRules, resolveLimits } from '../store/key-limits.ts';
import type { Key, Ledger } from '../store/ports.ts';
import { answerLook } from './look-door.ts';
import { routeDetail } from './openapi.ts';

type KeyPorts = VisitPorts & { config: LimitRules & { cache: CacheRules }; ledger: Ledger };

/**
 * `GET /v1/key`, also for keys that are empty or expired: their holders want to see why. There is no alias `/key`,
 * which is a page for people.
 */
export function key(ports: () => KeyPorts, gate: FloodGate) {
  const show = ({ request }: { request: Request }) =>
    answerLook(request, () => {
      const { key: held, limit } = visit(request, ports(), gate);
      return { body: holderJson(held, ports()), limit };
    });
  return new Elysia({ name: 'key' })
    .get('/v1/key', show, { detail: routeDetail('key') })
    .get('/v1/v1/key', show, { detail: { hide: true } });
}

function holderJson(held: Key, { config, ledger, limiter }: KeyPorts): JsonObject {
  const purse = held.kind === 'time' ? undefined : ledger.purse(held.purse);
  const tally = ledger.tally(held);
  const limits = resolveLimits(held, config);
  const { remaining, resetS, open } = limiter.standing(held.id, limits);
  return {
    object: 'key',
    id: held.id,
    name: held.name,
    prefix: held.prefix,
    kind: held.kind,
    status: statusOf(held, nowMs()),
    balance_usd: purse === undefined ? null : usd(purse.balanceNano),
    held_usd: purse === undefined ? null : usd(purse.heldNano),
    expires_at: timeOrNull(earlierOf(held.expiresAtMs, purse?.expiresAtMs)),
    limits: {
      requests_per_minute: limits.requestsPerMinute,
      concurrent: limits.concurrent,
      ...(limits.tokensPerMinute === undefined ? {} : { tokens_per_minute: limits.tokensPerMinute }),
      ...(limits.nanoPerMinute === undefined ? {} : { usd_per_minute: usd(limits.nanoPerMinute) }),
    },
    rate: { remaining, reset: resetS, running: open },
    models: held.models ?? null,
    require_tags: held.requireTags ?? null,
    strict: held.strict === true,
    cache: isCached(held, config.cache) ? 'on' : 'off',
    auto_cache: held.autoCache ? 'on' : 'off',
    budget: budgetJson(held, tally),
    quota: quotaJson(held, tally),
    usage: { requests: tally.calls, cost_usd: usd(tally.spentNano) },
  };
}

/** The key or the balance, whichever ends first. */
function earlierOf(key: number | undefined, balance: number | undefined): number | undefined {
  if (key === undefined || balance === undefined) return key ?? balance;
  return Math.min(key, balance);
}
