// Forfeits what is left of balances that have expired.

import { type Clock, every, formatTime, systemClock } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { Ledger } from '../store/ports.ts';
import type { Statements } from '../store/statements.ts';

export type ExpiryPorts = {
  ledger: Pick<Ledger, 'purse' | 'post'>;
  statements: Pick<Statements, 'expired'>;
  clock?: Clock;
};

const PERIOD_MS = 60_000;

/** Forfeits now and every minute until the returned function is called; it resolves when nothing is under way. */
export function startExpiry(ports: ExpiryPorts): () => Promise<void> {
  let running: Promise<unknown> | undefined;
  const pass = () => {
    running ??= forfeitExpired(ports)
      .catch((thrown: unknown) => log.error('expired balances could not be forfeited', { cause: thrown }))
      .finally(() => {
        running = undefined;
      });
  };
  pass();
  const stop = every(PERIOD_MS, pass);
  return async () => {
    stop();
    await running;
  };
}

/**
 * Takes what no open hold needs from every purse that has expired, and resolves to how many that were when it is on
 * disk. What is held is taken by a later pass, once its calls have ended; nothing new may begin on the purse until
 * then. The entry that leaves nothing also ends the expiry, so that what comes in later starts anew.
 */
export async function forfeitExpired({
  ledger,
  statements,
  clock = systemClock,
}: ExpiryPorts): Promise<number> {
  const nowMs = clock.nowMs();
  const postings: Promise<bigint>[] = [];
  for (const id of statements.expired(nowMs)) {
    // memory is ahead of the disk: a purchase may have come in just now
    const purse = ledger.purse(id);
    if (purse?.expiresAtMs === undefined || purse.expiresAtMs > nowMs) continue;
    const left = purse.balanceNano - purse.heldNano;
    const amountNano = left > 0n ? left : 0n;
    if (amountNano === 0n && purse.heldNano > 0n) continue;
    const note = `expired at ${formatTime(purse.expiresAtMs)}`;
    postings.push(ledger.post({ kind: 'forfeit', purse: id, amountNano, note }));
  }
  await Promise.all(postings);
  return postings.length;
}
