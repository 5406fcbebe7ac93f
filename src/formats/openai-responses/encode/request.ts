// A canonical request, written as a Responses body for an upstream.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { Message } from '../../../canonical/part.ts';
import type { CanonicalRequest, OutputFormat } from '../../../canonical/request.ts';
import { sha256Hex } from '../../../lib/crypto.ts';
import { compact, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { mayRunCode } from '../../code-tool.ts';
import type { Converted, Target } from '../../codec.ts';
import { takesSampling } from '../../sampling.ts';
import { modernArrays } from '../../schema/arrays.ts';
import { strictMember } from '../../schema/strict.ts';
import { Breakpoints } from './breakpoints.ts';
import { encodeItems } from './items.ts';
import { encodeReasoning } from './reasoning.ts';
import { encodeHostedLimit, encodeToolChoice, encodeTools, namesOfClientTools } from './tools.ts';

/** See `Codec.encodeRequest`. Nothing is stored at the provider, so reasoning comes back sealed. */
export function encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject> {
  const losses: Loss[] = [];
  const { instructions, messages } = splitInstructions(request.messages, target);
  const clientTools = namesOfClientTools(request.tools);
  const marks = new Breakpoints(target.model, losses);
  const { developerRole } = target;
  const tools = encodeTools(request.tools, target, losses);
  const input = encodeItems(messages, { developerRole, clientTools, tools, losses, marks });
  marks.limit();
  const value = compact({
    model: target.model,
    instructions,
    input,
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: encodeToolChoice(request, losses),
    parallel_tool_calls: request.parallelTools,
    max_tool_calls: encodeHostedLimit(request.tools, target, losses),
    max_output_tokens: encodeCap(request, target, losses),
    ...encodeSampling(request, target, losses),
    reasoning: encodeReasoning(request, target, losses),
    text: encodeText(request),
    include: encodeInclude(request, target),
    prompt_cache_key: request.cache.key,
    prompt_cache_retention: encodeRetention(request, losses),
    prompt_cache_options: request.cache.prewarm ? { prewarm: true } : undefined,
    user: encodeUserId(request.userId, request.origin.userId ?? 'user', losses),
    safety_identifier: encodeUserId(request.safetyId, request.origin.safetyId ?? 'safety_identifier', losses),
    metadata: encodeMetadata(request, losses),
    service_tier: encodeTier(request, losses),
    store: false,
    stream: request.stream ? true : undefined,
  });
  return { value, losses };
}

/** One plain leading system text is `instructions`; more than that stays in place, part by part. */
function splitInstructions(
  messages: Message[],
  { search }: Target,
): { instructions: string | undefined; messages: Message[] } {
  // xAI reads them among the input only
  if (search === 'xai') return { instructions: undefined, messages };
  const [first, ...rest] = messages;
  const [part, ...others] = first?.role === 'system' ? first.parts : [];
  const isPlain = part?.kind === 'text' && others.length === 0 && !part.cache && part.text !== '';
  // a list of nothing is refused
  if (!isPlain || rest.length === 0) return { instructions: undefined, messages };
  return { instructions: part.text, messages: rest };
}

const CAP_MIN = 16;

function encodeCap(request: CanonicalRequest, target: Target, losses: Loss[]): number | undefined {
  const wanted = request.maxOutputTokens;
  const path = request.origin.maxOutputTokens ?? 'max_output_tokens';
  if (wanted === undefined) return undefined;
  if (wanted <= 0)
    throw new Fault('unsupported_parameter', `\`${path}\` must be at least 1 for this model.`, {
      param: path,
    });
  if (wanted < CAP_MIN) {
    losses.push({ path, action: 'changed', reason: 'raised to 16, the least the provider takes' });
    return CAP_MIN;
  }
  const max = target.maxOutputTokens;
  if (max === undefined || wanted <= max) return wanted;
  losses.push({ path, action: 'clamped', reason: 'cut to what the model can write' });
  return max;
}

function encodeSampling(
  request: CanonicalRequest,
  target: Target,
  losses: Loss[],
): Record<string, JsonValue | undefined> {
  const { sampling, speech, pictures, origin } = request;
  const path = (name: keyof typeof sampling) => origin[`sampling.${name}`] ?? name;
  if (speech || pictures)
    throw new Fault(
      'unsupported_parameter',
      'This model answers in text only; do not ask for sound or pictures.',
      { param: origin.speech ?? origin.pictures },
    );
  if (sampling.n !== undefined && sampling.n > 1)
    throw new Fault(
      'unsupported_parameter',
      `\`${path('n')}\` must be 1 for this model: it gives one answer per request.`,
      {
        param: path('n'),
      },
    );
  for (const name of ['stop', 'seed', 'frequencyPenalty', 'presencePenalty', 'logitBias', 'topK'] as const) {
    if (sampling[name] === undefined) continue;
    losses.push({ path: path(name), action: 'dropped', reason: 'the provider has no such setting' });
  }
  const knob = (name: 'temperature' | 'topP'): number | undefined => {
    const value = sampling[name];
    if (value === undefined || takesSampling(request, target)) return value;
    // 1 is the default of both, so nothing is lost
    if (value !== 1)
      losses.push({ path: path(name), action: 'dropped', reason: 'the model takes no sampling settings' });
    return undefined;
  };
  for (const name of ['logprobs', 'topLogprobs'] as const) {
    if (target.sampling || !sampling[name]) continue;
    losses.push({ path: path(name), action: 'dropped', reason: 'the model tells no probabilities' });
  }
  const top = target.sampling ? sampling.topLogprobs : undefined;
  return { temperature: knob('temperature'), top_p: knob('topP'), top_logprobs: top };
}

function encodeInclude({ sampling, tools }: CanonicalRequest, target: Target): JsonValue | undefined {
  const include: string[] = [];
  if (target.thinking !== 'none') include.push('reasoning.encrypted_content');
  if (sampling.logprobs && target.sampling) include.push('message.output_text.logprobs');
  // left out unless they are asked for
  if (mayRunCode(tools) && target.search !== 'xai') include.push('code_interpreter_call.outputs');
  return include.length === 0 ? undefined : include;
}

function encodeText(request: CanonicalRequest): JsonObject | undefined {
  const format = request.output && writeFormat(request.output);
  const text = compact({ format, verbosity: request.verbosity });
  return Object.keys(text).length === 0 ? undefined : text;
}

const SCHEMA_NAME_DEFAULT = 'response';
const SCHEMA_NAME_CHARS_MAX = 64;

function writeFormat(output: OutputFormat): JsonObject {
  if (output.kind === 'text') return { type: 'text' };
  if (output.kind === 'json') return { type: 'json_object' };
  const name = output.name?.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, SCHEMA_NAME_CHARS_MAX);
  const { description } = output;
  const schema = modernArrays(output.schema, true);
  const strict = strictMember(output.strict, schema);
  return compact({ type: 'json_schema', name: name || SCHEMA_NAME_DEFAULT, description, schema, strict });
}

function encodeRetention({ cache, origin }: CanonicalRequest, losses: Loss[]): string | undefined {
  if (cache.auto)
    losses.push({
      path: origin['cache.auto'] ?? 'cache_control',
      action: 'dropped',
      reason: 'the provider caches by itself',
    });
  if (cache.retention === undefined || /^(in_memory|in-memory|24h)$/.test(cache.retention))
    return cache.retention;
  const path = origin['cache.retention'] ?? 'prompt_cache_retention';
  losses.push({ path, action: 'dropped', reason: 'the provider knows in_memory and 24h' });
  return undefined;
}

const USER_ID_CHARS_MAX = 64;

/** Long ids (agents put whole sessions in them) become a hash of the length the provider takes. */
function encodeUserId(id: string | undefined, path: string, losses: Loss[]): string | undefined {
  if (id === undefined || id.length <= USER_ID_CHARS_MAX) return id;
  losses.push({ path, action: 'changed', reason: 'hashed to the 64 characters the provider takes' });
  return sha256Hex(id);
}

const METADATA_PAIRS_MAX = 16;

function encodeMetadata({ metadata, origin }: CanonicalRequest, losses: Loss[]): JsonObject | undefined {
  if (!metadata) return undefined;
  const values = Object.values(metadata);
  const fits = values.length <= METADATA_PAIRS_MAX && values.every((value) => typeof value === 'string');
  if (fits) return metadata;
  losses.push({
    path: origin.metadata ?? 'metadata',
    action: 'dropped',
    reason: 'the provider takes up to 16 pairs of text',
  });
  return undefined;
}

const TIERS = ['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'];

function encodeTier({ serviceTier, origin }: CanonicalRequest, losses: Loss[]): string | undefined {
  if (serviceTier === undefined || TIERS.includes(serviceTier)) return serviceTier;
  // Anthropic's "standard capacity only" is OpenAI's default tier
  if (serviceTier === 'standard_only' || serviceTier === 'standard') return 'default';
  losses.push({
    path: origin.serviceTier ?? 'service_tier',
    action: 'dropped',
    reason: 'no such tier at the provider',
  });
  return undefined;
}
