// Tools and tool choice of a Responses request, read into canonical ones.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { ToolName } from '../../../canonical/part.ts';
import type {
  CustomTool,
  Deferred,
  FunctionTool,
  HostedKind,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../../canonical/request.ts';
import {
  asArray,
  asObject,
  asString,
  entryOf,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { CLIENT_TOOLS, isClientTool } from '../client-tools.ts';
import { readServer } from '../remote-servers.ts';
import { lostMembers } from './lost-members.ts';

const FUNCTION_MEMBERS = ['type', 'name', 'description', 'parameters', 'strict', 'defer_loading'];

/** `at` is where the list stands: `tools`, or `input[3].tools` of an item that brings more. */
export function decodeTools(value: JsonValue | undefined, at: string, losses: Loss[]): Tool[] {
  return asArray(value)
    .filter(isObject)
    .flatMap((tool, index) => decodeTool(tool, `${at}[${index}]`, losses));
}

function decodeTool(tool: JsonObject, at: string, losses: Loss[]): Tool[] {
  const type = asString(tool.type) ?? 'function';
  if (type === 'function') return [decodeFunction(tool, at, losses)];
  if (type === 'custom') return [decodeCustom(tool, at, losses)];
  if (type === 'namespace') return decodeNamespace(tool, at, losses);
  if (type.startsWith('web_search')) return [decodeWebSearch(tool, at, losses)];
  if (type === 'mcp') return [readServer(tool, at, losses)];
  const client = entryOf(CLIENT_TOOLS, type);
  if (client && isClientTool(tool)) {
    if (type === 'tool_search') return [decodeOwnSearch(tool, client, at, losses)];
    losses.push(...lostMembers(tool, ['type', 'environment'], at));
    const { description, schema } = client;
    return [{ kind: 'function', name: type, description, schema, implied: raw(tool), at }];
  }
  return [{ kind: 'opaque', type, raw: raw(tool), at }];
}

function raw(value: JsonObject) {
  return { format: 'openai-responses' as const, value };
}

/** A search that the client runs says itself what it takes. */
function decodeOwnSearch(
  tool: JsonObject,
  { description, schema }: Pick<FunctionTool, 'schema'> & { description: string },
  at: string,
  losses: Loss[],
): FunctionTool {
  losses.push(...lostMembers(tool, ['type', 'execution', 'description', 'parameters'], at));
  return {
    kind: 'function',
    name: 'tool_search',
    description: asString(tool.description) ?? description,
    schema: isObject(tool.parameters) ? tool.parameters : schema,
    implied: raw(tool),
    at,
  };
}

/** False is what leaving it out means. */
function deferredIn({ defer_loading }: JsonObject): { deferred?: Deferred } {
  return defer_loading === true ? { deferred: 'asked' } : {};
}

function decodeFunction(tool: JsonObject, at: string, losses: Loss[]): FunctionTool {
  losses.push(...lostMembers(tool, FUNCTION_MEMBERS, at));
  const description = asString(tool.description);
  return {
    kind: 'function',
    name: toolName(tool, at),
    ...(description === undefined ? {} : { description }),
    schema: isObject(tool.parameters) ? tool.parameters : { type: 'object', properties: {} },
    ...(typeof tool.strict === 'boolean' ? { strict: tool.strict } : {}),
    ...deferredIn(tool),
    at,
  };
}

function decodeCustom(tool: JsonObject, at: string, losses: Loss[]): CustomTool {
  losses.push(...lostMembers(tool, ['type', 'name', 'description', 'format', 'defer_loading'], at));
  const description = asString(tool.description);
  const format = asObject(tool.format);
  losses.push(...lostMembers(format, ['type', 'syntax', 'definition'], `${at}.format`));
  const definition = asString(format.definition);
  const grammar =
    format.type === 'grammar' && definition !== undefined
      ? { grammar: { syntax: asString(format.syntax) ?? 'lark', definition } }
      : {};
  return {
    kind: 'custom',
    name: toolName(tool, at),
    ...(description === undefined ? {} : { description }),
    ...grammar,
    ...deferredIn(tool),
    at,
  };
}

function toolName(tool: JsonObject, at: string): string {
  const name = asString(tool.name);
  if (name === undefined || name === '')
    throw new Fault('missing_field', 'Every tool needs a `name`.', { param: `${at}.name` });
  return name;
}

function decodeNamespace(tool: JsonObject, at: string, losses: Loss[]): Tool[] {
  losses.push(...lostMembers(tool, ['type', 'name', 'description', 'tools'], at));
  const namespace = toolName(tool, at);
  const description = asString(tool.description) ?? '';
  // the name alone is what a description of our own writing says
  if (description !== '' && description !== namespace)
    losses.push({
      path: `${at}.description`,
      action: 'dropped',
      reason: 'a namespace becomes a prefix of its tools',
    });
  return decodeTools(tool.tools, `${at}.tools`, losses).map((inner) =>
    inner.kind === 'function' || inner.kind === 'custom' ? { ...inner, namespace } : inner,
  );
}

const LOCATION_MEMBERS = ['city', 'region', 'country', 'timezone'] as const;

function decodeWebSearch(tool: JsonObject, at: string, losses: Loss[]): WebSearchTool {
  const known = ['type', 'filters', 'search_context_size', 'user_location', 'external_web_access'];
  losses.push(...lostMembers(tool, known, at));
  const filters = asObject(tool.filters);
  losses.push(...lostMembers(filters, ['allowed_domains', 'blocked_domains'], `${at}.filters`));
  const domains = (value: unknown) => asArray(value).filter((domain) => typeof domain === 'string');
  const search: WebSearchTool = { kind: 'web-search', raw: raw(tool), at };
  if (Array.isArray(filters.allowed_domains)) search.allowedDomains = domains(filters.allowed_domains);
  if (Array.isArray(filters.blocked_domains)) search.blockedDomains = domains(filters.blocked_domains);
  const contextSize = asString(tool.search_context_size);
  if (contextSize !== undefined) search.contextSize = contextSize;
  if (isObject(tool.user_location)) {
    const location: NonNullable<WebSearchTool['location']> = {};
    for (const member of LOCATION_MEMBERS) {
      const value = asString(tool.user_location[member]);
      if (value !== undefined) location[member] = value;
    }
    search.location = location;
  }
  return search;
}

/** Throws Fault `invalid_value` for a text that is no mode. */
export function decodeToolChoice(value: JsonValue | undefined, losses: Loss[]): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value };
  if (!isObject(value))
    throw new Fault('invalid_value', '`tool_choice` must be "auto", "none", "required" or one tool.', {
      param: 'tool_choice',
    });
  if (value.type === 'allowed_tools') return decodeSubset(value, losses);
  const hosted = readHosted(asString(value.type) ?? '', value);
  if (hosted) return hosted;
  const one = readNamed(value);
  if (!one) return { mode: 'opaque', raw: raw(value) };
  losses.push(...lostMembers(value, ['type', 'name', 'namespace'], 'tool_choice'));
  return { mode: 'one', ...one };
}

/** The newer spelling of the search is what is written again. */
function readHosted(type: string, choice: JsonObject): (ToolChoice & { mode: 'hosted' }) | undefined {
  if (Object.keys(choice).length > 1) return undefined;
  if (type === 'code_interpreter') return { mode: 'hosted', tool: 'code' };
  return type === 'web_search' || type.startsWith('web_search_preview')
    ? { mode: 'hosted', tool: 'web-search' }
    : undefined;
}

type Named = { name: string; form: 'json' | 'text'; namespace?: string };

function readNamed(choice: JsonObject): Named | undefined {
  const type = asString(choice.type) ?? '';
  if (Object.hasOwn(CLIENT_TOOLS, type)) return { name: type, form: 'json' };
  const name = asString(choice.name);
  if (name === undefined || (type !== 'function' && type !== 'custom')) return undefined;
  const namespace = asString(choice.namespace);
  return {
    name,
    form: type === 'custom' ? 'text' : 'json',
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function decodeSubset(choice: JsonObject, losses: Loss[]): ToolChoice {
  const entries = asArray(choice.tools).map(asObject);
  const names = entries.flatMap((entry): ToolName[] => {
    const { name, namespace } = readNamed(entry) ?? {};
    if (name === undefined) return [];
    return [namespace === undefined ? { name } : { name, namespace }];
  });
  const hosted = entries.flatMap((entry): HostedKind[] => {
    const own = readHosted(asString(entry.type) ?? '', entry);
    return own ? [own.tool] : [];
  });
  if (names.length + hosted.length < entries.length) return { mode: 'opaque', raw: raw(choice) };
  losses.push(...lostMembers(choice, ['type', 'mode', 'tools'], 'tool_choice'));
  const required = choice.mode === 'required';
  return { mode: 'subset', required, names, ...(hosted.length === 0 ? {} : { hosted }) };
}
