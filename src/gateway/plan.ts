// Decides how a call reaches one deployment: its own bytes with a few edits, or through the canonical model.

import { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { FormatId } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import { mapTools, type ToolAbilities, type ToolRestorer } from '../canonical/tool-map.ts';
import { targetOf } from '../catalog/target.ts';
import { refuseThread } from '../formats/anthropic-messages/index.ts';
import type { Codec, Converted } from '../formats/codec.ts';
import { FORMATS } from '../formats/index.ts';
import { sealFor, unwrapSeals } from '../formats/seal.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import { type Edit, spliceJson } from '../lib/splice.ts';
import { addressOf, type Call } from './call.ts';
import type { Candidate } from './candidate.ts';

/** `renamed`: answers carry another model name than the client wrote. `hideUsage`: the usage chunk is ours. */
export type PassPlan = {
  kind: 'pass';
  candidate: Candidate;
  upstream: Codec;
  /** Behind the provider's base URL. */
  path: string;
  body: Uint8Array;
  renamed: boolean;
  hideUsage: boolean;
  losses: Loss[];
};
export type TranscodePlan = {
  kind: 'transcode';
  candidate: Candidate;
  upstream: Codec;
  path: string;
  body: Uint8Array;
  losses: Loss[];
  restore: ToolRestorer | undefined;
  /** For the envelopes around sealed reasoning. */
  sealKey: Uint8Array;
};
export type Plan = PassPlan | TranscodePlan;

/**
 * The plan for one candidate: the client's own format when the deployment speaks it, else its first one. A provider
 * that wants its first format for everybody gets it unless that would lose something the client's own one carries.
 * Throws Fault 400 when the request cannot be said in any of them.
 */
export function planCall(call: Call, candidate: Candidate, sealKey: Uint8Array): Plan {
  const formats = formatsOf(candidate);
  const own = call.codec.id;
  const first = formats[0] ?? own;
  const speaksOwn = formats.includes(own);
  if (first === own || (speaksOwn && !candidate.provider.quirks.firstFormatFirst))
    return passPlan(call, candidate, sealKey);
  const upstream = FORMATS[first];
  if (!upstream) throw new Fault('no_provider', `Provider ${candidate.provider.id} speaks no known format.`);
  try {
    const plan = transcodePlan(call, candidate, upstream, sealKey);
    const lossless = plan.losses.every((loss) => loss.action === 'moved');
    return lossless || !speaksOwn ? plan : passPlan(call, candidate, sealKey);
  } catch (thrown) {
    if (speaksOwn && thrown instanceof Fault && thrown.status === 400)
      return passPlan(call, candidate, sealKey);
    throw thrown;
  }
}

function formatsOf(candidate: Candidate): FormatId[] {
  const { format } = candidate.deployment;
  return format === undefined ? candidate.provider.formats : [format];
}

/**
 * The client's bytes with the edits the deployment needs. Only reasoning that its issuer may not see makes them be
 * written anew. Throws Fault 400 for what no deployment keeps.
 */
export function passPlan(call: Call, candidate: Candidate, sealKey: Uint8Array): PassPlan {
  const { codec } = call;
  if (codec.id === 'anthropic-messages') refuseThread(call.body);
  const show = codec.issuer === undefined ? undefined : sealFor(codec.issuer, sealKey);
  const shown = show && codec.showSeals?.(call.body, show);
  const isShown = shown === undefined || shown.value === call.body;
  const bytes = isShown ? call.bytes : new TextEncoder().encode(JSON.stringify(shown.value));
  const edits: Edit[] = [];
  const renamed = candidate.deployment.model !== call.modelName;
  if (renamed) edits.push(...modelEdits(codec, candidate.deployment.model));
  let hideUsage = false;
  if (codec.id === 'openai-chat' && call.stream && candidate.provider.quirks.usageInStream !== false) {
    const options = call.body.stream_options;
    hideUsage = !(isObject(options) && options.include_usage === true);
    if (hideUsage) edits.push({ path: ['stream_options', 'include_usage'], json: 'true' });
  }
  const body = edits.length === 0 ? bytes : spliceJson(bytes, edits);
  const losses = shown?.losses ?? [];
  const path = codec.path({ model: candidate.deployment.model, stream: call.stream });
  return { kind: 'pass', candidate, upstream: codec, path, body, renamed, hideUsage, losses };
}

function modelEdits(codec: Codec, model: string): Edit[] {
  return codec.modelEdits?.(model) ?? [{ path: ['model'], json: JSON.stringify(model) }];
}

function transcodePlan(
  call: Call,
  candidate: Candidate,
  upstream: Codec,
  sealKey: Uint8Array,
): TranscodePlan {
  const decoded = decode(call, sealKey);
  const { model } = call;
  const mapped = mapTools(decoded.value, abilitiesOf(call, candidate, upstream));
  const target = targetOf(model, candidate.deployment, candidate.provider);
  const encoded = upstream.encodeRequest(mapped.request, target);
  const body = new TextEncoder().encode(JSON.stringify(encoded.value));
  const losses = [...decoded.losses, ...mapped.losses, ...encoded.losses];
  const path = upstream.path({ model: target.model, stream: call.stream });
  return { kind: 'transcode', candidate, upstream, path, body, losses, restore: mapped.restore, sealKey };
}

function abilitiesOf(call: Call, { provider, deployment }: Candidate, upstream: Codec): ToolAbilities {
  const isResponses = upstream.id === 'openai-responses';
  const isChat = upstream.id === 'openai-chat';
  return {
    namespaces: isResponses,
    custom: isResponses || (isChat && provider.id === 'openai'),
    // on Chat only the search models know it, and all others refuse the whole request
    webSearch: isChat ? deployment.model.includes('search') : call.model.capabilities.webSearch,
    letterFirst: upstream.id === 'google-generate-content',
  };
}

/** Decoding and opening the envelopes is the same for every candidate, so it is done once a call. */
function decode(call: Call, sealKey: Uint8Array): Converted<CanonicalRequest> {
  const known = decodedCalls.get(call.body);
  if (known) return known;
  try {
    const read = call.codec.decodeRequest(call.body, addressOf(call));
    const opened = unwrapSeals(read.value, sealKey);
    const decoded = { value: opened.value, losses: [...read.losses, ...opened.losses] };
    decodedCalls.set(call.body, decoded);
    return decoded;
  } catch (thrown) {
    if (thrown instanceof RangeError)
      throw new Fault('invalid_value', 'The request is nested too deeply; flatten it.', { cause: thrown });
    throw thrown;
  }
}

const decodedCalls = new WeakMap<JsonObject, Converted<CanonicalRequest>>();
