// Canonical tools and the choice among them to the Messages format.

import { Fault } from '../../../canonical/fault.ts';
import {
  allowedBy,
  hostedToolFault,
  isChosen,
  runsCode,
  searchesTools,
} from '../../../canonical/hosted-tool.ts';
import type { Part } from '../../../canonical/part.ts';
import type {
  FunctionTool,
  OpaqueTool,
  RemoteServer,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../../canonical/request.ts';
import { asObject, asString, compact, isObject, type JsonObject } from '../../../lib/json.ts';
import { foreignCodeLosses } from '../../code-tool.ts';
import { leftovers } from '../../leftovers.ts';
import { modernArrays } from '../../schema/arrays.ts';
import { ANTHROPIC } from '../../schema/dialect.ts';
import { fitSchema, listed } from '../../schema/fit.ts';
import { objectRoot } from '../../schema/root.ts';
import { refusesBeta } from '../betas.ts';
import { FORMAT } from '../decode/block.ts';
import { searchTool } from '../search-blocks.ts';
import { encodeServers, encodeToolset } from './remote-servers.ts';
import { lose, mark, type Writing } from './writing.ts';

/** `tools` and `tool_choice`; both absent when there is nothing to call. `thinks` forbids a forced call. */
export function encodeTools(
  writing: Writing,
  thinks: boolean,
): { tools?: JsonObject[]; tool_choice?: JsonObject; mcp_servers?: JsonObject[] } {
  const { request } = writing;
  const offered = request.tools;
  if (offered.length === 0) return toolsOfHistory(writing);
  const named = { ...encodeServers(offered), tools: offered.map((tool) => encodeTool(tool, writing)) };
  const choice = encodeChoice(request.toolChoice, writing, thinks);
  const { parallelTools } = request;
  if (parallelTools === undefined) return choice ? { ...named, tool_choice: choice } : named;
  if (choice?.type === 'none') {
    lose(writing, 'parallelTools', 'dropped', 'it means nothing when no tool may be called');
    return { ...named, tool_choice: choice };
  }
  const base = choice ?? { type: 'auto' };
  return { ...named, tool_choice: { ...base, disable_parallel_tool_use: !parallelTools } };
}

/**
 * A choice among some tools is made by sending only those. What the conversation speaks of has to be declared all the
 * same: a search finds none but the allowed tools, and a server has its tools switched off.
 */
export function offeredTools(writing: Writing): Tool[] {
  const { tools, toolChoice, messages } = writing.request;
  if (toolChoice?.mode !== 'subset') return tools;
  lose(writing, 'toolChoice', 'changed', 'only the allowed tools were sent');
  const parts = messages.flatMap((message) => message.parts);
  const called = new Set(parts.flatMap(serverIn));
  const isAllowed = allowedBy(toolChoice);
  const searches =
    tools.some((tool) => 'deferred' in tool && tool.deferred && isAllowed(tool)) ||
    parts.some((part) => part.kind === 'opaque' && part.toolSearch);
  return tools.flatMap((tool): Tool[] => {
    if (isAllowed(tool) || (searches && searchesTools(tool))) return [tool];
    const path = tool.at ?? 'tools';
    writing.losses.push({ path, action: 'dropped', reason: 'the choice does not allow it' });
    if (tool.kind !== 'opaque' || !tool.remote || !called.has(tool.remote.name)) return [];
    return [{ ...tool, remote: { ...tool.remote, allowed: [] } }];
  });
}

function serverIn(part: Part): string[] {
  return part.kind === 'opaque' && part.remote?.called ? [part.remote.called.server] : [];
}

/** A conversation that holds calls is refused without their tools, so the names at least are declared. */
function toolsOfHistory(writing: Writing): { tools?: JsonObject[]; tool_choice?: JsonObject } {
  const { request } = writing;
  if (request.toolChoice) lose(writing, 'toolChoice', 'dropped', 'there are no tools to choose from');
  if (request.parallelTools !== undefined)
    lose(writing, 'parallelTools', 'dropped', 'there are no tools to call');
  const names = new Set<string>();
  for (const message of request.messages) {
    for (const part of message.parts) if (part.kind === 'tool-call') names.add(part.name);
  }
  if (names.size === 0) return {};
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
  return { tools, tool_choice: { type: 'none' } };
}

function encodeTool(tool: Tool, writing: Writing): JsonObject {
  switch (tool.kind) {
    case 'function':
      return encodeFunction(tool, writing);
    case 'web-search':
      return encodeWebSearch(tool, writing);
    case 'opaque':
      if (tool.remote) return encodeRemote(tool, tool.remote, writing);
      if (tool.raw.format === FORMAT && isObject(tool.raw.value)) return tool.raw.value;
      return encodeHosted(tool, writing);
    case 'custom':
      throw unsupported('A free-text tool', tool.at);
    default:
      return tool satisfies never;
  }
}

/** The versions that every model with the tool takes, without a beta. */
function encodeHosted(tool: OpaqueTool, { target, losses }: Writing): JsonObject {
  if (readsPages(tool)) {
    const { urlContext } = asObject(tool.raw.value);
    losses.push(...leftovers(asObject(urlContext), [], tool.at ?? 'tools'));
    return { type: 'web_fetch_20250910', name: 'web_fetch' };
  }
  if (searchesTools(tool)) {
    losses.push(...leftovers(asObject(tool.raw.value), ['type', 'execution'], tool.at ?? 'tools'));
    return searchTool();
  }
  if (target.runsCode === false || !runsCode(tool)) throw hostedToolFault(tool);
  losses.push(...foreignCodeLosses(tool));
  return { type: 'code_execution_20250825', name: 'code_execution' };
}

/** Some vendors of this format call no servers. */
function encodeRemote(tool: OpaqueTool, remote: RemoteServer, { target }: Writing): JsonObject {
  if (refusesBeta(target.refusesBetas, 'mcp-client')) throw hostedToolFault(tool);
  return encodeToolset(tool, remote);
}

/** Google's tool for the pages that a prompt names. */
function readsPages({ type, raw }: OpaqueTool): boolean {
  return raw.format === 'google-generate-content' && type === 'urlContext';
}

function encodeFunction(tool: FunctionTool, writing: Writing): JsonObject {
  if (tool.namespace !== undefined) throw unsupported('A tool in a namespace', tool.at);
  if (tool.implied?.format === FORMAT && isObject(tool.implied.value)) {
    const { cache_control: _, ...typed } = tool.implied.value;
    const own: JsonObject = typed;
    return withMarks(own, tool, writing);
  }
  const out: JsonObject = { name: tool.name };
  if (tool.description !== undefined) out.description = tool.description;
  Object.assign(out, encodeArguments(tool, writing));
  return withMarks(out, tool, writing);
}

/** Anthropic refuses a cache mark on a tool that is not in the prompt yet. */
function withMarks(
  out: JsonObject,
  { deferred, cache, at = 'tools' }: FunctionTool,
  writing: Writing,
): JsonObject {
  delete out.defer_loading;
  if (!deferred) mark(out, cache, at, writing);
  else out.defer_loading = true;
  if (deferred && cache) {
    const reason = 'a deferred tool cannot hold a cache mark';
    writing.losses.push({ path: `${at}.cache_control`, action: 'dropped', reason });
  }
  return out;
}

/** A strict tool has to keep to the dialect of structured output. */
function encodeArguments(
  { schema, strict, strictAt, at = 'tools' }: FunctionTool,
  writing: Writing,
): JsonObject {
  const change = (reason: string, path = at) => writing.losses.push({ path, action: 'changed', reason });
  const root = objectRoot(schema);
  if (root.changed.length > 0)
    change(`Anthropic does not know ${listed(root.changed)} at the top of a schema`);
  if (!strict) return compact({ input_schema: modernArrays(root.schema, false), strict });
  const { schema: fitted, changed, unsayable } = fitSchema(root.schema, ANTHROPIC, writing.room);
  if (unsayable) {
    const what = unsayable === 'recursion' ? 'contains itself' : 'has free names';
    change(`Anthropic cannot be held to a schema that ${what}`, strictAt);
    return { input_schema: modernArrays(root.schema, false) };
  }
  if (changed.length > 0) change(`Anthropic does not enforce ${listed(changed)}`);
  return { input_schema: fitted, strict };
}

function encodeWebSearch(tool: WebSearchTool, writing: Writing): JsonObject {
  if (tool.raw.format === FORMAT && isObject(tool.raw.value)) return tool.raw.value;
  const out: JsonObject = { type: 'web_search_20250305', name: 'web_search' };
  if (tool.allowedDomains) out.allowed_domains = tool.allowedDomains;
  if (tool.blockedDomains && !tool.allowedDomains) out.blocked_domains = tool.blockedDomains;
  if (tool.maxUses !== undefined) out.max_uses = tool.maxUses;
  if (tool.location) out.user_location = { type: 'approximate', ...tool.location };
  const path = tool.at ?? 'tools';
  if (tool.contextSize !== undefined) {
    writing.losses.push({ path, action: 'dropped', reason: 'Anthropic has no search context size' });
  }
  if (tool.blockedDomains && tool.allowedDomains) {
    writing.losses.push({
      path,
      action: 'dropped',
      reason: 'Anthropic takes allowed or blocked domains, not both',
    });
  }
  return out;
}

function encodeChoice(
  choice: ToolChoice | undefined,
  writing: Writing,
  thinks: boolean,
): JsonObject | undefined {
  if (!choice) return undefined;
  const forced = forcedChoice(choice, writing);
  if (!forced || !thinks) return forced ?? plainChoice(choice);
  lose(writing, 'toolChoice', 'changed', 'a thinking model cannot be forced to call; the choice became auto');
  return { type: 'auto' };
}

function forcedChoice(choice: ToolChoice, writing: Writing): JsonObject | undefined {
  switch (choice.mode) {
    case 'auto':
    case 'none':
      return undefined;
    case 'required':
      return { type: 'any' };
    case 'subset':
      return choice.required ? { type: 'any' } : undefined;
    case 'one':
      return { type: 'tool', name: choice.name };
    case 'hosted':
      return { type: 'tool', name: hostedName(choice, writing) };
    case 'opaque':
      if (choice.raw.format === FORMAT && isObject(choice.raw.value)) return choice.raw.value;
      throw unsupported('This tool choice', writing.request.origin.toolChoice);
    default:
      return choice satisfies never;
  }
}

function hostedName(choice: ToolChoice & { mode: 'hosted' }, { request }: Writing): string {
  const tool = request.tools.find((each) => isChosen(each, choice));
  const own =
    tool && 'raw' in tool && tool.raw.format === FORMAT ? asString(asObject(tool.raw.value).name) : undefined;
  return own ?? (choice.tool === 'code' ? 'code_execution' : 'web_search');
}

function plainChoice(choice: ToolChoice): JsonObject {
  return { type: choice.mode === 'none' ? 'none' : 'auto' };
}

function unsupported(what: string, at: string | undefined): Fault {
  return new Fault('unsupported_parameter', `${what} cannot be sent to this model; leave it out.`, {
    param: at,
  });
}
