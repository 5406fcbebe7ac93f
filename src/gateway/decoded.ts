// The canonical request of a call: read once, whoever asks.

import type { CanonicalRequest } from '../canonical/request.ts';
import type { Converted } from '../formats/codec.ts';
import { unwrapSeals } from '../formats/seal.ts';
import type { JsonObject } from '../lib/json.ts';
import { addressOf, type Call } from './call.ts';
import { decodeExactly } from './exactly.ts';

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

const decodedCalls = new WeakMap<JsonObject, Converted<CanonicalRequest>>();
