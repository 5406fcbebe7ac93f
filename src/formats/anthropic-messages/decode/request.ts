// A Messages request body to a canonical request.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { Message, SourcePath } from '../../../canonical/part.ts';
import type { CanonicalRequest, OutputFormat, ReasoningControl } from '../../../canonical/request.ts';
import { asArray, asNumber, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Converted } from '../../codec.ts';
import { EFFORTS } from '../../effort.ts';
import { leftovers } from '../../leftovers.ts';
import { refuseThread } from '../thread.ts';
import { decodeCache, decodeContent } from './block.ts';
import { joinServers } from './remote-servers.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';

const KNOWN = [
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'tools',
  'tool_choice',
  'metadata',
  'service_tier',
  'speed',
  'cache_control',
  'mcp_servers',
  // refused below when they say something
  'thread',
  'container',
  'inference_geo',
  // asks the provider why its own cache was missed
  'diagnostics',
];

/** Reads a client's request; see the codec contract for losses and faults. */
export function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  refuseUnconvertible(body);
  const losses: Loss[] = leftovers(body, KNOWN, '');
  const tools = joinServers(decodeTools(body.tools, losses), body.mcp_servers, losses);
  const request: CanonicalRequest = {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    includeUsage: true,
    messages: [...decodeSystem(body.system, losses), ...decodeMessages(body.messages, losses)],
    tools,
    ...decodeToolChoice(body.tool_choice, tools, losses),
    sampling: {},
    cache: {},
    origin: {},
  };
  decodeControls(body, request, losses);
  request.origin = originsOf(body);
  return { value: request, losses };
}

/** Members whose loss would change what is answered, where, or for how much. */
function refuseUnconvertible(body: JsonObject): void {
  refuseThread(body);
  for (const name of ['container', 'inference_geo']) {
    if (body[name] === undefined || body[name] === null) continue;
    throw new Fault('unsupported_parameter', `\`${name}\` cannot be kept for this model; leave it out.`, {
      param: name,
    });
  }
}

/** Claude Code's first block of system text; it changes with every call and would spoil any prompt cache. */
const ATTRIBUTION = 'x-anthropic-billing-header:';

function decodeSystem(system: JsonValue | undefined, losses: Loss[]): Message[] {
  const parts = decodeContent(system, 'system', losses).filter((part) => {
    const isLabel = Array.isArray(system) && part.kind === 'text' && part.text.startsWith(ATTRIBUTION);
    if (isLabel)
      losses.push({ path: part.at ?? 'system', action: 'dropped', reason: 'a label for Anthropic alone' });
    return !isLabel;
  });
  return parts.length === 0 ? [] : [{ role: 'system', parts, at: 'system' }];
}

function decodeMessages(messages: JsonValue | undefined, losses: Loss[]): Message[] {
  return asArray(messages).flatMap((message, index) => decodeMessage(message, `messages[${index}]`, losses));
}

/** One turn; a user turn with tool results becomes a `tool` message and, if anything is left, a `user` message. */
function decodeMessage(message: JsonValue, at: SourcePath, losses: Loss[]): Message[] {
  if (!isObject(message)) throw new Fault('invalid_value', `\`${at}\` must be an object.`, { param: at });
  losses.push(...leftovers(message, ['role', 'content'], at));
  const { role } = message;
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw new Fault('invalid_value', `\`${at}.role\` must be user, assistant or system.`, {
      param: `${at}.role`,
    });
  }
  const parts = decodeContent(message.content, `${at}.content`, losses);
  const results = parts.filter((part) => part.kind === 'tool-result');
  if (results.length === 0) return [{ role, parts, at }];
  if (role !== 'user') {
    throw new Fault('invalid_value', 'Tool results belong in a message of role user.', {
      param: results[0]?.at,
    });
  }
  const rest = parts.filter((part) => part.kind !== 'tool-result');
  const tool: Message = { role: 'tool', parts: results, at };
  return rest.length === 0 ? [tool] : [tool, { role, parts: rest, at }];
}

function decodeControls(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const { sampling } = request;
  const cap = asNumber(body.max_tokens);
  const temperature = asNumber(body.temperature);
  const topP = asNumber(body.top_p);
  const topK = asNumber(body.top_k);
  const stop = asArray(body.stop_sequences).filter((word) => typeof word === 'string');
  if (cap === 0) request.cache.prewarm = true;
  else if (cap !== undefined) request.maxOutputTokens = cap;
  if (temperature !== undefined) sampling.temperature = temperature;
  if (topP !== undefined) sampling.topP = topP;
  if (topK !== undefined) sampling.topK = topK;
  if (stop.length > 0) sampling.stop = stop;
  const reasoning = decodeReasoning(body, losses);
  if (reasoning) request.reasoning = reasoning;
  const output = decodeOutput(body, losses);
  if (output) request.output = output;
  if (isObject(body.metadata)) {
    losses.push(...leftovers(body.metadata, ['user_id'], 'metadata'));
    const user = asString(body.metadata.user_id);
    if (user !== undefined) request.userId = user;
  }
  const tier = asString(body.service_tier);
  if (tier !== undefined) request.serviceTier = tier === 'standard_only' ? 'default' : tier;
  decodeSpeed(body, request, losses);
  const { cache } = decodeCache(body, undefined, losses);
  if (cache) request.cache.auto = cache;
}

/** More speed for more money is a tier of its own at other providers. */
function decodeSpeed({ speed }: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  if (speed === undefined || speed === null || speed === 'standard') return;
  if (speed !== 'fast') {
    losses.push({ path: 'speed', action: 'dropped', reason: 'there is no such speed' });
    return;
  }
  if (request.serviceTier !== undefined)
    losses.push({ path: 'service_tier', action: 'dropped', reason: 'the speed is a tier of its own' });
  request.serviceTier = 'fast';
}

function decodeReasoning(body: JsonObject, losses: Loss[]): ReasoningControl | undefined {
  const control: ReasoningControl = isObject(body.thinking) ? decodeThinking(body.thinking, losses) : {};
  const wanted = isObject(body.output_config) ? body.output_config.effort : undefined;
  if (wanted !== undefined && wanted !== null) {
    const effort = EFFORTS.find((known) => known !== 'none' && known === wanted);
    const path = 'output_config.effort';
    if (!effort) losses.push({ path, action: 'dropped', reason: 'not an effort other formats know' });
    else if (control.effort === 'minimal')
      losses.push({
        path,
        action: 'changed',
        reason: 'thinking between tools only is the lowest effort elsewhere',
      });
    else control.effort = effort;
  }
  return Object.keys(control).length === 0 ? undefined : control;
}

function decodeThinking(thinking: JsonObject, losses: Loss[]): ReasoningControl {
  losses.push(...leftovers(thinking, ['type', 'budget_tokens', 'display'], 'thinking'));
  const shown: ReasoningControl = {};
  if (thinking.display === 'summarized') shown.summary = 'auto';
  else if (thinking.display === 'omitted') shown.summary = 'none';
  else if (thinking.display !== undefined && thinking.display !== null)
    losses.push({ path: 'thinking.display', action: 'dropped', reason: 'not known in this conversion' });
  const budget = asNumber(thinking.budget_tokens);
  if (budget !== undefined && thinking.type !== 'enabled')
    losses.push({
      path: 'thinking.budget_tokens',
      action: 'dropped',
      reason: 'only enabled thinking has a budget',
    });
  switch (thinking.type) {
    case 'disabled':
      return { mode: 'off', ...shown };
    case 'enabled':
      // some clients leave the budget out, which is read as a medium effort
      if (budget === undefined) return { mode: 'on', effort: 'medium', ...shown };
      return { mode: 'on', budgetTokens: budget, ...shown };
    case 'adaptive':
      return { mode: 'auto', ...shown };
    case 'between_tools':
      losses.push({ path: 'thinking.type', action: 'changed', reason: 'became the lowest effort' });
      return { mode: 'on', effort: 'minimal', ...shown };
    default:
      losses.push({ path: 'thinking.type', action: 'dropped', reason: 'not known in this conversion' });
      return shown;
  }
}

function decodeOutput(body: JsonObject, losses: Loss[]): OutputFormat | undefined {
  const config = isObject(body.output_config) ? body.output_config : {};
  losses.push(...leftovers(config, ['effort', 'format'], 'output_config'));
  // `output_format` is the spelling of the first beta
  const [format, path] = isObject(config.format)
    ? [config.format, 'output_config.format']
    : [body.output_format, 'output_format'];
  if (!isObject(format)) return undefined;
  if (format === config.format && isObject(body.output_format))
    losses.push({ path: 'output_format', action: 'dropped', reason: 'output_config.format wins' });
  if (format.type !== 'json_schema' || !isObject(format.schema)) {
    throw new Fault('unsupported_parameter', `\`${path}\` must be a json_schema with a schema.`, {
      param: path,
    });
  }
  losses.push(...leftovers(format, ['type', 'schema'], path));
  return { kind: 'schema', schema: format.schema, strict: 'possible' };
}

/** Control name to the member it was written as, for those the body has. */
function originsOf(body: JsonObject): Record<string, SourcePath> {
  const isNewer = isObject(body.output_config) && isObject(body.output_config.format);
  const format = isObject(body.output_format) && !isNewer ? 'output_format' : 'output_config.format';
  const effort =
    isObject(body.output_config) && body.output_config.effort ? 'output_config.effort' : 'thinking';
  return {
    model: 'model',
    stream: 'stream',
    maxOutputTokens: 'max_tokens',
    'sampling.temperature': 'temperature',
    'sampling.topP': 'top_p',
    'sampling.topK': 'top_k',
    'sampling.stop': 'stop_sequences',
    reasoning: isObject(body.thinking) ? 'thinking' : effort,
    'reasoning.mode': 'thinking.type',
    'reasoning.effort': effort,
    'reasoning.budgetTokens': 'thinking.budget_tokens',
    'reasoning.summary': 'thinking.display',
    output: format,
    toolChoice: 'tool_choice',
    parallelTools: 'tool_choice.disable_parallel_tool_use',
    userId: 'metadata.user_id',
    serviceTier: body.speed === 'fast' ? 'speed' : 'service_tier',
    'cache.auto': 'cache_control',
    'cache.prewarm': 'max_tokens',
  };
}
