// The keys as a command sees them: through the running server, or in the database when none runs.

import { type KeyDesk, keyDesk } from '../accounts/key-desk.ts';
import { socketPath } from '../store/data-dir.ts';
import { askPage } from './listing.ts';
import { askServer, reach } from './local-socket.ts';
import type { RuledStore } from './place.ts';

export type KeyBook = KeyDesk & { close(): Promise<void> };

/** Speaks to the server on `<dataDir>/osiris.sock`; when nobody listens there, opens the store itself. */
export async function openKeyBook(dataDir: string, openIdle: () => Promise<RuledStore>): Promise<KeyBook> {
  const socket = socketPath(dataDir);
  return reach<KeyBook>(
    socket,
    () => serverKeyBook(socket),
    async () => {
      const { close, ...store } = await openIdle();
      return { ...keyDesk(store), close };
    },
  );
}

function serverKeyBook(socket: string): KeyBook {
  const ask = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) =>
    askServer(socket, method, `/admin/keys${path}`, body);
  const at = (key: string) => `/${encodeURIComponent(key)}`;
  return {
    create: (body) => ask('POST', '', body),
    list: (query) => askPage(socket, '/admin/keys', query),
    show: (key) => ask('GET', at(key)),
    credit: (key, body) => ask('POST', `${at(key)}/credit`, body),
    change: (key, body) => ask('PATCH', at(key), body),
    rotate: (key, body) => ask('POST', `${at(key)}/rotate`, body),
    revoke: (key) => ask('POST', `${at(key)}/revoke`),
    async close() {},
  };
}
