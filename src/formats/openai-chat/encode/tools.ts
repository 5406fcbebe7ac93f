// Writes canonical tools and tool choices as Chat members.

import { hostedToolFault } from '../../../canonical/hosted-tool.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  CanonicalRequest,
  CustomTool,
  FunctionTool,
  WebSearchTool,
} from '../../../canonical/request.ts';
import { compact, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import { modernArrays } from '../../schema/arrays.ts';
import { COMPATIBLE } from '../../schema/dialect.ts';
import { fitArguments, listed, newRoom, type Room } from '../../schema/fit.ts';
import { objectRoot } from '../../schema/root.ts';
import { fitsStrict, NOT_STRICT } from '../../schema/strict.ts';
import { searchTool } from '../search-tool.ts';
import { dropMark, NO_MEMBER, unsupported } from './parts.ts';

/** `tools`, `web_search_options`, `tool_choice`, `parallel_tool_calls`; throws for tools Chat has no form for. */
export function encodeTools(request: CanonicalRequest, target: Target, losses: Loss[]): JsonObject {
  const members: JsonObject = {};
  const tools: JsonObject[] = [];
  const room = newRoom();
  let hasSearch = false;
  for (const tool of request.tools) {
    switch (tool.kind) {
      case 'function':
        tools.push(encodeFunction(tool, target, losses, room));
        break;
      case 'custom':
        tools.push(encodeCustom(tool, losses));
        break;
      case 'web-search':
        if (hasSearch) losses.push({ path: tool.at ?? 'tools', action: 'dropped', reason: ONE_SEARCH });
        else if (target.search === 'openrouter') tools.push(searchTool(tool, losses));
        else members.web_search_options = encodeSearch(tool, losses);
        hasSearch = true;
        break;
      case 'opaque':
        if (tool.raw.format !== 'openai-chat') throw hostedToolFault(tool);
        tools.push(tool.raw.value as JsonObject);
        break;
      default:
        tool satisfies never;
    }
  }
  if (tools.length > 0) members.tools = tools;
  return { ...members, ...encodeChoice(request, tools.length > 0, losses) };
}

const ONE_SEARCH = 'Chat knows one search';

function encodeFunction(tool: FunctionTool, target: Target, losses: Loss[], room: Room): JsonObject {
  if (tool.namespace !== undefined) throw unsupported(tool.at, 'namespaces of tools are not known there');
  dropMark(tool, losses);
  const { name, description, at = 'tools' } = tool;
  const change = (reason: string, path = at) => losses.push({ path, action: 'changed', reason });
  const { schema: fitted, changed } = target.plainSchemas
    ? fitArguments(tool.schema, COMPATIBLE, room)
    : objectRoot(tool.schema);
  const schema = modernArrays(fitted, true);
  if (changed.length > 0) change(`the provider does not know ${listed(changed)} there in a schema`);
  let { strict } = tool;
  if (strict && target.strict === false) change('the provider has no strict tools', tool.strictAt);
  else if (strict && !fitsStrict(schema)) change(NOT_STRICT, tool.strictAt);
  if (strict !== undefined && target.strict === false) strict = undefined;
  else if (strict) strict = fitsStrict(schema);
  return { type: 'function', function: compact({ name, description, parameters: schema, strict }) };
}

function encodeCustom(tool: CustomTool, losses: Loss[]): JsonObject {
  if (tool.namespace !== undefined) throw unsupported(tool.at, 'namespaces of tools are not known there');
  dropMark(tool, losses);
  const { name, description, grammar } = tool;
  const format = grammar === undefined ? undefined : { type: 'grammar', grammar: { ...grammar } };
  return { type: 'custom', custom: compact({ name, description, format }) };
}

function encodeSearch(tool: WebSearchTool, losses: Loss[]): JsonObject {
  const at = tool.at ?? 'tools';
  const filters = tool.raw.format === 'openai-responses' ? 'filters.' : '';
  const lost = {
    [`${at}.${filters}allowed_domains`]: tool.allowedDomains,
    [`${at}.${filters}blocked_domains`]: tool.blockedDomains,
    [tool.maxUsesAt ?? `${at}.max_uses`]: tool.maxUses,
  };
  for (const [path, value] of Object.entries(lost)) {
    if (value !== undefined) losses.push({ path, action: 'dropped', reason: NO_MEMBER });
  }
  const { location, contextSize } = tool;
  return compact({
    search_context_size: contextSize,
    user_location: location && { type: 'approximate', approximate: { ...location } },
  });
}

function encodeChoice(request: CanonicalRequest, hasTools: boolean, losses: Loss[]): JsonObject {
  const { toolChoice, parallelTools, origin } = request;
  const members: JsonObject = {};
  if (toolChoice && hasTools) members.tool_choice = choiceValue(request, toolChoice, losses);
  if (parallelTools !== undefined && hasTools) members.parallel_tool_calls = parallelTools;
  if (hasTools) return members;
  // upstreams refuse both members when there is no tool to choose
  const reason = 'there is no tool to choose';
  if (toolChoice) losses.push({ path: origin.toolChoice ?? 'tool_choice', action: 'dropped', reason });
  if (parallelTools !== undefined) {
    losses.push({ path: origin.parallelTools ?? 'parallel_tool_calls', action: 'dropped', reason });
  }
  return members;
}

function choiceValue(
  request: CanonicalRequest,
  choice: NonNullable<CanonicalRequest['toolChoice']>,
  losses: Loss[],
): JsonValue {
  switch (choice.mode) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.mode;
    case 'one':
      return named(choice.name, choice.form === 'text');
    case 'subset': {
      const customs = new Set(request.tools.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])));
      if (choice.hosted && choice.hosted.length > 0) {
        const path = request.origin.toolChoice ?? 'tool_choice';
        if (choice.names.length === 0) throw unsupported(path, 'it has no such choice');
        losses.push({ path, action: 'changed', reason: 'only functions stand in such a choice there' });
      }
      const tools = choice.names.map(({ name }) => named(name, customs.has(name)));
      return { type: 'allowed_tools', allowed_tools: { mode: choice.required ? 'required' : 'auto', tools } };
    }
    case 'hosted':
      losses.push({
        path: request.origin.toolChoice ?? 'tool_choice',
        action: 'changed',
        reason: 'a hosted tool cannot be forced there; the choice became auto',
      });
      return 'auto';
    case 'opaque':
      if (choice.raw.format === 'openai-chat') return choice.raw.value;
      throw unsupported(request.origin.toolChoice ?? 'tool_choice', 'it has no such choice');
    default:
      return choice satisfies never;
  }
}

function named(name: string, isCustom: boolean): JsonObject {
  return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
}
