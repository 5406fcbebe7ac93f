// What a relay reads its upstream by.

import type { Watch } from '../watch.ts';

/** The part of a stream's reader that is needed, so that several streams can be read as one. */
export type Reader = {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
};

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
