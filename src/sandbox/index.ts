// The built-in provider: takes a request in any wire format and answers as a real provider would, for free.

import { estimateInputTokens } from '../billing/estimate.ts';
import { loadTokenizer } from '../billing/tokens.ts';
import { Fault, toFault } from '../canonical/fault.ts';
import type { FormatId } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { Address, Codec, Dress } from '../formats/codec.ts';
import { readOperation } from '../formats/google-generate-content/index.ts';
import { nowS, pause } from '../lib/clock.ts';
import { sha256Hex } from '../lib/crypto.ts';
import { asString, isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import { writeFrame } from '../lib/sse.ts';
import { type Behaviour, findBehaviour } from './behaviour.ts';
import { EMBEDDER, EMBEDDINGS_PATH, embed } from './embed.ts';
import { failureReply, faultReply, idHeaders } from './failure.ts';
import { playWhole, type Script, streamBody, type Wait } from './play.ts';
import { openUsage, perform } from './script.ts';

export { sandboxModels } from './models.ts';

export type SandboxRequest = {
  format: FormatId;
  /** The operation behind the base URL: `/chat/completions`, `/messages/count_tokens` … */
  path: string;
  body: Uint8Array;
  headers: Headers;
  signal: AbortSignal;
};

export type SandboxTransport = (request: SandboxRequest) => Promise<Response>;

/** What tests replace to run without a clock. */
export type SandboxTime = { wait: Wait; nowS: () => number };

/** A request that was understood, and what it takes to answer it. */
type Call = { codec: Codec; request: CanonicalRequest; dress: Dress; seed: string; signal: AbortSignal };

/**
 * A provider without a network. The same request gets the same answer, but for the time in it. Rejects only with
 * the signal's reason; every failure is a reply in the request's format.
 */
export function sandboxTransport(
  codecs: Iterable<Codec>,
  time: SandboxTime = { wait: pause, nowS },
): SandboxTransport {
  const byFormat = new Map(Array.from(codecs, (codec) => [codec.id, codec]));
  return async ({ format, path, body, signal }) => {
    signal.throwIfAborted();
    const codec = byFormat.get(format);
    const requestId = `req_${sha256Hex(body).slice(0, 24)}`;
    if (!codec) return failureReply(404, format, requestId);
    try {
      await loadTokenizer();
      signal.throwIfAborted();
      const wire = readBody(body);
      if (path === EMBEDDINGS_PATH) return embedReply(wire, requestId);
      const { address, operation } = readPath(codec, path, wire);
      const behaviour = findBehaviour(address.model);
      if (!behaviour)
        throw new Fault('not_found', 'The sandbox has no model of this name.', { param: 'model' });
      const { value: request } = codec.decodeRequest(wire, address);
      if (operation === 'count') return countReply(request, codec, requestId);
      if (operation === 'unknown') throw new Fault('not_found', 'The sandbox has no such operation.');
      const seed = sha256Hex(JSON.stringify({ ...request, stream: false, includeUsage: false }));
      const dress: Dress = {
        model: request.model,
        id: `${codec.idPrefix}${seed.slice(0, 24)}`,
        createdS: time.nowS(),
        includeUsage: request.includeUsage,
        request: wire,
        requestId,
      };
      return await answer({ codec, request, dress, seed, signal }, behaviour, time.wait);
    } catch (thrown) {
      signal.throwIfAborted();
      const fault = toFault(thrown);
      return faultReply(fault, codec.errorType(fault.code), format, requestId);
    }
  };
}

/** What is asked for, from the path alone where the format says everything there. */
function readPath(
  codec: Codec,
  path: string,
  wire: JsonObject,
): { address: Address; operation: 'answer' | 'count' | 'unknown' } {
  if (codec.readPath) {
    const found = readOperation(path);
    const address = codec.readPath(path) ?? { model: found?.model ?? '', stream: false };
    const isCount = found?.operation === 'countTokens';
    return { address, operation: isCount ? 'count' : codec.readPath(path) ? 'answer' : 'unknown' };
  }
  const plain = path.replace(/\?.*$/, '');
  const address = { model: asString(wire.model) ?? '', stream: wire.stream === true };
  if (plain === codec.counting?.path(address.model)) return { address, operation: 'count' };
  return { address, operation: plain === codec.path(address) ? 'answer' : 'unknown' };
}

function readBody(body: Uint8Array): JsonObject {
  const wire = tryParseJson(new TextDecoder().decode(body));
  if (isObject(wire)) return wire;
  throw new Fault('invalid_json', 'The request body is not a JSON object.');
}

function embedReply(wire: JsonObject, requestId: string): Response {
  const model = asString(wire.model)?.replace(/^sandbox\//, '');
  if (model !== EMBEDDER)
    throw new Fault('not_found', `This model makes no embeddings; \`sandbox/${EMBEDDER}\` does.`, {
      param: 'model',
    });
  return Response.json(embed(wire), { headers: idHeaders(requestId) });
}

function countReply(request: CanonicalRequest, codec: Codec, requestId: string): Response {
  const tokens = estimateInputTokens(request);
  const body = codec.counting?.write(tokens) ?? { input_tokens: tokens };
  return Response.json(body, { headers: idHeaders(requestId) });
}

async function answer(call: Call, behaviour: Behaviour, wait: Wait): Promise<Response> {
  const { codec, request, dress, signal } = call;
  switch (behaviour.kind) {
    case 'fail':
      return failureReply(behaviour.status, codec.id, dress.requestId);
    case 'hang':
      return hang(signal);
    case 'answer': {
      const script = rehearse(call, behaviour);
      return request.stream ? streamReply(call, script, wait) : wholeReply(call, script, wait);
    }
    default:
      return behaviour satisfies never;
  }
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function rehearse(call: Call, behaviour: Extract<Behaviour, { kind: 'answer' }>): Script {
  const { codec, request, dress, seed } = call;
  const { draft, firstByteMs, wordMs, ending, cached } = behaviour;
  return perform(draft(request), {
    id: dress.id,
    model: dress.model,
    createdS: dress.createdS,
    callPrefix: codec.id === 'anthropic-messages' ? 'toolu_' : 'call_',
    seed,
    sealIssuer: SEAL_ISSUERS[codec.id],
    firstByteMs,
    wordMs,
    ending,
    usage: openUsage(estimateInputTokens(request), cached),
    maxOutputTokens: request.maxOutputTokens,
    sampling: request.sampling,
  });
}

/** Formats that carry reasoning state, and whose it is. */
const SEAL_ISSUERS: Partial<Record<FormatId, string>> = {
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  'google-generate-content': 'google',
};

function streamReply({ codec, dress, signal }: Call, script: Script, wait: Wait): Response {
  const encoder = codec.streamEncoder(dress);
  const body = streamBody(script, {
    encode: (event) => encoder.push(event),
    garbage: writeFrame('{"type":"broken', DELTA_EVENTS[codec.id]),
    wait,
    signal,
  });
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...idHeaders(dress.requestId),
  };
  return new Response(body, { headers });
}

/** The event a delta of text travels under, for formats that name their events. */
const DELTA_EVENTS: Partial<Record<FormatId, string>> = {
  'openai-responses': 'response.output_text.delta',
  'anthropic-messages': 'content_block_delta',
};

async function wholeReply({ codec, dress, signal }: Call, script: Script, wait: Wait): Promise<Response> {
  const { response, fault, broken } = await playWhole(script, wait, signal);
  if (fault) return failureReply(fault.status, codec.id, dress.requestId);
  const text = JSON.stringify(codec.encodeResponse(response, dress));
  const body = broken ? text.slice(0, text.length / 2) : text;
  const headers = { 'content-type': 'application/json', ...idHeaders(dress.requestId) };
  return new Response(body, { headers });
}
