// Writes the knobs of a canonical request as Chat members.

import { createHash } from 'node:crypto';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest, OutputFormat } from '../../../canonical/request.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import { takesSampling } from '../../sampling.ts';
import { modernArrays } from '../../schema/arrays.ts';
import { COMPATIBLE } from '../../schema/dialect.ts';
import { fitSchema, listed } from '../../schema/fit.ts';
import { strictMember } from '../../schema/strict.ts';
import { GOOGLE_VOICES } from '../../voices.ts';
import { NO_MEMBER, unsupported } from './parts.ts';
import { encodeThinking, type Lose } from './reasoning.ts';

const ID_CHARS_MAX = 64;

/** Every member but model, messages and tools; throws Fault `unsupported_parameter` for a cap of 0. */
export function encodeControls(request: CanonicalRequest, target: Target, losses: Loss[]): JsonObject {
  const { origin, cache, sampling } = request;
  const lose = (name: string, action: Loss['action'], reason: string) =>
    losses.push({ path: clientPath(name, origin), action, reason });

  if (sampling.topK !== undefined && !target.topK) lose('sampling.topK', 'dropped', NO_MEMBER);
  if (cache.auto) lose('cache.auto', 'dropped', NO_MEMBER);
  if (request.metadata) lose('metadata', 'dropped', 'labels are kept here and not sent to another provider');
  return compact({
    [target.maxTokensField]: encodeCap(request, target, lose),
    ...encodeSampling(request, target, lose),
    top_k: target.topK ? sampling.topK : undefined,
    stop: sampling.stop,
    seed: sampling.seed,
    n: sampling.n,
    ...encodeThinking(request, target, lose),
    response_format: encodeOutput(request, target, lose),
    verbosity: request.verbosity,
    ...encodeModalities(request, lose),
    prompt_cache_key: cache.key,
    prompt_cache_retention: cache.retention,
    user: shortId(request.userId, 'userId', lose),
    safety_identifier: shortId(request.safetyId, 'safetyId', lose),
    service_tier: encodeTier(request, lose),
    ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
}

function clientPath(name: string, origin: CanonicalRequest['origin']): string {
  const [group = name] = name.split('.');
  return origin[name] ?? origin[group] ?? name.replace(/^(sampling|cache)\./, '');
}

function encodeCap(request: CanonicalRequest, target: Target, lose: Lose): number | undefined {
  const { maxOutputTokens } = request;
  if (maxOutputTokens === undefined) return undefined;
  if (maxOutputTokens < 1) {
    throw unsupported(request.origin.maxOutputTokens ?? 'max_tokens', 'an answer needs at least one token');
  }
  if (target.maxOutputTokens === undefined || maxOutputTokens <= target.maxOutputTokens)
    return maxOutputTokens;
  lose('maxOutputTokens', 'clamped', 'the model answers with fewer tokens at most');
  return target.maxOutputTokens;
}

const KNOBS = {
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  logitBias: 'logit_bias',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
} as const;

function encodeSampling(request: CanonicalRequest, target: Target, lose: Lose): JsonObject {
  const members: JsonObject = {};
  for (const name of Object.keys(KNOBS) as (keyof typeof KNOBS)[]) {
    const value = request.sampling[name];
    if (value === undefined) continue;
    if (takesSampling(request, target)) members[KNOBS[name]] = value;
    else lose(`sampling.${name}`, 'dropped', 'the model refuses it');
  }
  // their number is refused where they are not asked for
  if (members.top_logprobs !== undefined && members.logprobs !== true) members.logprobs = true;
  const { temperatureMax: most } = target;
  if (most !== undefined && typeof members.temperature === 'number' && members.temperature > most) {
    members.temperature = most;
    lose('sampling.temperature', 'clamped', `the provider’s scale ends at ${most}`);
  }
  return members;
}

/** Where a voice has to be named and none is. */
const VOICE_DEFAULT = 'alloy';

/** Pictures are asked for as OpenRouter has it. */
function encodeModalities({ speech, pictures }: CanonicalRequest, lose: Lose): JsonObject {
  if (!speech) return pictures ? { modalities: ['text', 'image'] } : {};
  const { voice = VOICE_DEFAULT, format } = speech;
  const isForeign = GOOGLE_VOICES.has(voice);
  if (isForeign) lose('speech.voice', 'changed', 'a voice of Google’s; the default one speaks');
  return { modalities: ['text', 'audio'], audio: { voice: isForeign ? VOICE_DEFAULT : voice, format } };
}

function encodeOutput(request: CanonicalRequest, target: Target, lose: Lose): JsonObject | undefined {
  const { output } = request;
  switch (output?.kind) {
    case undefined:
      return undefined;
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'schema':
      return { type: 'json_schema', json_schema: encodeSchema(output, target, lose) };
    default:
      return output satisfies never;
  }
}

function encodeSchema(
  output: Extract<OutputFormat, { kind: 'schema' }>,
  target: Target,
  lose: Lose,
): JsonObject {
  const { name = 'response', description } = output;
  const { schema: fitted, changed } = target.plainSchemas
    ? fitSchema(output.schema, COMPATIBLE)
    : { schema: output.schema, changed: [] };
  const schema = modernArrays(fitted, true);
  if (changed.length > 0)
    lose('output', 'changed', `the provider does not know ${listed(changed)} in a schema`);
  const strict = target.strict === false ? undefined : strictMember(output.strict, schema);
  if (target.strict === false && output.strict === true) lose('output.strict', 'dropped', NO_MEMBER);
  return compact({ name, description, schema, strict });
}

/** OpenAI takes at most 64 characters; longer ids become a stable digest. */
function shortId(id: string | undefined, name: string, lose: Lose): string | undefined {
  if (id === undefined || id.length <= ID_CHARS_MAX) return id;
  lose(name, 'changed', 'too long for the provider; a digest stands for it');
  return createHash('sha256').update(id).digest('hex');
}

const TIERS = ['auto', 'default', 'flex', 'scale', 'priority', 'fast'];

function encodeTier({ serviceTier: tier }: CanonicalRequest, lose: Lose): string | undefined {
  if (tier === undefined || TIERS.includes(tier)) return tier;
  // Anthropic's word for "no priority capacity"
  if (tier === 'standard_only') return 'default';
  lose('serviceTier', 'dropped', NO_MEMBER);
  return undefined;
}
