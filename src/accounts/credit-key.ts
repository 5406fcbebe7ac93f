// Money for the purse a key draws on, given or taken by hand.

import { expiryAfterPurchase } from '../billing/expiry.ts';
import { Fault } from '../canonical/fault.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatUsd, usd } from '../lib/money.ts';
import type { Key, Ledger, Posting, Purse } from '../store/ports.ts';
import { type CreditOrder, parseCredit } from './key-change.ts';

/**
 * Posts what `body` asks for and tells the entry once it is on disk. A positive amount is a grant, or with `purchase`
 * a purchase, which sets when the balance ends; a negative one is an adjustment of at most what is there. A balance
 * that has ended is forfeited first, so that new money does not bring it back. Throws Fault as `parseCredit`, or
 * `conflict` for a key that has no balance or is revoked.
 */
export async function addCredit(key: Key, body: unknown, ledger: Ledger, nowMs: number): Promise<JsonObject> {
  const order = parseCredit(body, nowMs);
  const { id: purseId } = purseOf(key, order, ledger);
  await forfeitEnded(purseId, ledger, nowMs);
  const posting = postingOf(order, purseId, ledger, nowMs);
  const id = await ledger.post(posting);
  return {
    id: String(id),
    kind: posting.kind,
    amount_usd: usd(posting.amountNano),
    note: posting.note,
  };
}

function purseOf(key: Key, { amountNano }: CreditOrder, ledger: Ledger): Purse {
  if (key.kind === 'time')
    throw new Fault(
      'conflict',
      'A time key has no balance: its window is paid. Change its quota_usd, or make a credit key.',
    );
  if (key.revokedAtMs !== undefined && amountNano > 0n)
    throw new Fault('conflict', 'This key is revoked: money on it could not be used. Make a new one.');
  const purse = ledger.purse(key.purse);
  if (purse === undefined) throw new Fault('storage_fault', 'The purse of this key is missing.');
  return purse;
}

/** Takes what is left of a balance that has ended; what running calls have put aside is left for them. */
export async function forfeitEnded(purseId: number, ledger: Ledger, nowMs: number): Promise<void> {
  const purse = ledger.purse(purseId);
  if (purse === undefined || !hasEnded(purse, nowMs)) return;
  const leftNano = purse.balanceNano - purse.heldNano;
  const amountNano = leftNano < 0n ? 0n : leftNano;
  await ledger.post({ kind: 'forfeit', purse: purseId, amountNano, note: 'the balance has expired' });
}

/**
 * A gift that is not forfeited with what was there before: what running calls still hold of a balance that has ended
 * stays with it, so the end is taken away.
 */
export function grantOf(
  gift: { purse: number; amountNano: bigint; note: string; expiresAtMs?: number | undefined },
  ledger: Ledger,
  nowMs: number,
): Posting {
  const { expiresAtMs, ...base } = gift;
  const purse = ledger.purse(base.purse);
  const expiry = expiresAtMs ?? (purse && hasEnded(purse, nowMs) ? null : undefined);
  return { kind: 'grant', ...base, ...(expiry === undefined ? {} : { expiresAtMs: expiry }) };
}

function hasEnded({ expiresAtMs }: Purse, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

function postingOf(order: CreditOrder, purseId: number, ledger: Ledger, nowMs: number): Posting {
  const { amountNano, purchase, note, expiresAtMs } = order;
  const base = { purse: purseId, amountNano, note };
  const purse = ledger.purse(purseId);
  if (amountNano < 0n) {
    if (purse) refuseBelow(amountNano, purse);
    return { kind: 'adjust', ...base };
  }
  if (purchase)
    return { kind: 'purchase', ...base, expiresAtMs: expiryAfterPurchase(nowMs, purse?.expiresAtMs) };
  return grantOf({ ...base, expiresAtMs }, ledger, nowMs);
}

/** What running calls have put aside is spoken for. */
function refuseBelow(amountNano: bigint, { balanceNano, heldNano }: Purse): void {
  const thereNano = balanceNano - heldNano;
  if (thereNano + amountNano >= 0n) return;
  const held = heldNano > 0n ? ` ($${formatUsd(heldNano)} more is held by running calls)` : '';
  throw new Fault(
    'invalid_value',
    `amount_usd takes more than there is: at most $${formatUsd(thereNano < 0n ? 0n : thereNano)} can be taken${held}`,
    { param: 'amount_usd' },
  );
}
