// Admits a request without taking anything, and names everything that would refuse it.

import { holdOf } from '../../billing/hold.ts';
import { type Fault, toFault } from '../../canonical/fault.ts';
import { ASKED } from '../../formats/index.ts';
import { newRequestId } from '../../lib/id.ts';
import { resolveLimits } from '../../store/key-limits.ts';
import type { HoldOrder, Key, Ledger, Limiter } from '../../store/ports.ts';
import { admitKnown, type KnownAdmitPorts, refuseExpired, refuseModel } from '../admission/admit.ts';
import { arrive, type Door } from '../admission/arrival.ts';
import { refuseLarger } from '../admission/body.ts';
import { refuseRevoked } from '../admission/credentials.ts';
import { CapWatch } from '../admission/daily-cap.ts';
import { limitFault } from '../admission/limits.ts';
import { holdFault, holdRequestOf, keptHold, refuseTrouble } from '../admission/put-aside.ts';
import { Turns } from '../admission/turns.ts';
import { Uploads } from '../admission/uploads.ts';
import { type CachingPorts, cachingOf } from '../cache/caching.ts';
import type { Call } from '../call.ts';
import { mayAskApart, refuseTags } from '../candidates/candidate.ts';
import { refusePaused } from '../candidates/course.ts';
import { nothingPaused } from '../health/pauses.ts';
import type { Question } from './question.ts';

export type DryPorts = Pick<
  KnownAdmitPorts,
  'config' | 'models' | 'billing' | 'watch' | 'pauses' | 'thoughts'
> &
  CachingPorts & {
    turns: Pick<Turns, 'foresee' | 'running' | 'waiting'>;
    limiter: Pick<Limiter, 'foresee'>;
    ledger: Pick<Ledger, 'foresee' | 'purse' | 'trouble' | 'today'>;
    capWatch: CapWatch;
  };

/** `refusals` are in the order in which a client would meet them. */
export type DryAdmission = { call: Call; refusals: Fault[] };

/** Who asks when nobody is named: somebody without limits. */
const OPERATOR: Key = {
  id: 'operator',
  name: 'operator',
  prefix: '',
  kind: 'time',
  account: 'operator',
  purse: 0,
  limits: { requestsPerMinute: 1_000_000, concurrent: 1_000_000, maxBodyBytes: Number.MAX_SAFE_INTEGER },
  createdAtMs: 0,
};

/** Throws Fault 400 for what no key could send. */
export async function admitDry(
  question: Question,
  key: Key | undefined,
  ports: DryPorts,
): Promise<DryAdmission> {
  const { format, bytes, headers, address } = question;
  const codec = ASKED[format];
  const path = codec.route;
  const door: Door = { path, codec, kind: format, free: false, ...(address ? { address } : {}) };
  const ordered: HoldOrder[] = [];
  const request = new Request(`http://osiris${path}`, {
    method: 'POST',
    headers,
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  const eased = easedOf(key ?? OPERATOR);
  const { config, models, billing, watch, cache, sealKey, thoughts } = ports;
  // member by member: whatever else an admission may take has to be answered here
  // turns of its own: nobody waits behind a question
  const own = {
    ledger: notingLedger(ordered),
    turns: new Turns(),
    uploads: new Uploads(),
    pauses: nothingPaused(),
    capWatch: new CapWatch(),
  };
  // what is kept for the key itself is looked for below
  const uncached = { config: { ...config, cache: { ...config.cache, ttlMs: 0 } }, cache, sealKey };
  const taking = { models, billing, watch, thoughts, ...uncached, ...TAKES_NOTHING, ...own };
  const call = await admitKnown(eased, arrive(request, door, newRequestId()), taking);
  call.key = key ?? OPERATOR;
  call.caching = cachingOf(call, ports);
  const [order] = ordered;
  return { call, refusals: refusalsOf(call, key, order, door.path, ports) };
}

/** The key without what could refuse it: that is looked at by itself, so that nothing hides behind another thing. */
function easedOf(key: Key): Key {
  const limits = { ...key.limits, maxBodyBytes: Number.MAX_SAFE_INTEGER };
  const eased: Key = { ...key, logBodies: false, limits };
  for (const refuses of REFUSING) delete eased[refuses];
  return eased;
}

const REFUSING = ['models', 'expiresAtMs', 'revokedAtMs', 'windowFrom', 'requireTags'] as const;

const TAKES_NOTHING: Pick<KnownAdmitPorts, 'limiter' | 'directory'> = {
  limiter: {
    admit: () => ({ allowed: true, limit: 0, remaining: 0, resetS: 0, expect() {}, release() {}, undo() {} }),
  },
  directory: { findById: () => undefined, change: () => undefined },
};

function notingLedger(ordered: HoldOrder[]): KnownAdmitPorts['ledger'] {
  return {
    trouble: () => undefined,
    priceVersion: () => 0,
    hold(order) {
      ordered.push(order);
      return { ok: true };
    },
    raise: () => ({ ok: true }),
    released: async () => {},
    purse: () => undefined,
    today: () => ({ spentNano: 0n, heldNano: 0n, resetsAtMs: 0 }),
  };
}

/** Without a key only what would refuse everybody. */
function refusalsOf(
  call: Call,
  key: Key | undefined,
  order: HoldOrder | undefined,
  path: string,
  ports: DryPorts,
): Fault[] {
  const { config, limiter, ledger, turns, billing } = ports;
  const who = key ?? OPERATOR;
  const limits = resolveLimits(who, config, config.server.maxBodyBytesByRoute[path]);
  // of models that may take over only those count that the key may use
  const asksApart = () => mayAskApart(call, config.providers);
  const hold = () => keptHold(call, billing) ?? holdOf(holdRequestOf(call, asksApart), billing);
  const meant = order && { ...order, ...hold(), key: who };
  const { fault: full } = turns.foresee(who.id, config.server);
  return [
    ...thrownBy(() => refuseRevoked(who)),
    ...thrownBy(() => refuseLarger(call.bytes.length, limits.maxBodyBytes)),
    ...thrownBy(() => refuseModel(who, call.model)),
    ...thrownBy(() => refuseTags(who, call.resolution, config.providers)),
    ...thrownBy(() => refusePaused(call.resolution, ports)),
    ...(key ? limiter.foresee(key.id, limits).map((verdict) => limitFault(verdict, limits)) : []),
    ...(full ? [full] : []),
    ...thrownBy(() => refuseExpired(who, call.startedMs)),
    ...thrownBy(() => refuseTrouble(ledger)),
    ...(meant ? ledger.foresee(meant).map((verdict) => holdFault(verdict, meant, ledger)) : []),
  ];
}

function thrownBy(act: () => void): Fault[] {
  try {
    act();
    return [];
  } catch (thrown) {
    return [toFault(thrown)];
  }
}
