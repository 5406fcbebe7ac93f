// Decides how a call reaches one deployment: its own bytes with a few edits, or through the canonical model.

import { isFree } from '../billing/rates.ts';
import { type AnswerChange, chainChanges } from '../canonical/answer-change.ts';
import { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { FormatId } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import { mapTools, type ToolAbilities } from '../canonical/tool-map.ts';
import type { Deployment, Model, Price } from '../catalog/model.ts';
import { targetOf } from '../catalog/target.ts';
import type { Config } from '../config/config.ts';
import { ACCOUNT_MEMBERS, refusePrefill, refuseThread } from '../formats/anthropic-messages/index.ts';
import { mayRunCode } from '../formats/code-tool.ts';
import type { Codec, Converted, Target } from '../formats/codec.ts';
import { fitRequest } from '../formats/fit-request.ts';
import { FORMATS } from '../formats/index.ts';
import { refuseGeo } from '../formats/inference-geo.ts';
import { needsGateway, passEdits } from '../formats/pass-edits.ts';
import { isEnvelope, keepOwnSeals, scopeIn, sealFor } from '../formats/seal.ts';
import { dearTierIn } from '../formats/service-tier.ts';
import { editsBetween } from '../lib/edits-between.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import { type Edit, spliceJson } from '../lib/splice.ts';
import type { Provider } from '../providers/provider.ts';
import type { ThoughtStore } from '../store/ports.ts';
import { requestsOf, severalLoss } from './answer/several.ts';
import { withAutoCache } from './auto-cache.ts';
import type { Call } from './call.ts';
import { type Candidate, formatsOf } from './candidates/candidate.ts';
import { conversationKey } from './candidates/conversation.ts';
import { lastScope, type SignInPorts, scopesOf, signIn } from './candidates/credential.ts';
import { hasSearch, searchFormatsOf } from './candidates/search.ts';
import { fitDearWishes } from './costs/dear-wishes.ts';
import type { FallbackPorts, Sent } from './costs/fallbacks/fit.ts';
import { fitOpaqueTools } from './costs/fallbacks/tools.ts';
import { refuseRepeated } from './costs/repeated.ts';
import { decode } from './decoded.ts';
import type { Sealing } from './reasoning/answer-seals.ts';
import { recallThoughts, rememberThoughts, turnHash } from './reasoning/recollection.ts';
import { type NoteSeals, scopeOfSeal, sealNotes } from './reasoning/seal-notes.ts';
import { isStrict } from './strict.ts';

export type PlanPorts = SignInPorts &
  FallbackPorts & {
    /** Proves envelopes around sealed reasoning to be ours, 32 bytes. */
    sealKey: Uint8Array;
    thoughts: ThoughtStore;
    config: Pick<Config, 'providers'>;
  };

/** `renamed`: answers carry another model name than the client wrote. `hideUsage`: the usage chunk is ours. */
export type PassPlan = {
  kind: 'pass';
  candidate: Candidate;
  upstream: Codec;
  /** Behind the provider's base URL. */
  path: string;
  stream: boolean;
  body: Uint8Array;
  /** Our secret at the provider. */
  credential: string | undefined;
  renamed: boolean;
  hideUsage: boolean;
  losses: Loss[];
  /** The dearer service tier it asks for. */
  tier: string | undefined;
  /** Where it has to run. */
  geo: string | undefined;
  /** The models that the provider may ask in place of its own, or for advice. */
  fallbacks: readonly Sent[];
  /** Whose reasoning the answer holds. */
  scope: string;
  /** There when the seals of the answer could end up with someone else than who made them. */
  noteSeals: NoteSeals | undefined;
};
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
  tier: string | undefined;
  fallbacks: readonly Sent[];
  /** Bodies of further requests, one for each answer beyond the first that the client wants. */
  more: Uint8Array[];
  /** Its provider may stop in the middle of the answer, and clients of the other format cannot go on by themselves. */
  goesOn: boolean;
  /** Makes what makes one answer of the provider the client's. */
  restore: () => AnswerChange | undefined;
  sealing: Sealing;
};
export type Plan = PassPlan | TranscodePlan;

/**
 * The plan for one candidate: the client's own format when the deployment speaks it, else its first one. A provider
 * that wants its first format for everybody gets it unless that would lose more than the client's own one. Throws
 * Fault 400 when the request cannot be said in any of them.
 */
export function planCall(call: Call, candidate: Candidate, ports: PlanPorts): Plan {
  const formats = usableFormats(call, candidate, ports);
  const own = call.codec.id;
  const first = formats[0] ?? own;
  const speaksOwn = formats.includes(own);
  const target = targetFor(call, candidate);
  const isHard = needsGateway(own, call.body, target) || !formatsOf(candidate).includes(first);
  if (first === own || (speaksOwn && !candidate.provider.quirks.firstFormatFirst))
    return isHard
      ? transcodePlan(call, candidate, call.codec, ports, target)
      : passPlan(call, candidate, ports, target);
  const upstream = FORMATS[first];
  if (!upstream) throw new Fault('no_provider', `Provider ${candidate.provider.id} speaks no known format.`);
  try {
    const plan = transcodePlan(call, candidate, upstream, ports, target);
    const mayMove = !isStrict(call);
    const lost = plan.losses.filter((loss) => !mayMove || loss.action !== 'moved').length;
    if (lost === 0 || !speaksOwn || isHard) return plan;
    const passing = passPlan(call, candidate, ports, target);
    return passing.losses.length < lost ? passing : plan;
  } catch (thrown) {
    if (speaksOwn && thrown instanceof Fault && thrown.status === 400)
      return passPlan(call, candidate, ports, target);
    throw thrown;
  }
}

/** By deployment, for as long as nothing of it changes: they are the same for all calls. */
const targets = new WeakMap<
  Deployment,
  { of: { model: Model; provider: Provider; price: Price }; target: Target }
>();

/** What the deployment can take of this call, by the price it has now. */
function targetFor({ model, price }: Call, { deployment, provider }: Candidate): Target {
  const known = targets.get(deployment);
  if (known?.of.price === price && known.of.model === model && known.of.provider === provider)
    return known.target;
  const priced = isFree(price)
    ? ({ tiers: 'every', geos: 'every' } as const)
    : { tiers: Object.keys(price.tiers ?? {}), geos: Object.keys(price.inferenceGeo ?? {}) };
  const target = targetOf(model, deployment, provider, priced);
  targets.set(deployment, { of: { model, provider, price }, target });
  return target;
}

/** A search, and code that runs at the provider, narrow the formats to those that have one, if there are any. */
function usableFormats(call: Call, candidate: Candidate, { sealKey }: PlanPorts): FormatId[] {
  const formats = formatsOf(candidate);
  const searching = searchFormatsOf(candidate);
  const isApart = searching.length > formats.length;
  if (!call.extras?.searches && !isApart) return formats;
  const tools = isApart ? decode(call, sealKey).value.tools : [];
  if (mayRunCode(tools)) return searching.filter((format) => !formats.includes(format));
  if (!call.extras?.searches && !tools.some(({ kind }) => kind === 'web-search')) return formats;
  const able = searching.filter((format) => hasSearch(call.model, candidate, format));
  return able.length > 0 ? able : formats;
}

/**
 * The client's bytes with the edits the deployment needs. Throws Fault 400 for what no deployment keeps, or none shall
 * read otherwise than it was read here.
 */
export function passPlan(
  call: Call,
  candidate: Candidate,
  ports: PlanPorts,
  target = targetFor(call, candidate),
): PassPlan {
  const { codec } = call;
  const { provider } = candidate;
  if (codec.id === 'anthropic-messages') refuseThread(call.body);
  refuseGeo(call.body, target, codec);
  const { credential, scope, shown } = ownSeals(call, candidate, ports);
  const top = refuseRepeated(call);
  const isShown = shown === undefined || shown.value === call.body;
  const bytes = isShown ? call.bytes : spliceJson(call.bytes, editsBetween([], call.body, shown.value), top);
  const early: Edit[] = [];
  const renamed = candidate.deployment.model !== call.modelName;
  if (renamed) early.push(...modelEdits(codec, candidate.deployment.model));
  const fitted = passEdits(codec.id, shown?.value ?? call.body, target, provider.quirks.usageInStream);
  early.push(...fitted.edits);
  let hideUsage = false;
  if (codec.id === 'openai-chat' && call.stream && provider.quirks.usageInStream !== false) {
    const options = call.body.stream_options;
    hideUsage = !(isObject(options) && options.include_usage === true);
    if (hideUsage) early.push({ path: ['stream_options', 'include_usage'], json: 'true' });
  }
  const losses = [...(shown?.losses ?? []), ...fitted.losses];
  const { edits, wishes } = fitDearWishes(call, candidate, target, ports, {
    ...fitted,
    edits: early,
    losses,
  });
  if (codec.id === 'anthropic-messages') {
    for (const name of ACCOUNT_MEMBERS.filter((each) => each in call.body)) {
      edits.push({ path: [name], json: undefined });
      losses.push({ path: name, action: 'dropped', reason: 'it acts on the account of the operator' });
    }
  }
  edits.push(...extraEdits(call));
  const body = edits.length === 0 ? bytes : spliceJson(bytes, edits, isShown ? top : undefined);
  const path = codec.path({ model: candidate.deployment.model, stream: call.stream });
  const noteSeals = hasNeighbours(codec.id, provider, ports)
    ? sealNotes(call.key.id, scope, ports.thoughts)
    : undefined;
  const { stream } = call;
  const { tier, geo, fallbacks } = wishes;
  return {
    kind: 'pass',
    candidate,
    upstream: codec,
    path,
    stream,
    body,
    credential,
    renamed,
    hideUsage,
    losses,
    tier,
    geo,
    fallbacks,
    scope,
    noteSeals,
  };
}

/** The client's body with the seals that belong to the provider, and the credential they belong to. */
function ownSeals(
  call: Call,
  candidate: Candidate,
  ports: PlanPorts,
): { credential: string | undefined; scope: string; shown: Converted<JsonObject> | undefined } {
  const { codec, key, body } = call;
  const { provider } = candidate;
  const { sealKey, thoughts } = ports;
  const scopeOf = (seal: string) =>
    isEnvelope(seal) ? scopeIn(seal, sealKey) : scopeOfSeal(seal, key.id, thoughts);
  let last: string | undefined;
  if (provider.credentials.length > 1) {
    const all = scopesOf(provider, sealKey);
    codec.showSeals?.(body, (seal) => {
      const scope = scopeOf(seal);
      if (scope !== undefined && all.includes(scope)) last = scope;
      return seal;
    });
  }
  const { credential, scopes } = signIn(call, candidate, last, ports);
  const open = codec.issuer === undefined ? undefined : sealFor(codec.issuer, sealKey, scopes);
  const shown =
    open &&
    codec.showSeals?.(body, (seal) => {
      const scope = isEnvelope(seal) ? undefined : scopeOf(seal);
      return scope === undefined || scopes.includes(scope) ? open(seal) : undefined;
    });
  return { credential, scope: scopes[0], shown };
}

/**
 * Others may be sent the format's seals as they are: another provider, or another account at this one. The sandbox
 * may see anybody's, since nothing leaves through it, but nobody else shall be sent what it made up.
 */
function hasNeighbours(format: FormatId, provider: Provider, { config }: PlanPorts): boolean {
  return accountsOf(format, config.providers) + (provider.builtIn ? 1 : 0) > 1;
}

/** By format, for as long as a configuration holds: its providers never change. */
const accounts = new WeakMap<Config['providers'], Map<FormatId, number>>();

function accountsOf(format: FormatId, providers: Config['providers']): number {
  const known = accounts.get(providers) ?? new Map<FormatId, number>();
  accounts.set(providers, known);
  let count = known.get(format);
  if (count === undefined) {
    count = 0;
    for (const { formats, credentials, builtIn } of providers.values())
      if (!builtIn && formats.includes(format)) count += Math.max(1, credentials.length);
    known.set(format, count);
  }
  return count;
}

/** What the body asks of the gateway is not for the provider. */
function extraEdits({ extras }: Call): Edit[] {
  return (extras?.members ?? []).map((name) => ({ path: [name], json: undefined }));
}

function modelEdits(codec: Codec, model: string): Edit[] {
  return codec.modelEdits?.(model) ?? [{ path: ['model'], json: JSON.stringify(model) }];
}

function transcodePlan(
  call: Call,
  candidate: Candidate,
  upstream: Codec,
  ports: PlanPorts,
  target: Target,
): TranscodePlan {
  if (call.codec.id === 'anthropic-messages') refusePrefill(call.body);
  const { sealKey, thoughts } = ports;
  const decoded = decode(call, sealKey);
  const { provider } = candidate;
  const keyId = call.key.id;
  const scopes = scopesOf(provider, sealKey);
  const recalled = recallThoughts(decoded.value, keyId, thoughts, (scope) => scopes.includes(scope));
  const { credential, scopes: own } = signIn(call, candidate, lastScope(recalled, scopes), ports);
  const kept = keepOwnSeals(recalled, own);
  const toolLosses: Loss[] = [];
  const asking = fitOpaqueTools(kept.value, call, candidate, ports, upstream, toolLosses);
  const fitted = fitRequest(asking.request, target, upstream);
  const mapped = mapTools(fitted.request, abilitiesOf(call, candidate, upstream));
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
  const restore = chainChanges([() => mapped.restore, ...fitted.changes]);
  const sealing: Sealing = {
    key: sealKey,
    scope: own[0],
    sealsTexts: provider.quirks.reasoningContent === true,
    remember: (parts, textHash) => rememberThoughts({ parts, textHash, after }, keyId, thoughts),
  };
  const headers = upstream.headersFor?.(encoded.value) ?? {};
  const sent = { candidate, upstream, path, headers, stream, body, more, credential, goesOn };
  const wishes = { tier: dearTierIn(encoded.value, upstream), fallbacks: asking.sent };
  return { kind: 'transcode', ...sent, ...wishes, losses, restore, sealing };
}

function bytesOf(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** OpenAI finds a cached prompt by this key; hosts that merely speak its Chat format may refuse the member. */
function withCacheKey(
  request: CanonicalRequest,
  call: Call,
  { provider }: Candidate,
  upstream: Codec,
): CanonicalRequest {
  const takesKey =
    upstream.id === 'openai-responses' || (upstream.id === 'openai-chat' && provider.id === 'openai');
  if (!takesKey || request.cache.key !== undefined) return request;
  return { ...request, cache: { ...request.cache, key: conversationKey(call, request) } };
}

function abilitiesOf(call: Call, candidate: Candidate, upstream: Codec): ToolAbilities {
  const isResponses = upstream.id === 'openai-responses';
  const isChat = upstream.id === 'openai-chat';
  return {
    namespaces: isResponses,
    custom: isResponses || (isChat && candidate.provider.id === 'openai'),
    webSearch: hasSearch(call.model, candidate, upstream.id),
    letterFirst: upstream.id === 'google-generate-content',
  };
}
