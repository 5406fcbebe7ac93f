// The keys as a command sees them: through the running server, or in the database when none runs.

import { Fault } from '../canonical/fault.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { createKey, keyJson, parseNewKey } from '../store/keys.ts';
import type { Directory } from '../store/ports.ts';
import { Failure } from './failure.ts';
import { ANSWER_TIMEOUT_MS, isListening } from './local-socket.ts';

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
  const ask = async (method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<JsonObject> => {
    const response = await fetch(`http://osiris${path}`, {
      unix: socket,
      method,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && isObject(answer)) return answer;
    throw refusal(response.status, asObject(asObject(answer).error));
  };
  return {
    create: (body) => ask('POST', '/admin/keys', body),
    list: async () => asArray((await ask('GET', '/admin/keys')).data).map(asObject),
    show: (id) => ask('GET', `/admin/keys/${encodeURIComponent(id)}`),
    revoke: (id) => ask('POST', `/admin/keys/${encodeURIComponent(id)}/revoke`),
    close() {},
  };
}

function refusal(status: number, error: JsonObject): Failure {
  const message = asString(error.message) ?? `The running server refused this (status ${status}).`;
  return new Failure(message, 1, asString(error.code) ?? 'failed');
}
