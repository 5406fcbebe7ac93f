// The socket in the data directory on which commands speak to a running server; made anew when somebody deleted it.

import { chmodSync, existsSync } from 'node:fs';
import { every } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import type { Answerer } from './cors.ts';

export type LocalSocketPorts = {
  answer: Answerer;
  refuse: (error: Error) => Response;
  /** Whether the data directory still is the one that this server works on. */
  isOurs: () => Promise<boolean>;
};

const LOOK_MS = 1_000;

/**
 * Without it no command would find the server, and none could work without the server. Throws what the system says when
 * it cannot be made at first.
 */
export function openLocalSocket(path: string, { answer, refuse, isOurs }: LocalSocketPorts) {
  const listen = () => {
    const listening = Bun.serve({
      unix: path,
      // a report on a long ledger takes its time; works here too (Bun 1.4.5), though its types know it for ports only
      ...({ idleTimeout: 0 } as object),
      development: false,
      error: refuse,
      fetch: answer,
    });
    chmodSync(path, 0o600);
    return listening;
  };
  let server = listen();
  const look = async () => {
    if (existsSync(path) || !(await isOurs()) || existsSync(path)) return;
    // first: it would take the new one away
    void server.stop(false);
    try {
      server = listen();
      log.warn('the socket for commands was deleted; it is there again', { path });
    } catch {
      // the next look tries again
    }
  };
  const stopLooking = every(LOOK_MS, () => void look());
  return {
    stop(): Promise<void> {
      stopLooking();
      return server.stop(true);
    },
  };
}
