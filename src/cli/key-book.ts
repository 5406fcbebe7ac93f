// The keys as a command sees them: through the running server, or in the database when none runs.

import { type KeyDesk, keyDesk } from '../accounts/key-desk.ts';
import { FAULTS, Fault, type FaultCode } from '../canonical/fault.ts';
import type { Config } from '../config/config.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { Failure } from './failure.ts';
import { ANSWER_TIMEOUT_MS, isListening } from './local-socket.ts';
import type { IdleStore } from './ports.ts';

export type KeyBook = KeyDesk & { close(): Promise<void> };

/** Speaks to the server on `<dataDir>/osiris.sock`; when nobody listens there, opens the store itself. */
export async function openKeyBook(config: Config, openIdle: () => Promise<IdleStore>): Promise<KeyBook> {
  const socket = socketPath(config.dataDir);
  if (await isListening(socket)) return serverKeyBook(socket);
  const { directory, ledger, close } = await openIdle();
  return { ...keyDesk({ directory, ledger, rules: () => config }), close };
}

function serverKeyBook(socket: string): KeyBook {
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<JsonObject> => {
    const response = await fetch(`http://osiris/admin/keys${path}`, {
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
  const at = (key: string) => `/${encodeURIComponent(key)}`;
  return {
    create: (body) => ask('POST', '', body),
    async list(query) {
      const { data, has_more: hasMore } = await ask('GET', `?${new URLSearchParams(query)}`);
      return { data: asArray(data).map(asObject), hasMore: hasMore === true };
    },
    show: (key) => ask('GET', at(key)),
    credit: (key, body) => ask('POST', `${at(key)}/credit`, body),
    change: (key, body) => ask('PATCH', at(key), body),
    rotate: (key, body) => ask('POST', `${at(key)}/rotate`, body),
    revoke: (key) => ask('POST', `${at(key)}/revoke`),
    async close() {},
  };
}

/** The server's own Fault again, so that a command tells it the same way with and without a server. */
function refusal(status: number, error: JsonObject): Fault | Failure {
  const message = asString(error.message) ?? `The running server refused this (status ${status}).`;
  const code = asString(error.code) ?? 'failed';
  return isFaultCode(code)
    ? new Fault(code, message, { param: asString(error.param) })
    : new Failure(message, 1, code);
}

function isFaultCode(code: string): code is FaultCode {
  return code in FAULTS;
}
