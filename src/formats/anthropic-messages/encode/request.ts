// A canonical request to a Messages body for one target.

import { distinctIds } from '../../../canonical/distinct-ids.ts';
import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import { pairResults } from '../../../canonical/pair-results.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import { sha256Hex } from '../../../lib/crypto.ts';
import { asObject, type JsonObject } from '../../../lib/json.ts';
import type { Converted, Target } from '../../codec.ts';
import { ANTHROPIC } from '../../schema/dialect.ts';
import { fitSchema, listed, newRoom } from '../../schema/fit.ts';
import { refusesSpeed } from '../betas.ts';
import { OWN_ID } from '../code-blocks.ts';
import { RemoteBlocks } from '../remote-blocks.ts';
import { SearchBlocks } from '../search-blocks.ts';
import { encodeThinking } from './thinking.ts';
import { encodeTools, offeredTools } from './tools.ts';
import { encodeMessages } from './turns.ts';
import { cacheControl, keepForLonger, limitMarks, lose, orderMarks, type Writing } from './writing.ts';

/** Writes a request for an upstream; see the codec contract for losses and faults. */
export function encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject> {
  const losses: Loss[] = [];
  const paired = { ...request, messages: distinctIds(pairResults(request.messages, losses)) };
  const writing: Writing = {
    request: paired,
    target,
    losses,
    room: newRoom(),
    marks: [],
    searches: new SearchBlocks(OWN_ID),
    calls: new RemoteBlocks(OWN_ID.replace('srvtoolu', 'mcptoolu')),
  };
  refuseUnsayable(request);
  writing.request = { ...paired, tools: offeredTools(writing) };
  const { thinks, thinking, effort, maxTokens } = encodeThinking(writing);
  // in prompt order, so that cache marks are counted in prompt order
  const tools = encodeTools(writing, thinks);
  const { system, messages } = encodeMessages(writing);
  const format = encodeOutput(writing);
  const body: JsonObject = { model: target.model, max_tokens: maxTokens };
  if (system.length > 0) body.system = system;
  body.messages = messages;
  Object.assign(body, tools, encodeSampling(writing, thinks));
  if (thinking) body.thinking = thinking;
  if (request.cache.prewarm) fillCacheOnly(body);
  const config: JsonObject = {};
  if (effort !== undefined) config.effort = effort;
  if (format) config.format = format;
  if (Object.keys(config).length > 0) body.output_config = config;
  Object.assign(body, encodeIdentity(writing));
  if (request.cache.auto) body.cache_control = cacheControl(request.cache.auto, 'cache_control', writing);
  limitMarks(writing, request.cache.auto !== undefined);
  encodeRetention(writing, body);
  orderMarks(writing, body);
  if (request.stream) body.stream = true;
  loseUnknown(writing);
  return { value: body, losses: writing.losses };
}

/** A budget for thoughts would have to be less than nothing. */
function fillCacheOnly(body: JsonObject): void {
  body.max_tokens = 0;
  if (asObject(body.thinking).type === 'enabled') delete body.thinking;
}

/** Members whose loss would give the client another answer than it asked for. */
function refuseUnsayable(request: CanonicalRequest): void {
  if (request.speech || request.pictures)
    throw new Fault(
      'unsupported_parameter',
      'This model answers in text only; do not ask for sound or pictures.',
      { param: request.origin.speech ?? request.origin.pictures },
    );
  const { n } = request.sampling;
  if (n !== undefined && n > 1) {
    const param = request.origin['sampling.n'] ?? 'n';
    throw new Fault(
      'unsupported_parameter',
      'This model gives one answer a request; send several requests.',
      {
        param,
      },
    );
  }
}

/** Newer models take no temperature but 1, and thinking ones neither; Anthropic's scale ends at 1. */
function encodeSampling(writing: Writing, thinks: boolean): JsonObject {
  const { temperature, topP, topK, stop } = writing.request.sampling;
  const free = writing.target.sampling && !thinks;
  const reason = thinks ? 'not while the model thinks' : 'the model refuses it';
  const out: JsonObject = {};
  if (temperature !== undefined) {
    if (free || temperature === 1) out.temperature = Math.min(temperature, 1);
    else lose(writing, 'sampling.temperature', 'dropped', reason);
    if (free && temperature > 1)
      lose(writing, 'sampling.temperature', 'clamped', 'Anthropic’s scale ends at 1');
  }
  if (topP !== undefined) {
    if (!free) lose(writing, 'sampling.topP', 'dropped', reason);
    else if (temperature !== undefined)
      lose(writing, 'sampling.topP', 'dropped', 'not together with temperature');
    else out.top_p = topP;
  }
  if (topK !== undefined) {
    if (free) out.top_k = topK;
    else lose(writing, 'sampling.topK', 'dropped', reason);
  }
  if (stop) out.stop_sequences = stop;
  return out;
}

/** Free JSON and schemas beyond the dialect have been made something else before (`output-form.ts`). */
function encodeOutput(writing: Writing): JsonObject | undefined {
  const { output } = writing.request;
  if (!output || output.kind === 'text') return undefined;
  if (output.kind === 'json') {
    lose(writing, 'output', 'dropped', 'Anthropic has no JSON mode');
    return undefined;
  }
  for (const name of ['name', 'description'] as const) {
    if (output[name] !== undefined) loseDetail(writing, name, 'dropped', 'Anthropic takes only the schema');
  }
  if (output.strict === false)
    loseDetail(writing, 'strict', 'changed', 'Anthropic always keeps to the schema');
  const { schema, changed } = fitSchema(output.schema, ANTHROPIC);
  if (changed.length > 0)
    loseDetail(writing, 'schema', 'changed', `Anthropic does not enforce ${listed(changed)}`);
  return { type: 'json_schema', schema };
}

/** A member of the output format stands inside of it, wherever the client wrote that. */
function loseDetail(writing: Writing, name: string, action: 'dropped' | 'changed', reason: string): void {
  const { origin } = writing.request;
  const path = origin[`output.${name}`] ?? `${origin.output ?? 'output'}.${name}`;
  writing.losses.push({ path, action, reason });
}

const USER_ID_CHARS_MAX = 256;
/** What Anthropic takes for an email address or a telephone number, and answers with a 400. */
const PERSONAL = /\S@\S+\.\S|^\+?[\d\s()-]{7,}$/;

/** Who the end user is, and which capacity may serve. */
function encodeIdentity(writing: Writing): JsonObject {
  const { userId, safetyId, serviceTier } = writing.request;
  const out: JsonObject = {};
  const user = userId ?? safetyId;
  if (user !== undefined) {
    const isRefused = user.length > USER_ID_CHARS_MAX || PERSONAL.test(user);
    out.metadata = { user_id: isRefused ? sha256Hex(user) : user };
    const name = userId === undefined ? 'safetyId' : 'userId';
    if (isRefused) lose(writing, name, 'changed', 'Anthropic refuses such an id; a digest stands for it');
  }
  if (userId !== undefined && safetyId !== undefined && userId !== safetyId) {
    lose(writing, 'safetyId', 'dropped', 'Anthropic takes one user id');
  }
  if (serviceTier === 'auto' || serviceTier === 'priority') out.service_tier = 'auto';
  else if (serviceTier === 'default') out.service_tier = 'standard_only';
  else if (serviceTier === 'fast') Object.assign(out, encodeSpeed(writing));
  else if (serviceTier !== undefined) lose(writing, 'serviceTier', 'dropped', 'Anthropic has no such tier');
  if (serviceTier === 'priority')
    lose(writing, 'serviceTier', 'changed', 'Anthropic gives priority where the account has bought it');
  return out;
}

/** More speed for more money; `fitTier` sees to it that it has a price. */
function encodeSpeed(writing: Writing): JsonObject {
  const { refusesBetas, refuses } = writing.target;
  if (!refusesSpeed(refusesBetas) && !refuses?.includes('speed')) return { speed: 'fast' };
  lose(writing, 'serviceTier', 'dropped', 'the provider refuses `speed`');
  return {};
}

/** The lifetime of the whole cache is one of its marks here; without marks nothing is cached. */
function encodeRetention(writing: Writing, body: JsonObject): void {
  const { retention } = writing.request.cache;
  if (retention === undefined) return;
  if (retention === '24h' && keepForLonger(writing, body))
    lose(writing, 'cache.retention', 'changed', 'the cache lifetime became 1h');
  else lose(writing, 'cache.retention', 'dropped', 'Anthropic has no such control');
}

/** Controls that have no member in this format. */
function loseUnknown(writing: Writing): void {
  const { sampling, cache, verbosity, metadata } = writing.request;
  const { seed, frequencyPenalty, presencePenalty, logitBias, logprobs, topLogprobs } = sampling;
  const controls: Record<string, unknown> = {
    'sampling.seed': seed,
    'sampling.frequencyPenalty': frequencyPenalty,
    'sampling.presencePenalty': presencePenalty,
    'sampling.logitBias': logitBias,
    'sampling.logprobs': logprobs,
    'sampling.topLogprobs': topLogprobs,
    'cache.key': cache.key,
    verbosity,
    metadata,
  };
  for (const name in controls) {
    if (controls[name] !== undefined) lose(writing, name, 'dropped', 'Anthropic has no such control');
  }
}
