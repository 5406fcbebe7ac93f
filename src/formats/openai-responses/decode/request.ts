// A client's Responses request, read into the canonical one.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  CanonicalRequest,
  Effort,
  OutputFormat,
  ReasoningControl,
  Tool,
} from '../../../canonical/request.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { refuseLater } from '../../answer-later.ts';
import { readCacheOptions } from '../../cache-options.ts';
import type { Converted } from '../../codec.ts';
import { EFFORTS } from '../../effort.ts';
import { refuseStored } from '../stored.ts';
import { type Conversation, decodeItems } from './items.ts';
import { lostMembers } from './lost-members.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';

const KNOWN = [
  'model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_output_tokens',
  'temperature', 'top_p', 'top_logprobs', 'include', 'reasoning', 'text', 'stream', 'stream_options', 'store',
  'background', 'previous_response_id', 'conversation', 'prompt', 'prompt_cache_key', 'prompt_cache_retention',
  'prompt_cache_options', 'user', 'safety_identifier', 'metadata', 'service_tier', 'truncation', 'client_metadata',
  'max_tool_calls',
]; // biome-ignore format: a list of names

/** See `Codec.decodeRequest`. */
export function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  refuseStored(body);
  refuseLater(body, 'background');
  const losses: Loss[] = lostMembers(body, KNOWN, '');
  const conversation = decodeItems(body.input, losses);
  const instructions = asString(body.instructions);
  if (instructions !== undefined && instructions !== '') {
    const parts = [{ kind: 'text' as const, text: instructions, at: 'instructions' }];
    conversation.messages.unshift({ role: 'system', parts, at: 'instructions' });
  }
  const request: CanonicalRequest = {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    includeUsage: true,
    messages: conversation.messages,
    tools: withFound([...decodeTools(body.tools, 'tools', losses), ...conversation.tools], conversation),
    sampling: {},
    cache: {},
    origin: {},
  };
  decodeControls(body, request, losses);
  decodeReasoning(body, conversation, request, losses);
  decodeText(body, conversation, request, losses);
  limitSearches(body.max_tool_calls, request.tools, losses);
  readCacheOptions(body, request, losses);
  decodeTail(body, losses);
  return { value: request, losses };
}

/** A tool that was found again, or is among the tools as well, is the same one. */
function withFound(tools: Tool[], { found }: Conversation): Tool[] {
  const declared = new Set(tools.map(keyOf));
  const all = new Map<string, Tool>();
  for (const tool of found) if (!declared.has(keyOf(tool))) all.set(keyOf(tool), tool);
  return [...tools, ...all.values()];
}

function keyOf(tool: Tool): string {
  if (tool.kind === 'function' || tool.kind === 'custom') return `${tool.namespace ?? ''}\n${tool.name}`;
  return `${tool.kind} ${tool.at ?? ''}`;
}

function decodeControls(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const { origin, sampling, cache } = request;
  const number = (member: string, name: string, set: (value: number) => void) => {
    const value = asNumber(body[member]);
    if (value === undefined) return;
    set(value);
    origin[name] = member;
  };
  const text = (member: string, name: string, set: (value: string) => void) => {
    const value = asString(body[member]);
    if (value === undefined) return;
    set(value);
    origin[name] = member;
  };
  number('max_output_tokens', 'maxOutputTokens', (value) => {
    request.maxOutputTokens = value;
  });
  number('temperature', 'sampling.temperature', (value) => {
    sampling.temperature = value;
  });
  number('top_p', 'sampling.topP', (value) => {
    sampling.topP = value;
  });
  number('top_logprobs', 'sampling.topLogprobs', (value) => {
    sampling.topLogprobs = value;
  });
  text('prompt_cache_key', 'cache.key', (value) => {
    cache.key = value;
  });
  text('prompt_cache_retention', 'cache.retention', (value) => {
    cache.retention = value;
  });
  text('user', 'userId', (value) => {
    request.userId = value;
  });
  text('safety_identifier', 'safetyId', (value) => {
    request.safetyId = value;
  });
  text('service_tier', 'serviceTier', (value) => {
    request.serviceTier = value;
  });
  const choice = decodeToolChoice(body.tool_choice, losses);
  if (choice) {
    request.toolChoice = choice;
    origin.toolChoice = 'tool_choice';
  }
  if (typeof body.parallel_tool_calls === 'boolean') {
    request.parallelTools = body.parallel_tool_calls;
    origin.parallelTools = 'parallel_tool_calls';
  }
  if (isObject(body.metadata) && Object.keys(body.metadata).length > 0) {
    request.metadata = body.metadata;
    origin.metadata = 'metadata';
  }
  if (asArray(body.include).includes('message.output_text.logprobs')) {
    sampling.logprobs = true;
    origin['sampling.logprobs'] = 'include';
  }
}

const SUMMARIES: readonly string[] = [
  'none',
  'auto',
  'concise',
  'detailed',
] satisfies ReasoningControl['summary'][];

function decodeReasoning(
  body: JsonObject,
  { updates }: Conversation,
  request: CanonicalRequest,
  losses: Loss[],
): void {
  const control: ReasoningControl = {};
  const setEffort = (value: string | undefined, member: string) => {
    if (value === undefined) return;
    if (!(EFFORTS as readonly string[]).includes(value)) {
      losses.push({ path: member, action: 'dropped', reason: 'not a known effort' });
      return;
    }
    control.effort = value as Effort;
    request.origin['reasoning.effort'] = member;
    if (value === 'none') control.mode = 'off';
    else delete control.mode;
  };
  const own = asObject(body.reasoning);
  losses.push(...lostMembers(own, ['effort', 'summary', 'generate_summary'], 'reasoning'));
  setEffort(asString(own.effort), 'reasoning.effort');
  for (const { reasoning, at } of updates) setEffort(asString(reasoning.effort), `${at}.reasoning.effort`);
  const member = asString(own.summary) === undefined ? 'generate_summary' : 'summary';
  const summary = asString(own[member]);
  if (summary !== undefined && SUMMARIES.includes(summary)) {
    control.summary = summary as NonNullable<ReasoningControl['summary']>;
    request.origin['reasoning.summary'] = `reasoning.${member}`;
  }
  if (Object.keys(control).length > 0) request.reasoning = control;
}

function decodeText(
  body: JsonObject,
  { updates }: Conversation,
  request: CanonicalRequest,
  losses: Loss[],
): void {
  const own = asObject(body.text);
  losses.push(...lostMembers(own, ['format', 'verbosity'], 'text'));
  const settings = [
    { text: own, at: 'text' },
    ...updates.map(({ text, at }) => ({ text, at: `${at}.text` })),
  ];
  for (const { text, at } of settings) {
    const verbosity = asString(text.verbosity);
    if (verbosity !== undefined) {
      const earlier = request.origin.verbosity;
      if (earlier !== undefined)
        losses.push({ path: earlier, action: 'dropped', reason: 'a later setting wins' });
      request.verbosity = verbosity;
      request.origin.verbosity = `${at}.verbosity`;
    }
    if (!isObject(text.format)) continue;
    request.output = decodeFormat(text.format, `${at}.format`, losses);
    request.origin.output = `${at}.format`;
  }
}

function decodeFormat(format: JsonObject, at: string, losses: Loss[]): OutputFormat {
  losses.push(...lostMembers(format, ['type', 'name', 'description', 'schema', 'strict'], at));
  if (format.type === 'text') return { kind: 'text' };
  if (format.type === 'json_object') return { kind: 'json' };
  if (format.type !== 'json_schema')
    throw new Fault('invalid_value', `\`${at}.type\` must be "text", "json_object" or "json_schema".`, {
      param: `${at}.type`,
    });
  const name = asString(format.name);
  const description = asString(format.description);
  return {
    kind: 'schema',
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    schema: asObject(format.schema),
    ...(typeof format.strict === 'boolean' ? { strict: format.strict } : {}),
  };
}

/** All runs of hosted tools together may be so many; of those only the search has a counterpart. */
function limitSearches(max: JsonValue | undefined, tools: Tool[], losses: Loss[]): void {
  const [search, ...others] = tools.filter((tool) => tool.kind === 'web-search');
  const hosted = tools.filter((tool) => tool.kind === 'opaque');
  if (typeof max !== 'number' || (!search && hosted.length === 0)) return;
  const path = 'max_tool_calls';
  if (!search) {
    losses.push({ path, action: 'dropped', reason: 'only searches can be limited there' });
    return;
  }
  search.maxUses = max;
  search.maxUsesAt = path;
  if (others.length + hosted.length > 0)
    losses.push({ path, action: 'changed', reason: 'it limits the first search alone' });
}

/** Members known here that other formats have nothing for; what is IGNORED stays silent. */
function decodeTail(body: JsonObject, losses: Loss[]): void {
  const dropped = (path: string, reason: string) => losses.push({ path, action: 'dropped', reason });
  if (body.store === true) dropped('store', 'answers of converted requests are not stored');
  if (body.truncation === 'auto')
    dropped('truncation', 'the model’s provider does not shorten conversations');
  asArray(body.include).forEach((value, index) => {
    if (value === 'message.output_text.logprobs' || value === 'reasoning.encrypted_content') return;
    dropped(`include[${index}]`, 'no counterpart in other formats');
  });
  losses.push(...lostMembers(asObject(body.stream_options), ['include_obfuscation'], 'stream_options'));
}
