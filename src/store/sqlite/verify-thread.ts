// The thread that checks a ledger: one order in, one result out.

import { Fault } from '../../canonical/fault.ts';
import { verifyLedger } from './verify.ts';
import type { FromVerifier, ToVerifier } from './verify-aside.ts';

declare const self: Worker;

self.onmessage = ({ data: { dataDir, minimumChargeNano } }: MessageEvent<ToVerifier>) => {
  postMessage(check(dataDir, minimumChargeNano));
};

function check(dataDir: string, minimumChargeNano: bigint): FromVerifier {
  try {
    return { found: verifyLedger(dataDir, { minimumChargeNano }) };
  } catch (thrown) {
    return thrown instanceof Fault ? { fault: thrown.message } : { error: String(thrown) };
  }
}
