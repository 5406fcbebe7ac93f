// A desk as a command sees it: the running server's, or one over the database when no server runs.

import { socketPath } from '../store/data-dir.ts';
import { reach } from './local-socket.ts';
import type { RuledStore } from './place.ts';

export type Book<Desk> = Desk & { close(): Promise<void> };

/** `served` speaks to the server on `<dataDir>/osiris.sock`; when nobody listens there, `idle` works on the store itself. */
export function openBook<Desk extends object>(
  dataDir: string,
  openIdle: () => Promise<RuledStore>,
  served: (socket: string) => Desk,
  idle: (store: RuledStore) => Desk,
): Promise<Book<Desk>> {
  const socket = socketPath(dataDir);
  return reach<Book<Desk>>(
    socket,
    () => ({ ...served(socket), async close() {} }),
    async () => {
      const store = await openIdle();
      return { ...idle(store), close: () => store.close() };
    },
  );
}
