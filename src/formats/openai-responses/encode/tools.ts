// Canonical tools and tool choice, written for a Responses request.

import {
  hostedToolFault,
  isChosen,
  runsCode,
  sayableServer,
  searchesTools,
} from '../../../canonical/hosted-tool.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  CanonicalRequest,
  CustomTool,
  FunctionTool,
  OpaqueTool,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../../canonical/request.ts';
import { asObject, asString, compact, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { foreignCodeLosses } from '../../code-tool.ts';
import type { Target } from '../../codec.ts';
import { leftovers } from '../../leftovers.ts';
import { modernArrays } from '../../schema/arrays.ts';
import { listed } from '../../schema/fit.ts';
import { objectRoot } from '../../schema/root.ts';
import { fitsStrict, NOT_STRICT } from '../../schema/strict.ts';
import { searchDomains } from '../../search-domains.ts';
import { CLIENT_TOOLS } from '../client-tools.ts';
import { writeServer } from '../remote-servers.ts';
import { unmarked } from './breakpoints.ts';

/** Functions of one namespace are gathered where the first of them stood. Throws Fault for foreign hosted tools. */
export function encodeTools(tools: Tool[], target: Target, losses: Loss[]): JsonObject[] {
  const written: JsonObject[] = [];
  const members = new Map<string, JsonValue[]>();
  for (const tool of tools) {
    if ('cache' in tool && tool.cache) losses.push(unmarked(tool.at));
    const namespace = tool.kind === 'function' || tool.kind === 'custom' ? tool.namespace : undefined;
    const item = encodeTool(tool, target, losses);
    const group = namespace === undefined ? undefined : members.get(namespace);
    if (namespace === undefined) written.push(item);
    else if (group) group.push(item);
    else {
      const list: JsonValue[] = [item];
      members.set(namespace, list);
      written.push({ type: 'namespace', name: namespace, description: namespace, tools: list });
    }
  }
  return written;
}

function encodeTool(tool: Tool, target: Target, losses: Loss[]): JsonObject {
  switch (tool.kind) {
    case 'function':
      return encodeFunction(tool, losses);
    case 'custom':
      return encodeCustom(tool);
    case 'web-search':
      return target.search === 'xai' ? encodeXaiSearch(tool, losses) : encodeWebSearch(tool);
    case 'opaque':
      return encodeHosted(tool, target, losses);
    default:
      return tool satisfies never;
  }
}

/** xAI has no container to choose (docs.x.ai, "Code Execution"). */
function encodeHosted(tool: OpaqueTool, { search, runsCode: mayRun }: Target, losses: Loss[]): JsonObject {
  const server = tool.raw.format === 'openai-responses' ? undefined : sayableServer(tool);
  // it knows other members
  if (server && search !== 'xai') return writeServer(server);
  const isXai = search === 'xai' && runsCode(tool);
  if (tool.raw.format === 'openai-responses' && isObject(tool.raw.value) && !isXai) return tool.raw.value;
  if (searchesTools(tool)) {
    losses.push(...foreignSearchLosses(tool));
    return { type: 'tool_search' };
  }
  if (mayRun === false || !runsCode(tool)) throw hostedToolFault(tool);
  losses.push(...foreignCodeLosses(tool));
  return { type: 'code_interpreter', ...(isXai ? {} : { container: { type: 'auto' } }) };
}

/** OpenAI's search has one way to look. */
function foreignSearchLosses({ type, raw, at = 'tools' }: OpaqueTool): Loss[] {
  const losses = leftovers(asObject(raw.value), ['type', 'name'], at);
  if (type.includes('regex'))
    losses.push({ path: at, action: 'changed', reason: 'the model searches by words, not by patterns' });
  return losses;
}

/** `strict` is written out: its default differs between this format and Chat. */
function encodeFunction(tool: FunctionTool, losses: Loss[]): JsonObject {
  const { name, description, schema, strict = false, implied, deferred, at = 'tools' } = tool;
  if (implied?.format === 'openai-responses' && isObject(implied.value)) return implied.value;
  const described = schema.type === undefined ? { type: 'object', properties: {}, ...schema } : schema;
  const { schema: root, changed } = objectRoot(described);
  const parameters = modernArrays(root, true);
  if (changed.length > 0)
    losses.push({
      path: at,
      action: 'changed',
      reason: `no ${listed(changed)} at the top of a schema there`,
    });
  const kept = strict && fitsStrict(parameters);
  if (strict && !kept) losses.push({ path: tool.strictAt ?? at, action: 'changed', reason: NOT_STRICT });
  return compact({
    type: 'function',
    name,
    description,
    parameters,
    strict: kept,
    defer_loading: deferred && true,
  });
}

function encodeCustom({ name, description, grammar, deferred }: CustomTool): JsonObject {
  const format = grammar && { type: 'grammar', ...grammar };
  return compact({ type: 'custom', name, description, format, defer_loading: deferred && true });
}

function encodeWebSearch(tool: WebSearchTool): JsonObject {
  if (tool.raw.format === 'openai-responses' && isObject(tool.raw.value)) return tool.raw.value;
  const filters = compact({ allowed_domains: tool.allowedDomains, blocked_domains: tool.blockedDomains });
  return compact({
    type: 'web_search',
    filters: Object.keys(filters).length === 0 ? undefined : filters,
    search_context_size: tool.contextSize,
    user_location: tool.location && { type: 'approximate', ...tool.location },
  });
}

/** `max_tool_calls`: what all searches together may be, where each has its limit. */
export function encodeHostedLimit(tools: Tool[], { search }: Target, losses: Loss[]): number | undefined {
  const searches = tools.filter((tool) => tool.kind === 'web-search');
  const limited = searches.filter(({ maxUses }) => maxUses !== undefined);
  const own = limited.find(({ maxUsesAt }) => maxUsesAt !== undefined);
  const isLost = search === 'xai' || (!own && limited.length < searches.length);
  for (const { at = 'tools', maxUsesAt } of limited)
    if (isLost)
      losses.push({
        path: maxUsesAt ?? `${at}.max_uses`,
        action: 'dropped',
        reason: 'it is not limited there',
      });
    else if (maxUsesAt === undefined)
      losses.push({
        path: `${at}.max_uses`,
        action: 'changed',
        reason: 'opening a page is counted there as well',
      });
  if (isLost || limited.length === 0) return undefined;
  return own?.maxUses ?? limited.reduce((sum, { maxUses = 0 }) => sum + maxUses, 0);
}

/** docs.x.ai, "Web Search": no place, no size, and a name of its own for the domains to leave out. */
function encodeXaiSearch(tool: WebSearchTool, losses: Loss[]): JsonObject {
  const { contextSize, location, at = 'tools' } = tool;
  for (const [name, value] of Object.entries({ search_context_size: contextSize, user_location: location }))
    if (value !== undefined)
      losses.push({ path: `${at}.${name}`, action: 'dropped', reason: 'the provider has no such setting' });
  const filters = searchDomains(tool, losses);
  return compact({ type: 'web_search', filters: Object.keys(filters).length === 0 ? undefined : filters });
}

/** Undefined when there is nothing to choose from or nothing to say. */
export function encodeToolChoice(
  { toolChoice, tools, origin }: CanonicalRequest,
  losses: Loss[],
): JsonValue | undefined {
  if (!toolChoice) return undefined;
  const path = origin.toolChoice ?? 'tool_choice';
  if (tools.length === 0 && toolChoice.mode !== 'auto' && toolChoice.mode !== 'none') {
    losses.push({ path, action: 'dropped', reason: 'there is no tool to choose' });
    return undefined;
  }
  return writeChoice(toolChoice, tools, path, losses);
}

function writeChoice(choice: ToolChoice, tools: Tool[], path: string, losses: Loss[]): JsonValue | undefined {
  switch (choice.mode) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.mode;
    case 'one':
      return writeNamed(choice.name, choice.form === 'text', namesOfClientTools(tools));
    case 'subset': {
      const clientTools = namesOfClientTools(tools);
      const customs = new Set(tools.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])));
      return {
        type: 'allowed_tools',
        mode: choice.required ? 'required' : 'auto',
        tools: [
          ...choice.names.map(({ name, namespace }) =>
            compact({ ...writeNamed(name, customs.has(name), clientTools), namespace }),
          ),
          ...(choice.hosted ?? []).map((tool) => ({ type: hostedType({ mode: 'hosted', tool }, tools) })),
        ],
      };
    }
    case 'hosted':
      return { type: hostedType(choice, tools) };
    case 'opaque':
      if (choice.raw.format === 'openai-responses') return choice.raw.value;
      losses.push({ path, action: 'dropped', reason: 'known to its own format only; the model chooses' });
      return undefined;
    default:
      return choice satisfies never;
  }
}

/** The type its tool is declared by. */
function hostedType(choice: ToolChoice & { mode: 'hosted' }, tools: Tool[]): string {
  const tool = tools.find((each) => isChosen(each, choice));
  const raw = tool && 'raw' in tool ? tool.raw : undefined;
  const own = raw?.format === 'openai-responses' ? asString(asObject(raw.value).type) : undefined;
  return own ?? (choice.tool === 'code' ? 'code_interpreter' : 'web_search');
}

function writeNamed(name: string, isCustom: boolean, clientTools: ReadonlySet<string>): JsonObject {
  if (clientTools.has(name)) return { type: name };
  return { type: isCustom ? 'custom' : 'function', name };
}

/** Names of the tools that go out in this format's own form. */
export function namesOfClientTools(tools: Tool[]): Set<string> {
  const names = new Set<string>();
  for (const tool of tools) {
    if (tool.kind !== 'function' || tool.implied?.format !== 'openai-responses') continue;
    const type = isObject(tool.implied.value) ? asString(tool.implied.value.type) : undefined;
    if (type !== undefined && Object.hasOwn(CLIENT_TOOLS, type)) names.add(tool.name);
  }
  return names;
}
