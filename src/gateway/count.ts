// Counts the tokens of a prompt: by the provider when it speaks the client's format, else by estimate. Free.

import { estimateInputTokens } from '../billing/estimate.ts';
import { loadTokenizer } from '../billing/tokens.ts';
import { toFault } from '../canonical/fault.ts';
import type { Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import { asNumber, isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import { admit, type Door, type Seen } from './admit.ts';
import type { Call } from './call.ts';
import { type Candidate, candidatesOf } from './candidate.ts';
import type { FloodGate } from './flood-gate.ts';
import type { GatewayPorts } from './gateway.ts';
import { recordCall } from './journal.ts';
import { passPlan } from './plan.ts';
import { callUpstream } from './upstream.ts';

const OPERATION: Partial<Record<Codec['id'], string>> = {
  'anthropic-messages': '/messages/count_tokens',
  'openai-responses': '/responses/input_tokens',
};

/** `estimated` tells that no provider was asked. Throws Fault like any call, except for balance. */
export async function countInput(
  request: Request,
  door: Door,
  requestId: string,
  ports: GatewayPorts,
  gate: FloodGate,
  seen: Seen = {},
): Promise<{ body: JsonObject; estimated: boolean; limit: Call['limit'] }> {
  const call = await admit(request, door, requestId, ports, gate, seen);
  const { limit } = call;
  try {
    const counted = await askProvider(call, ports);
    if (counted) return { body: counted, estimated: false, limit };
    await loadTokenizer();
    const tokens = estimateInputTokens(call.codec.decodeRequest(call.body).value);
    return { body: countBody(call.codec, tokens), estimated: true, limit };
  } catch (thrown) {
    call.trace.fault = toFault(thrown);
    throw thrown;
  } finally {
    call.release();
    recordCall(ports.journal, call, { rule: 'free', provider: '', usage: undefined, atMs: nowMs() });
  }
}

/** The provider's own count, or undefined when it has none or fails: counting never does. */
async function askProvider(call: Call, ports: GatewayPorts): Promise<JsonObject | undefined> {
  const candidate = candidatesOf(call, ports.config.providers).find((each) =>
    countsNatively(each, call.codec),
  );
  const path = OPERATION[call.codec.id];
  if (!candidate || path === undefined) return undefined;
  try {
    const plan = { ...passPlan(call, candidate, ports.sealKey), upstream: { ...call.codec, path } };
    const response = await callUpstream(call, plan, ports);
    const value = tryParseJson(await response.text());
    return response.ok && isObject(value) && asNumber(value.input_tokens) !== undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Only the vendors themselves have counting routes; servers that merely speak their format rarely do. */
function countsNatively(candidate: Candidate, codec: Codec): boolean {
  const { provider, deployment } = candidate;
  if (!['anthropic', 'openai', 'sandbox'].includes(provider.id)) return false;
  const formats = deployment.format === undefined ? provider.formats : [deployment.format];
  return formats.includes(codec.id);
}

function countBody(codec: Codec, tokens: number): JsonObject {
  if (codec.id === 'openai-responses') return { object: 'response.input_tokens', input_tokens: tokens };
  return { input_tokens: tokens };
}
