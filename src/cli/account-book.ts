// The accounts as a command sees them: through the running server, or in the database when none runs.

import { type AccountDesk, accountDesk } from '../accounts/account-desk.ts';
import { type Book, openBook } from './book.ts';
import { askPage } from './listing.ts';
import { askServer } from './local-socket.ts';
import type { RuledStore } from './place.ts';

export type AccountBook = Book<AccountDesk>;

export function openAccountBook(dataDir: string, openIdle: () => Promise<RuledStore>): Promise<AccountBook> {
  return openBook(dataDir, openIdle, serverAccounts, accountDesk);
}

function serverAccounts(socket: string): AccountDesk {
  return {
    list: (query) => askPage(socket, '/admin/accounts', query),
    show: (email) => askServer(socket, 'GET', `/admin/accounts/${encodeURIComponent(email)}`),
  };
}
