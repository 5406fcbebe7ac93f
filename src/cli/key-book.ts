// The keys as a command sees them: through the running server, or in the database when none runs.

import { Fault } from '../canonical/fault.ts';
import { asArray, asObject, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { createKey, keyJson, parseNewKey } from '../store/keys.ts';
import type { Directory } from '../store/ports.ts';
import { askServer, isListening } from './local-socket.ts';

/** All shapes are those of `/admin/keys`. Methods throw Fault or Failure with a message for people. */
export interface KeyBook {
  /** The new key with its secret as `key`. */
  create(body: JsonObject): Promise<JsonObject>;
  /** Newest first. */
  list(): Promise<JsonObject[]>;
  show(id: string): Promise<JsonObject>;
  revoke(id: string): Promise<JsonObject>;
  close(): void;
}

/** Speaks to the server on `<dataDir>/osiris.sock`; when nobody listens there, opens the database itself. */
export async function openKeyBook(dataDir: string, openDirectory: () => Directory): Promise<KeyBook> {
  const socket = socketPath(dataDir);
  return (await isListening(socket)) ? serverKeyBook(socket) : directKeyBook(openDirectory());
}

function directKeyBook(directory: Directory): KeyBook {
  const known = (id: string) => {
    const key = directory.findById(id);
    if (key === undefined) throw new Fault('not_found', 'There is no key with this id.');
    return key;
  };
  return {
    async create(body) {
      const { key, secret } = createKey(directory, parseNewKey(body));
      return { key: secret, ...keyJson(key) };
    },
    list: async () => directory.list().map((key) => keyJson(key)),
    show: async (id) => keyJson(known(id)),
    async revoke(id) {
      directory.revoke(known(id).id);
      return keyJson(known(id));
    },
    close: () => directory.close(),
  };
}

function serverKeyBook(socket: string): KeyBook {
  const ask = (method: 'GET' | 'POST', path: string, body?: JsonObject) =>
    askServer(socket, method, path, body);
  return {
    create: (body) => ask('POST', '/admin/keys', body),
    list: async () => asArray((await ask('GET', '/admin/keys')).data).map(asObject),
    show: (id) => ask('GET', `/admin/keys/${encodeURIComponent(id)}`),
    revoke: (id) => ask('POST', `/admin/keys/${encodeURIComponent(id)}/revoke`),
    close() {},
  };
}
