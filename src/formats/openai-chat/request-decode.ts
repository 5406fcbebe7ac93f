// Reads a Chat Completions request into the canonical one.

import { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { asArray, asObject, type JsonObject } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';
import { leftovers } from '../leftovers.ts';
import { decodeControls } from './decode-controls.ts';
import { decodeMessages } from './decode-messages.ts';
import { required } from './decode-parts.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { EXTRA_MEMBERS } from './extras.ts';

/** Every member with a canonical place or without any effect on the answer. */
const KNOWN = [
  ...['model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls'],
  ...['functions', 'function_call', 'web_search_options', 'max_tokens', 'max_completion_tokens'],
  ...['temperature', 'top_p', 'top_k', 'seed', 'frequency_penalty', 'presence_penalty', 'logit_bias'],
  ...[
    'logprobs',
    'top_logprobs',
    'n',
    'stop',
    'reasoning_effort',
    'reasoning',
    'thinking',
    'enable_thinking',
  ],
  ...['thinking_budget', 'chat_template_kwargs', 'response_format', 'verbosity', 'prompt_cache_key'],
  ...['prompt_cache_retention', 'cache_control', 'user', 'safety_identifier', 'metadata', 'service_tier'],
  'modalities',
  ...EXTRA_MEMBERS,
];

/**
 * Reads a body that passed `chatSchema`. Unknown members become losses; throws Fault 400 where dropping one would
 * change what is answered or paid (spoken answers, unknown output formats).
 */
export function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  const losses: Loss[] = [];
  refuseAudio(body);
  const streamOptions = asObject(body.stream_options);
  const stream = body.stream === true;
  const value: CanonicalRequest = {
    model: required(body.model, 'model'),
    stream,
    includeUsage: stream && streamOptions.include_usage === true,
    messages: decodeMessages(asArray(body.messages), losses),
    tools: decodeTools(body, losses),
    sampling: {},
    cache: {},
    origin: {},
  };
  decodeToolChoice(body, value);
  if (value.origin.toolChoice === 'tool_choice' && (body.function_call ?? null) !== null)
    losses.push({ path: 'function_call', action: 'dropped', reason: 'tool_choice wins' });
  decodeControls(body, value, losses);
  losses.push(...leftovers(streamOptions, ['include_usage', 'include_obfuscation'], 'stream_options'));
  // null says "not set"
  const isSet = ([, member]: [string, unknown]) => member !== null;
  losses.push(...leftovers(Object.fromEntries(Object.entries(body).filter(isSet)), KNOWN, ''));
  return { value, losses };
}

function refuseAudio(body: JsonObject): void {
  if (!asArray(body.modalities).some((modality) => modality !== 'text')) return;
  throw new Fault(
    'unsupported_parameter',
    'This model answers in text only here; leave `modalities` out or set it to ["text"].',
    { param: 'modalities' },
  );
}
