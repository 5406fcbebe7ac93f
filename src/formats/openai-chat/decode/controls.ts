// Reads the knobs of a Chat request: cap, sampling, thinking, output format, cache and labels.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest, Effort, OutputFormat, ReasoningControl } from '../../../canonical/request.ts';
import {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
} from '../../../lib/json.ts';
import { EFFORTS } from '../../effort.ts';
import { leftovers } from '../../leftovers.ts';
import { decodeMark } from './parts.ts';

/** Fills every control of the request, each with its origin. Throws where dropping one would change the answer. */
export function decodeControls(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  decodeCap(body, request, losses);
  decodeSampling(body, request);
  decodeReasoning(body, request, losses);
  const output = decodeOutput(body, losses);
  if (output) {
    request.output = output;
    request.origin.output = 'response_format';
    for (const name of ['name', 'description', 'schema', 'strict'])
      request.origin[`output.${name}`] = `response_format.json_schema.${name}`;
  }
  const note = <T>(value: T | undefined, member: string, name: string, set: (value: T) => void) => {
    if (value === undefined) return;
    set(value);
    request.origin[name] = member;
  };
  note(asBoolean(body.parallel_tool_calls), 'parallel_tool_calls', 'parallelTools', (value) => {
    request.parallelTools = value;
  });
  note(asString(body.verbosity), 'verbosity', 'verbosity', (value) => {
    request.verbosity = value;
  });
  note(asString(body.prompt_cache_key), 'prompt_cache_key', 'cache.key', (value) => {
    request.cache.key = value;
  });
  note(asString(body.prompt_cache_retention), 'prompt_cache_retention', 'cache.retention', (value) => {
    request.cache.retention = value;
  });
  note(decodeMark({ cache_control: body.cache_control ?? null }), 'cache_control', 'cache.auto', (value) => {
    request.cache.auto = value;
  });
  note(asString(body.user), 'user', 'userId', (value) => {
    request.userId = value;
  });
  note(asString(body.safety_identifier), 'safety_identifier', 'safetyId', (value) => {
    request.safetyId = value;
  });
  note(isObject(body.metadata) ? body.metadata : undefined, 'metadata', 'metadata', (value) => {
    request.metadata = value;
  });
  note(asString(body.service_tier), 'service_tier', 'serviceTier', (value) => {
    request.serviceTier = value;
  });
}

function decodeCap(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const newer = asNumber(body.max_completion_tokens);
  const older = asNumber(body.max_tokens);
  const cap = newer ?? older;
  if (cap === undefined) return;
  const member = newer === undefined ? 'max_tokens' : 'max_completion_tokens';
  // local servers take -1 for "no cap"
  if (cap < 0) losses.push({ path: member, action: 'dropped', reason: 'not a number of tokens' });
  else {
    request.maxOutputTokens = cap;
    request.origin.maxOutputTokens = member;
  }
  if (newer !== undefined && older !== undefined && newer !== older) {
    losses.push({ path: 'max_tokens', action: 'dropped', reason: 'max_completion_tokens wins' });
  }
}

const NUMBERS = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  seed: 'seed',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  top_logprobs: 'topLogprobs',
  n: 'n',
} as const;

function decodeSampling(body: JsonObject, request: CanonicalRequest): void {
  const { sampling, origin } = request;
  for (const [member, name] of Object.entries(NUMBERS)) {
    const value = asNumber(body[member]);
    if (value === undefined) continue;
    sampling[name] = value;
    origin[`sampling.${name}`] = member;
  }
  const stop =
    typeof body.stop === 'string'
      ? [body.stop]
      : asArray(body.stop).filter((text) => typeof text === 'string');
  if (stop.length > 0) {
    sampling.stop = stop;
    origin['sampling.stop'] = 'stop';
  }
  const logprobs = asBoolean(body.logprobs);
  if (logprobs !== undefined) {
    sampling.logprobs = logprobs;
    origin['sampling.logprobs'] = 'logprobs';
  }
  if (isObject(body.logit_bias)) {
    sampling.logitBias = body.logit_bias;
    origin['sampling.logitBias'] = 'logit_bias';
  }
}

/** Members no vendor agrees on, with the type of the form read here. */
const EXTENSIONS: Record<string, string> = {
  reasoning: 'object',
  thinking: 'object',
  chat_template_kwargs: 'object',
  enable_thinking: 'boolean',
  thinking_budget: 'number',
};

/** OpenAI's own member wins over the vendors' spellings of the same wish. */
function decodeReasoning(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const control: ReasoningControl = {};
  const { origin } = request;
  const setMode = (mode: ReasoningControl['mode'], member: string) => {
    if (mode === undefined || control.mode !== undefined) return;
    control.mode = mode;
    origin['reasoning.mode'] = member;
  };
  const setBudget = (tokens: number | undefined, member: string) => {
    if (tokens === undefined || control.budgetTokens !== undefined) return;
    if (!Number.isSafeInteger(tokens)) {
      losses.push({ path: member, action: 'dropped', reason: 'not a whole number of tokens' });
      return;
    }
    control.budgetTokens = tokens;
    origin['reasoning.budgetTokens'] = member;
  };
  const setEffort = (value: string | undefined, member: string) => {
    if (value === undefined || control.effort !== undefined) return;
    if (!(EFFORTS as readonly string[]).includes(value)) {
      losses.push({ path: member, action: 'dropped', reason: 'not a known effort' });
      return;
    }
    control.effort = value as Effort;
    origin['reasoning.effort'] = member;
    if (value === 'none') setMode('off', member);
  };
  const onOff = (value: unknown): ReasoningControl['mode'] =>
    value === true ? 'on' : value === false ? 'off' : undefined;

  for (const name in EXTENSIONS) {
    const value = body[name] ?? null;
    if (value === null || typeof value === EXTENSIONS[name]) continue;
    losses.push({ path: name, action: 'dropped', reason: 'not a known form of this extension' });
  }
  setEffort(asString(body.reasoning_effort), 'reasoning_effort');
  const vendor = asObject(body.reasoning);
  losses.push(...leftovers(vendor, ['effort', 'max_tokens', 'enabled'], 'reasoning'));
  setEffort(asString(vendor.effort), 'reasoning.effort');
  setBudget(asNumber(vendor.max_tokens), 'reasoning.max_tokens');
  setMode(onOff(vendor.enabled), 'reasoning.enabled');
  const thinking = asObject(body.thinking);
  losses.push(...leftovers(thinking, ['type', 'budget_tokens'], 'thinking'));
  const modes = { enabled: 'on', disabled: 'off', adaptive: 'auto', auto: 'auto' } as const;
  const type = asString(thinking.type);
  if (type !== undefined && Object.hasOwn(modes, type))
    setMode(modes[type as keyof typeof modes], 'thinking.type');
  else if (type !== undefined)
    losses.push({ path: 'thinking.type', action: 'dropped', reason: 'not a known mode' });
  setBudget(asNumber(thinking.budget_tokens), 'thinking.budget_tokens');
  setMode(onOff(body.enable_thinking), 'enable_thinking');
  setBudget(asNumber(body.thinking_budget), 'thinking_budget');
  const template = asObject(body.chat_template_kwargs);
  losses.push(...leftovers(template, ['enable_thinking', 'thinking'], 'chat_template_kwargs'));
  setMode(onOff(template.enable_thinking), 'chat_template_kwargs.enable_thinking');
  setMode(onOff(template.thinking), 'chat_template_kwargs.thinking');

  if (Object.keys(control).length === 0) return;
  // clients of this format show thoughts where there are any, and some models send none unless asked
  if (control.mode !== 'off') control.summary = 'auto';
  request.reasoning = control;
  const first = origin['reasoning.effort'] ?? origin['reasoning.mode'] ?? origin['reasoning.budgetTokens'];
  if (first !== undefined) origin.reasoning = first;
}

function decodeOutput(body: JsonObject, losses: Loss[]): OutputFormat | undefined {
  if (!isObject(body.response_format)) return undefined;
  const format = body.response_format;
  losses.push(...leftovers(format, ['type', 'json_schema'], 'response_format'));
  switch (format.type) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema': {
      const spec = asObject(format.json_schema);
      losses.push(
        ...leftovers(spec, ['name', 'description', 'schema', 'strict'], 'response_format.json_schema'),
      );
      const name = asString(spec.name);
      const description = asString(spec.description);
      const strict = asBoolean(spec.strict);
      return {
        kind: 'schema',
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        schema: asObject(spec.schema),
        ...(strict === undefined ? {} : { strict }),
      };
    }
    default:
      throw new Fault(
        'unsupported_parameter',
        '`response_format.type` must be `text`, `json_object` or `json_schema` for this model.',
        { param: 'response_format.type' },
      );
  }
}
