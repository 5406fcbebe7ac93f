// The socket in the data directory: whether a server answers there, and room for a new one.

import { existsSync, rmSync } from 'node:fs';
import { Failure } from './failure.ts';

export const ANSWER_TIMEOUT_MS = 30_000;

/** False for no file, and for one that a killed server left behind. Throws when a server is there and hangs. */
export async function isListening(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return false;
  try {
    await fetch('http://osiris/health/live', {
      unix: socket,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'TimeoutError') {
      throw new Failure(`The server behind ${socket} does not answer.\nRestart it, or look into its log.`);
    }
    return false;
  }
}

/** Makes room for a new server's socket; throws when a server runs on this data directory already. */
export async function claimSocket(socket: string): Promise<void> {
  if (await isListening(socket)) {
    throw new Failure(
      `Osiris runs on this data directory already (it answers at ${socket}).\nStop it first, or give this one its own: --data-dir DIR`,
    );
  }
  rmSync(socket, { force: true });
}
