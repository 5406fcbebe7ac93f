// Puts money aside for a call before it begins, or says why it may not begin.

import { billOf, chargeOf } from '../../billing/charge.ts';
import { type Hold, type HoldRequest, type HoldRules, holdOf } from '../../billing/hold.ts';
import { Fault, unwritableLedger } from '../../canonical/fault.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { BillingConfig } from '../../config/config.ts';
import { containersWanted } from '../../formats/code-wanted.ts';
import { geoIn } from '../../formats/inference-geo.ts';
import { dearTierIn, FAST_IS_PRIORITY } from '../../formats/service-tier.ts';
import { formatTime, monotonicMs } from '../../lib/clock.ts';
import { failpoint } from '../../lib/failpoint.ts';
import { formatUsd } from '../../lib/money.ts';
import {
  type Directory,
  EVERY_PURSE,
  type HoldOrder,
  type HoldRefusal,
  type HoldVerdict,
  type Ledger,
} from '../../store/ports.ts';
import { ANSWERS_MAX } from '../answer/several.ts';
import { autoCacheWrite } from '../auto-cache.ts';
import { type Call, clientLeft } from '../call.ts';
import { heldFor } from '../costs/fallbacks/asked.ts';
import { refuseRevoked } from './credentials.ts';
import { type CapWatch, capFault } from './daily-cap.ts';

export type PutAsidePorts = {
  directory: Pick<Directory, 'findById' | 'change'>;
  ledger: Pick<Ledger, 'trouble' | 'priceVersion' | 'hold' | 'raise' | 'released' | 'purse' | 'today'>;
  billing: HoldRules & Pick<BillingConfig, 'dailyCapNano'>;
  capWatch: CapWatch;
};

/** So long a call waits for others to give back what they hold. */
const HELD_PATIENCE_MS = 5_000;
/** How often it looks whether its client is still there. */
const HELD_LOOK_MS = 250;
const HELD_RETRY_S = 5;
const DAY_MS = 86_400_000;

/**
 * Returns once the call's money is put aside; waits only while other calls hold it. Throws Fault
 * `insufficient_quota`, `spend_cap_reached`, `key_expired`, `balance_held`, `client_closed`, `revoked_api_key` when that
 * happened while it waited, or `storage_fault` while the ledger cannot be written.
 * `asksApart`: several answers would be asked for by a request each.
 */
export function putAside(
  call: Call,
  ports: PutAsidePorts,
  asksApart: () => boolean = () => false,
  hasLeft: () => boolean = () => false,
): Promise<void> | undefined {
  const { ledger } = ports;
  refuseTrouble(ledger);
  const order = orderFor(call, ports, asksApart);
  const verdict = ledger.hold(order);
  if (!verdict.ok) {
    if (!isHeld(verdict)) throw refusalOf(verdict, order, ports);
    const again = () => ledger.hold(order);
    return waitForOthers(verdict, order, { ports, again, hasLeft }).then(() => begin(call, order, ports));
  }
  failpoint('after-hold');
  begin(call, order, ports);
  return undefined;
}

/** Puts aside what the call may cost by the price it has now; false, and all stays as it was, when that is not there. */
export function putMoreAside(call: Call, ports: PutAsidePorts, asksApart: () => boolean): boolean {
  return ports.ledger.raise(orderFor(call, ports, asksApart)).ok;
}

/**
 * Under strict holds, puts aside what the answer may cost by the cap that its provider is told: another format may count
 * thoughts towards it and get a larger one than the client wrote. Waits and throws as `putAside` does.
 */
export function putAsideForCap(
  call: Call,
  outputCap: number | undefined,
  ports: PutAsidePorts,
  asksApart: () => boolean,
  hasLeft: () => boolean,
): Promise<void> | undefined {
  const hold = capHold(call, outputCap, ports.billing, asksApart);
  if (hold === undefined) return undefined;
  const { ledger } = ports;
  const order = orderOf(call, hold, ports);
  const again = () => ledger.raise(order);
  const verdict = again();
  if (verdict.ok) return undefined;
  if (!isHeld(verdict)) throw refusalOf(verdict, order, ports);
  return waitForOthers(verdict, order, { ports, again, hasLeft });
}

/** What has to be put aside for that cap, where that is more than before. */
export function capHold(
  call: Call,
  outputCap: number | undefined,
  billing: HoldRules,
  asksApart: () => boolean,
): Hold | undefined {
  if (billing.hold !== 'strict' || outputCap === undefined) return undefined;
  const request = holdRequestOf(call, asksApart);
  const hold = holdOf({ ...request, outputCap }, billing);
  return hold.holdNano > holdOf(request, billing).holdNano ? hold : undefined;
}

/**
 * Puts aside what one more request of a call may cost beside what the call has used so far; false, and all stays as it
 * was, when that is not there.
 */
export function putAsideForMore(
  call: Call,
  more: HoldRequest,
  used: Usage,
  ports: Pick<PutAsidePorts, 'ledger' | 'billing'>,
): boolean {
  const { needNano, holdNano } = holdOf(more, ports.billing);
  const { costNano } = chargeOf(used, call.price, 0n);
  const hold = { needNano: costNano + needNano, holdNano: costNano + holdNano };
  return ports.ledger.raise(orderOf(call, hold, ports)).ok;
}

function orderFor(call: Call, ports: PutAsidePorts, asksApart: () => boolean): HoldOrder {
  const { billing } = ports;
  return orderOf(call, keptHold(call, billing) ?? holdOf(holdRequestOf(call, asksApart), billing), ports);
}

function orderOf(
  call: Call,
  { needNano, holdNano }: Hold,
  { ledger, billing }: Pick<PutAsidePorts, 'ledger' | 'billing'>,
): HoldOrder {
  // written down before anything is owed: at the end of the call it must not fail
  ledger.priceVersion(call.model.id, call.price);
  return {
    callId: call.id,
    key: call.key,
    model: call.model.id,
    needNano,
    holdNano,
    strict: billing.hold === 'strict',
    capNano: billing.dailyCapNano,
    atMs: call.startedMs,
  };
}

/** What an answer costs that is there already is known. */
export function keptHold({ caching, price }: Call, { minimumChargeNano }: HoldRules): Hold | undefined {
  if (!caching?.hit) return undefined;
  const { hit, share } = caching;
  const { chargeNano } = billOf('cache', hit.usage, price, minimumChargeNano, share);
  return { needNano: chargeNano, holdNano: chargeNano };
}

/** What a hold is computed from. */
export function holdRequestOf(call: Call, asksApart: () => boolean): HoldRequest {
  const { outputCap, answers = 1 } = call.codec.wishes(call.body);
  const tier = tierWanted(call);
  const request: HoldRequest = {
    bodyBytes: call.bytes.length,
    promptTokens: call.promptTokens,
    outputCap,
    answers,
    prompts: answers > 1 && asksApart() ? Math.min(answers, ANSWERS_MAX) : 1,
    maxOutputTokens: call.model.maxOutputTokens,
    containers: containersWanted(call.body),
    price: call.price,
    geo: geoIn(call.body, call.codec),
    cacheWrite: autoCacheWrite(call),
    tier,
  };
  return call.fallbacks ? { ...request, ...heldFor(call, tier, outputCap) } : request;
}

/** By the name it has in the price, where it has two. */
function tierWanted({ body, codec, price }: Call): string | undefined {
  const tier = dearTierIn(body, codec);
  const twin = tier === undefined ? undefined : FAST_IS_PRIORITY[tier];
  if (tier === undefined || twin === undefined || price.tiers?.[tier]) return tier;
  return price.tiers?.[twin] ? twin : tier;
}

/** Throws Fault `storage_fault`. */
export function refuseTrouble(ledger: Pick<Ledger, 'trouble'>): void {
  const trouble = ledger.trouble();
  if (trouble !== undefined) throw unwritableLedger(trouble);
}

function begin(call: Call, order: HoldOrder, { capWatch, directory }: PutAsidePorts): void {
  capWatch.admitted(order);
  beginWindow(call, directory);
}

/** A window that begins with the first call begins with this one, unless another has begun it meanwhile. */
function beginWindow({ key, startedMs }: Call, directory: PutAsidePorts['directory']): void {
  if (key.windowFrom !== 'first-use' || key.startedAtMs !== undefined) return;
  const now = directory.findById(key.id);
  if (now?.startedAtMs !== undefined) return;
  const endsAtMs = startedMs + (key.days ?? Number.POSITIVE_INFINITY) * DAY_MS;
  // an end that was set meanwhile goes on to bound it
  const expiresAtMs = Math.min(endsAtMs, now?.expiresAtMs ?? Number.POSITIVE_INFINITY);
  directory.change(key.id, {
    startedAtMs: startedMs,
    ...(Number.isFinite(expiresAtMs) ? { expiresAtMs } : {}),
  });
}

type Held = Extract<HoldRefusal, { why: 'held' | 'cap-held' }>;

/** Only what running calls may give back is in the way. */
function isHeld(verdict: HoldRefusal): verdict is Held {
  return verdict.why === 'held' || verdict.why === 'cap-held';
}

async function waitForOthers(
  first: Held,
  order: HoldOrder,
  { ports, again, hasLeft }: { ports: PutAsidePorts; again: () => HoldVerdict; hasLeft: () => boolean },
): Promise<void> {
  const { ledger, directory } = ports;
  const untilMs = monotonicMs() + HELD_PATIENCE_MS;
  for (let held = first; ; ) {
    const leftMs = untilMs - monotonicMs();
    if (leftMs <= 0) throw holdFault(held, order, ledger);
    const purse = held.why === 'held' ? order.key.purse : EVERY_PURSE;
    await ledger.released(purse, Math.min(leftMs, HELD_LOOK_MS));
    if (hasLeft()) throw clientLeft();
    const now = directory.findById(order.key.id);
    if (now) refuseRevoked(now);
    const verdict = again();
    if (verdict.ok) return;
    if (!isHeld(verdict)) throw refusalOf(verdict, order, ports);
    held = verdict;
  }
}

/** The fault, of which the operator hears too when it is about the whole server. */
function refusalOf(verdict: HoldRefusal, order: HoldOrder, { ledger, capWatch }: PutAsidePorts): Fault {
  if (verdict.why === 'cap') capWatch.refused({ ...ledger.today(), capNano: order.capNano ?? 0n });
  return holdFault(verdict, order, ledger);
}

function heldFault(message: string): Fault {
  return new Fault('balance_held', message, { retryAfterS: HELD_RETRY_S });
}

/** What the client is told of money that is not there. */
export function holdFault(verdict: HoldRefusal, order: HoldOrder, ledger: Pick<Ledger, 'purse'>): Fault {
  switch (verdict.why) {
    case 'held':
      return heldFault(
        'The rest of the balance is put aside for calls that are running. Wait for them to end, or ask for more credit.',
      );
    case 'cap-held':
      return heldFault(
        'The rest of what this server may spend today is put aside for calls that are running. Wait for them to end.',
      );
    case 'cap':
      return capFault(verdict.resetsAtMs);
    case 'empty':
      return emptyFault(order, ledger);
    case 'quota':
      return new Fault(
        'insufficient_quota',
        'The quota of this key is used up. Ask the operator for more; GET /v1/key shows where it stands.',
      );
    case 'budget': {
      const resets = formatTime(verdict.resetsAtMs);
      const message = `The ${order.key.budget?.period}ly budget of this key is used up; the next one begins at ${resets}.`;
      return new Fault('insufficient_quota', message.replace('dayly', 'daily'), {
        details: { budget_resets_at: resets },
      });
    }
    case 'ended':
      return new Fault('key_expired', 'What this key was paid for has ended. Ask the operator to extend it.');
    default:
      return verdict satisfies never;
  }
}

function emptyFault(order: HoldOrder, ledger: Pick<Ledger, 'purse'>): Fault {
  const balanceNano = ledger.purse(order.key.purse)?.balanceNano ?? 0n;
  const message = `This call needs about $${formatUsd(order.needNano)} and the balance is ${dollars(balanceNano)}. Ask the operator for credit.`;
  return new Fault('insufficient_quota', message, {
    details: { balance_usd: formatUsd(balanceNano), needed_usd: formatUsd(order.needNano) },
  });
}

function dollars(nano: bigint): string {
  return `$${formatUsd(nano)}`.replace('$-', '-$');
}
