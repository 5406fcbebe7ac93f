// The only source of randomness: identifiers and secrets.

import { nowMs } from './clock.ts';

const EPOCH_MS = Date.UTC(2024, 0, 1);
const PROCESS_BITS = 14n;
const COUNTER_BITS = 8n;
const COUNTER_END = 1 << Number(COUNTER_BITS);
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A UUID v4, for a request whose client sent no label of its own. */
export function newRequestId(): string {
  return crypto.randomUUID();
}

const ownProcess = randomBelow(1 << Number(PROCESS_BITS));
let lastMs = 0;
let counter = 0;
let lastCallId = 0n;
/** The first id of a millisecond and process: what follows only counts on. */
let base = { ms: 0, process: 0, id: 0n };

/**
 * A 63-bit integer: 41 bits of milliseconds since 2024, 14 bits of process, 8 bits of counter. Strictly increasing
 * in one process, also when the wall clock goes back; `process` (0 to 16383) is random per process unless given.
 */
export function newCallId(process: number = ownProcess): bigint {
  const now = nowMs() - EPOCH_MS;
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  }
  let id = composeCallId(process);
  // Ahead of the clock rather than a duplicate: a burst over 256 in a millisecond borrows from the next one.
  while (counter > COUNTER_END || id <= lastCallId) {
    lastMs += 1;
    counter = 0;
    id = composeCallId(process);
  }
  lastCallId = id;
  return id;
}

function composeCallId(process: number): bigint {
  if (base.ms !== lastMs || base.process !== process) {
    const id = ((BigInt(lastMs) << PROCESS_BITS) | BigInt(process)) << COUNTER_BITS;
    base = { ms: lastMs, process, id };
  }
  const id = base.id + BigInt(counter);
  counter += 1;
  return id;
}

/** The lowest call id of a time: every call that began at or after it has at least this one. */
export function callIdAt(timeMs: number): bigint {
  return BigInt(Math.max(0, timeMs - EPOCH_MS)) << (PROCESS_BITS + COUNTER_BITS);
}

/** When the call with this id began, milliseconds since 1970. */
export function timeOfCallId(callId: bigint): number {
  return Number(callId >> (PROCESS_BITS + COUNTER_BITS)) + EPOCH_MS;
}

/** The id in decimal digits, in a third of the time that the engine takes for an integer this long. */
export function digitsOf(callId: bigint): string {
  const billions = callId / BILLION;
  if (billions === 0n) return String(callId);
  return `${Number(billions)}${String(Number(callId - billions * BILLION + BILLION)).slice(1)}`;
}

const BILLION = 1_000_000_000n;

/** `call_` and 13 characters that sort like the number. */
export function formatCallId(callId: bigint): string {
  return `call_${callId.toString(32).padStart(13, '0')}`;
}

/** The number behind `call_…`; undefined for anything else. */
export function parseCallId(text: string): bigint | undefined {
  const digits = /^call_([0-7][0-9a-v]{12})$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  let callId = 0n;
  for (const digit of digits) callId = callId * 32n + BigInt(Number.parseInt(digit, 32));
  return callId;
}

/** 24 letters and digits (142 random bits) that follow a prefix such as `chatcmpl-`. */
export function newAnswerToken(): string {
  return randomText(24);
}

/** A client's whole secret: `sk-osiris-` and 32 lowercase hex characters (128 random bits). */
export function newKeySecret(): string {
  return `sk-osiris-${randomHex(16)}`;
}

/** The operator's whole secret: `osiris-admin-` and 32 lowercase hex characters (128 random bits). */
export function newAdminSecret(): string {
  return `osiris-admin-${randomHex(16)}`;
}

/** The key that proves sealed reasoning to be ours: 64 lowercase hex characters (256 random bits). */
export function newSealKey(): string {
  return randomHex(32);
}

/** `key_` and 16 letters and digits (95 random bits). */
export function newKeyId(): string {
  return `key_${randomText(16)}`;
}

/** `alert_` and 16 letters and digits (95 random bits). */
export function newAlertId(): string {
  return `alert_${randomText(16)}`;
}

/** A number in [0, 1), for jitter and weighted choice; never for secrets. */
export function randomFraction(): number {
  return Math.random();
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is the largest multiple of 62 in a byte: the rest would make some characters likelier.
      if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

function randomBelow(end: number): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % end;
}
