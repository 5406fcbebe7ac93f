// The keys as a command sees them: through the running server, or in the database when none runs.

import { type KeyDesk, keyDesk } from '../accounts/key-desk.ts';
import { type Book, openBook } from './book.ts';
import { askPage } from './listing.ts';
import { askServer } from './local-socket.ts';
import type { RuledStore } from './place.ts';

export type KeyBook = Book<KeyDesk>;

export function openKeyBook(dataDir: string, openIdle: () => Promise<RuledStore>): Promise<KeyBook> {
  return openBook(dataDir, openIdle, serverKeys, keyDesk);
}

function serverKeys(socket: string): KeyDesk {
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
  };
}
