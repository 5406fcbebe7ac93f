// The socket in the data directory: whether a server answers there, what it says, and room for a new one.

import { existsSync, rmSync } from 'node:fs';
import { asObject, asString, isObject, type JsonObject } from '../lib/json.ts';
import { Failure } from './failure.ts';

const ANSWER_TIMEOUT_MS = 30_000;

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

/** The running server's answer to one of its `/admin` routes. Throws a Failure with the server's own words. */
export async function askServer(
  socket: string,
  method: 'GET' | 'POST',
  path: string,
  body?: JsonObject,
): Promise<JsonObject> {
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
}

function refusal(status: number, error: JsonObject): Failure {
  const message = asString(error.message) ?? `The running server refused this (status ${status}).`;
  return new Failure(message, 1, asString(error.code) ?? 'failed');
}
