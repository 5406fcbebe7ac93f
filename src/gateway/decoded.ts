// The canonical request of a call: read once, whoever asks.

import type { Part } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { Codec, Converted } from '../formats/codec.ts';
import { unwrapSeals } from '../formats/seal.ts';
import { mayBeRounded, tryParseExactUnder } from '../lib/exact-json.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import { addressOf, type Call } from './call.ts';

/**
 * Decoding and opening the envelopes is the same for every candidate, so it is done once a call. Throws Fault 400 for
 * what only a provider of the client's own format can be asked.
 */
export function decode(call: Call, sealKey: Uint8Array): Converted<CanonicalRequest> {
  const known = decodedCalls.get(call.body);
  if (known) return known;
  const read = decodeExactly(
    call.codec,
    call.body,
    () => new TextDecoder().decode(call.bytes),
    (body) => call.codec.decodeRequest(body, addressOf(call)),
    ({ value }) => value.messages.flatMap(({ parts }) => parts),
  );
  const opened = unwrapSeals(read.value, sealKey);
  const decoded = { value: opened.value, losses: [...read.losses, ...opened.losses] };
  decodedCalls.set(call.body, decoded);
  return decoded;
}

/**
 * Reads a body. Where a call in it has a number that the parser may have rounded, it is read again, with the arguments of
 * calls and what came of them to the last digit.
 */
export function decodeExactly<T>(
  { payloadMembers }: Codec,
  body: JsonObject,
  text: () => string,
  read: (body: JsonObject) => T,
  partsOf: (decoded: T) => Part[],
): T {
  const decoded = read(body);
  if (!payloadMembers || !partsOf(decoded).some(hasLongNumber)) return decoded;
  const exact = tryParseExactUnder(payloadMembers, text());
  return isObject(exact) ? read(exact) : decoded;
}

function hasLongNumber(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(hasLongNumber);
  return mayBeRounded(part.kind === 'tool-call' ? part.input : part.kind === 'text' ? part.text : '');
}

const decodedCalls = new WeakMap<JsonObject, Converted<CanonicalRequest>>();
