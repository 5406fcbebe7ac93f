// The socket in the data directory: whether a server answers there, what it says, and room for a new one.

import { existsSync, rmSync } from 'node:fs';
import { FAULTS, Fault, type FaultCode } from '../canonical/fault.ts';
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

/**
 * What `server` makes of a server that listens, else what `idle` opens. One that began while `idle` waited for the
 * data directory has it now, and is asked after all.
 */
export async function reach<T>(socket: string, server: () => T, idle: () => Promise<T>): Promise<T> {
  if (await isListening(socket)) return server();
  try {
    return await idle();
  } catch (thrown) {
    if (await isListening(socket)) return server();
    throw thrown;
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

/** The running server's answer to one of its `/admin` routes. Throws the server's own Fault again. */
export async function askServer(
  socket: string,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
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

/** A command tells it the same way with and without a server. */
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
