// The plan of a call to a deployment of another format, or one that cannot be told all of it: read, fitted, written anew.

import { type AnswerChange, chainChanges } from '../../canonical/answer-change.ts';
import type { Loss } from '../../canonical/loss.ts';
import { mapProperties } from '../../canonical/property-map.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { mapTools, type ToolAbilities } from '../../canonical/tool-map.ts';
import type { Codec, Takers, Target } from '../../formats/codec.ts';
import { fitRequest } from '../../formats/fit-request.ts';
import { hasSeals, keepOwnSeals, withoutSeals } from '../../formats/seal.ts';
import { dearTierIn } from '../../formats/service-tier.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { ThoughtStore } from '../../store/ports.ts';
import { requestsOf, severalLoss } from '../answer/several.ts';
import { withAutoCache } from '../auto-cache.ts';
import type { Call } from '../call.ts';
import type { Candidate } from '../candidates/candidate.ts';
import { conversationKey } from '../candidates/conversation.ts';
import { lastScope, type SignInPorts, scopesOf, signIn } from '../candidates/credential.ts';
import { hasSearch } from '../candidates/search.ts';
import type { FallbackPorts, Sent } from '../costs/fallbacks/fit.ts';
import { fitOpaqueTools } from '../costs/fallbacks/tools.ts';
import { decode } from '../decoded.ts';
import type { Sealing } from '../reasoning/answer-seals.ts';
import { recallThoughts, rememberThoughts, turnHash } from '../reasoning/recollection.ts';

export type TranscodePorts = SignInPorts & FallbackPorts & { thoughts: ThoughtStore };

export type TranscodePlan = {
  kind: 'transcode';
  candidate: Candidate;
  upstream: Codec;
  path: string;
  /** Beside those that every request has. */
  headers: Record<string, string>;
  /** Asked of the provider; the client may want the answer whole. */
  stream: boolean;
  body: Uint8Array;
  credential: string | undefined;
  losses: Loss[];
  /** The most tokens that the provider is told an answer may have. */
  outputCap: number | undefined;
  tier: string | undefined;
  fallbacks: readonly Sent[];
  /** It brings sealed reasoning of earlier answers. */
  hasReasoning: boolean;
  /** Bodies of further requests, one for each answer beyond the first that the client wants. */
  more: Uint8Array[];
  /** Its provider may stop in the middle of the answer, and clients of the other format cannot go on by themselves. */
  goesOn: boolean;
  /** Makes what makes one answer of the provider the client's. */
  restore: () => AnswerChange | undefined;
  sealing: Sealing;
};

/** Throws Fault 400 when the request cannot be said in the format of `upstream`. */
export function transcodePlan(
  call: Call,
  candidate: Candidate,
  upstream: Codec,
  ports: TranscodePorts,
  target: Target,
): TranscodePlan {
  call.codec.refuseTranslated?.(call.body);
  const { sealKey, thoughts } = ports;
  const decoded = decode(call, sealKey);
  const { provider } = candidate;
  const keyId = call.key.id;
  const scopes = scopesOf(provider, sealKey);
  const recalled = recallThoughts(decoded.value, keyId, thoughts, (scope) => scopes.includes(scope));
  const { credential, scopes: own } = signIn(call, candidate, lastScope(recalled, scopes), ports);
  const kept = call.forgetsReasoning ? withoutSeals(recalled) : keepOwnSeals(recalled, own);
  const toolLosses: Loss[] = [];
  const asking = fitOpaqueTools(kept.value, { call, candidate, ports, upstream }, toolLosses);
  const fitted = fitRequest(asking.request, target, upstream);
  const named = upstream.plainProperties
    ? mapProperties(fitted.request)
    : { request: fitted.request, restore: undefined };
  const mapped = mapTools(named.request, abilitiesOf(call, candidate, upstream));
  const cap = mapped.request.maxOutputTokens ?? target.maxOutputTokens ?? 0;
  const stream = call.stream || cap > (upstream.wholeTokensMax ?? Number.POSITIVE_INFINITY);
  const keyed = withCacheKey({ ...mapped.request, stream }, call, candidate, upstream);
  const request = withAutoCache(keyed, call, upstream, target);
  const [first, ...others] = requestsOf(request);
  const encoded = upstream.encodeRequest(first, target);
  const body = bytesOf(encoded.value);
  const more = others.map((each) => bytesOf(upstream.encodeRequest(each, target).value));
  const { continuing } = upstream;
  const isTold = continuing?.hasWord === true && upstream.id === call.codec.id;
  const goesOn = continuing?.mayStop(encoded.value) === true && !isTold;
  const losses = [
    ...decoded.losses,
    ...kept.losses,
    ...toolLosses,
    ...fitted.losses,
    ...mapped.losses,
    ...encoded.losses,
  ];
  if (more.length > 0) losses.push(severalLoss(request));
  const path = upstream.path({ model: target.model, stream });
  const after = turnHash(decoded.value.messages.at(-1));
  // names are given back first: the made-up ones are not among them
  const restore = chainChanges([() => mapped.restore, () => named.restore?.(), ...fitted.changes]);
  const sealing: Sealing = {
    key: sealKey,
    scope: own[0],
    sealsTexts: provider.quirks.reasoningContent === true,
    remember: (parts, textHash) => rememberThoughts({ parts, textHash, after }, keyId, thoughts),
  };
  const headers = upstream.headersFor?.(encoded.value) ?? {};
  const hasReasoning = hasSeals(kept.value);
  const sent = { candidate, upstream, path, headers, stream, body, more, credential, goesOn, hasReasoning };
  const { outputCap } = upstream.wishes(encoded.value);
  const wishes = { outputCap, tier: dearTierIn(encoded.value, upstream), fallbacks: asking.sent };
  return { kind: 'transcode', ...sent, ...wishes, losses, restore, sealing };
}

function bytesOf(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** So that a prompt is found in the cache of its provider. */
function withCacheKey(
  request: CanonicalRequest,
  call: Call,
  candidate: Candidate,
  upstream: Codec,
): CanonicalRequest {
  if (!takes(upstream.cacheKey, candidate, upstream) || request.cache.key !== undefined) return request;
  return { ...request, cache: { ...request.cache, key: conversationKey(call, request) } };
}

function abilitiesOf(call: Call, candidate: Candidate, upstream: Codec): ToolAbilities {
  return {
    namespaces: takes(upstream.toolNamespaces, candidate, upstream),
    custom: takes(upstream.textTools, candidate, upstream),
    webSearch: hasSearch(call.model, candidate, upstream),
    letterFirst: upstream.letterFirst === true,
    hostedNames: upstream.hostedNames === true,
  };
}

function takes(takers: Takers | undefined, { provider }: Candidate, { author }: Codec): boolean {
  return takers === 'all' || (takers === 'author' && provider.id === author);
}
