// Counts the tokens of a prompt: by the provider when it speaks the client's format, else by estimate. Free.

import { estimatePromptTokens } from '../billing/body-tokens.ts';
import { estimateInputTokens } from '../billing/estimate.ts';
import { loadTokenizer } from '../billing/tokens.ts';
import { toFault } from '../canonical/fault.ts';
import type { Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import { isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import { admit } from './admission/admit.ts';
import type { Arrival } from './admission/arrival.ts';
import type { FloodGate } from './admission/flood-gate.ts';
import { addressOf, type Call } from './call.ts';
import { type Candidate, candidatesOf, formatsOf } from './candidates/candidate.ts';
import type { GatewayPorts } from './gateway.ts';
import { recordCall } from './journal.ts';
import { passPlan } from './plans/pass.ts';
import { callUpstream } from './upstream.ts';

/** `estimated` tells that no provider was asked. Throws Fault like any call, except for balance. */
export async function countInput(
  arrival: Arrival,
  ports: GatewayPorts,
  gate: FloodGate,
): Promise<{ body: JsonObject; estimated: boolean; limit: Call['limit'] }> {
  const call = await admit(arrival, ports, gate);
  const { limit } = call;
  try {
    const counted = await askProvider(call, ports);
    if (counted) return { body: counted, estimated: false, limit };
    await loadTokenizer();
    const tokens = estimate(call);
    return { body: call.codec.counting?.write(tokens) ?? { input_tokens: tokens }, estimated: true, limit };
  } catch (thrown) {
    call.trace.fault = toFault(thrown);
    throw thrown;
  } finally {
    call.limit.release();
    recordCall(ports.journal, call, { rule: 'free', provider: '', usage: undefined, atMs: nowMs() });
  }
}

/** Tokens of the prompt once the tokenizer is loaded; what no other format could say still has a length. */
export function estimate(call: Call): number {
  try {
    return estimateInputTokens(call.codec.decodeRequest(call.body, addressOf(call)).value);
  } catch (thrown) {
    if (toFault(thrown).code !== 'unsupported_parameter') throw thrown;
    return estimatePromptTokens(call.bytes);
  }
}

/** The provider's own count, or undefined when it has none or fails: counting never does. */
async function askProvider(call: Call, ports: GatewayPorts): Promise<JsonObject | undefined> {
  const candidate = candidatesOf(call, ports.config.providers).find(
    (each) => countsNatively(each, call.codec) && !ports.pauses.of(each, call.model),
  );
  const { counting } = call.codec;
  if (!candidate || counting === undefined) return undefined;
  try {
    const path = counting.path(candidate.deployment.model);
    const plan = { ...passPlan(call, candidate, ports), path };
    const { status, body } = await callUpstream(call, plan, ports);
    if (status !== 200 || !(body instanceof Uint8Array)) return undefined;
    const value = tryParseJson(new TextDecoder().decode(body));
    return isObject(value) && counting.read(value) !== undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Only its author has the counting routes of a format; servers that merely speak it rarely do. */
function countsNatively(candidate: Candidate, codec: Codec): boolean {
  const { id, builtIn } = candidate.provider;
  return (builtIn || id === codec.author) && formatsOf(candidate).includes(codec.id);
}
