// Reads the bytes of a provider's answer to their end: all of them, or what follows the last that matter.

import { Fault } from '../../canonical/fault.ts';
import { bufferOf } from '../../lib/bytes.ts';
import type { Reader } from '../../lib/http-client/reader.ts';
import type { Watch } from '../watch.ts';

/** How long an upstream may keep a connection open behind its terminal event. */
export const DRAIN_MS = 2_000;

/** Reads what follows the terminal event, normally nothing, so that the connection can be used again. */
export async function drain(reader: Reader, watch: Watch, isUnwanted: boolean): Promise<void> {
  const giveUp = () => void reader.cancel().catch(() => {});
  if (isUnwanted) return giveUp();
  const cancel = watch.after(DRAIN_MS, giveUp);
  try {
    while (!(await reader.read()).done);
  } catch {
    // the answer is complete: how its connection ended no longer matters
  } finally {
    cancel();
  }
}

/** Larger answers are refused rather than held in memory. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** All that can be read. Throws Fault `bad_gateway` when that is more than 64 MB, and what reading throws. */
export async function allBytes(reader: Reader): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let { value } = await reader.read(); value; { value } = await reader.read()) {
    total += value.length;
    if (total > ANSWER_BYTES_MAX) {
      void reader.cancel().catch(() => {});
      throw new Fault('bad_gateway', 'The provider sent an answer larger than the gateway accepts.');
    }
    pieces.push(value);
  }
  const [first] = pieces;
  return pieces.length === 1 && first ? bufferOf(first) : Buffer.concat(pieces, total);
}
