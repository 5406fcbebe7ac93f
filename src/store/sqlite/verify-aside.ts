// Checks a ledger on a thread of its own, so that no call waits for it.

import { Fault } from '../../canonical/fault.ts';
import type { Verification } from '../verification.ts';
import { startWorker } from './worker.ts';

export type ToVerifier = { dataDir: string; minimumChargeNano: bigint };
export type FromVerifier = { found: Verification } | { fault: string } | { error: string };

/**
 * Checks the ledger of a data directory as `verifyLedger` does. Who asks while a check is under way gets the result of
 * that one: a large ledger keeps a core busy for a while.
 */
export function verifierOf(dataDir: string): (minimumChargeNano: bigint) => Promise<Verification> {
  let running: Promise<Verification> | undefined;
  return (minimumChargeNano) => {
    running ??= verifyAside({ dataDir, minimumChargeNano }).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function verifyAside(order: ToVerifier): Promise<Verification> {
  const thread = startWorker('verify-thread.ts');
  const { promise, resolve, reject } = Promise.withResolvers<FromVerifier>();
  thread.onmessage = ({ data }: MessageEvent<FromVerifier>) => resolve(data);
  thread.onerror = ({ message }) => reject(new Error(`the thread that checks the ledger broke: ${message}`));
  thread.postMessage(order);
  try {
    const answer = await promise;
    if ('found' in answer) return answer.found;
    if ('fault' in answer) throw new Fault('storage_fault', answer.fault);
    throw new Error(answer.error);
  } finally {
    thread.terminate();
  }
}
