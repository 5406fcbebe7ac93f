// Reads a Chat Completions request into the canonical one.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { refuseLater } from '../../answer-later.ts';
import { readCacheOptions } from '../../cache-options.ts';
import type { Converted } from '../../codec.ts';
import { leftovers } from '../../leftovers.ts';
import { EXTRA_MEMBERS } from '../extras.ts';
import { decodeControls } from './controls.ts';
import { decodeMessages } from './messages.ts';
import { required } from './parts.ts';
import { decodeToolChoice, decodeTools, isLegacy } from './tools.ts';

/** Every member with a canonical place or without any effect on the answer. */
// biome-ignore format: a list of names
const KNOWN = [
  'model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls',
  'functions', 'function_call', 'web_search_options', 'max_tokens', 'max_completion_tokens',
  'temperature', 'top_p', 'top_k', 'seed', 'frequency_penalty', 'presence_penalty', 'logit_bias',
  'logprobs', 'top_logprobs', 'n', 'stop', 'reasoning_effort', 'reasoning', 'thinking',
  'enable_thinking', 'thinking_budget', 'chat_template_kwargs', 'response_format', 'verbosity', 'prompt_cache_key',
  'prompt_cache_retention', 'prompt_cache_options', 'cache_control', 'user', 'safety_identifier',
  'metadata', 'service_tier', 'modalities', 'audio',
  'extra_body',
  ...EXTRA_MEMBERS,
];

/**
 * Reads a body that passed `chatSchema`. Unknown members become losses; throws Fault 400 where dropping one would
 * change what is answered or paid (unknown kinds of answers and output formats).
 */
export function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  refuseLater(body, 'deferred');
  const losses: Loss[] = [];
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
  readCacheOptions(body, value, losses);
  if (isLegacy(body)) {
    value.parallelTools = false;
    value.origin.parallelTools ??= 'functions';
  }
  decodeModalities(body, value, losses);
  losses.push(...leftovers(streamOptions, ['include_usage', 'include_obfuscation'], 'stream_options'));
  // null says "not set"
  const isSet = ([, member]: [string, unknown]) => member !== null;
  losses.push(...leftovers(Object.fromEntries(Object.entries(body).filter(isSet)), KNOWN, ''));
  return { value, losses };
}

const SPEECH_FORMAT_DEFAULT = 'wav';

/** What an answer may be made of beside text. Throws for kinds of answers that no conversion gives. */
function decodeModalities(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const modalities = asArray(body.modalities);
  const others = modalities.filter((modality) => modality !== 'text');
  if (others.some((modality) => modality !== 'audio' && modality !== 'image') || new Set(others).size > 1)
    throw new Fault(
      'unsupported_parameter',
      'This model answers in text, and in sound or pictures beside it; set `modalities` to ["text"], ["text", "audio"] or ["text", "image"].',
      { param: 'modalities' },
    );
  if (modalities.includes('image')) {
    request.pictures = true;
    request.origin.pictures = 'modalities';
  }
  if (!modalities.includes('audio')) {
    if (isObject(body.audio))
      losses.push({ path: 'audio', action: 'dropped', reason: '`modalities` asks for no sound' });
    return;
  }
  const audio = asObject(body.audio);
  losses.push(...leftovers(audio, ['voice', 'format'], 'audio'));
  const voice = asString(audio.voice);
  if (voice === undefined && audio.voice !== undefined)
    losses.push({ path: 'audio.voice', action: 'dropped', reason: 'only its maker knows this voice' });
  const format = asString(audio.format) ?? SPEECH_FORMAT_DEFAULT;
  request.speech = voice === undefined ? { format } : { voice, format };
  Object.assign(request.origin, {
    speech: 'modalities',
    'speech.voice': 'audio.voice',
    'speech.format': 'audio.format',
  });
}
