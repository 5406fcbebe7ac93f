// The accounts as a command sees them: through the running server, or in the database when none runs.

import { type AccountDesk, accountDesk } from '../accounts/account-desk.ts';
import { socketPath } from '../store/data-dir.ts';
import { askPage } from './listing.ts';
import { askServer, reach } from './local-socket.ts';
import type { RuledStore } from './place.ts';

export type AccountBook = AccountDesk & { close(): Promise<void> };

/** Speaks to the server on `<dataDir>/osiris.sock`; when nobody listens there, opens the store itself. */
export async function openAccountBook(
  dataDir: string,
  openIdle: () => Promise<RuledStore>,
): Promise<AccountBook> {
  const socket = socketPath(dataDir);
  return reach<AccountBook>(
    socket,
    () => serverAccountBook(socket),
    async () => {
      const { close, ...store } = await openIdle();
      return { ...accountDesk(store), close };
    },
  );
}

function serverAccountBook(socket: string): AccountBook {
  return {
    list: (query) => askPage(socket, '/admin/accounts', query),
    show: (email) => askServer(socket, 'GET', `/admin/accounts/${encodeURIComponent(email)}`),
    async close() {},
  };
}
