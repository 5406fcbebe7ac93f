// Reads Chat tools and tool choices, older functions included.

import type { Loss } from '../../../canonical/loss.ts';
import type {
  CanonicalRequest,
  FunctionTool,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../../canonical/request.ts';
import {
  asArray,
  asBoolean,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { decodeMark, required } from './parts.ts';

const NO_ARGUMENTS = { type: 'object', properties: {} };

/** Every tool the request declares: `tools`, `functions` and the search. */
export function decodeTools(body: JsonObject, losses: Loss[]): Tool[] {
  const tools = asArray(body.tools).map((tool, i) => decodeTool(asObject(tool), `tools[${i}]`, losses));
  asArray(body.functions).forEach((definition, i) => {
    const at = `functions[${i}]`;
    tools.push(functionTool(asObject(definition), at, at, losses));
  });
  const search = readSearch(body, losses);
  if (search) tools.push(search);
  return tools;
}

/** The search that `web_search_options` or `web_search` asks for. */
export function readSearch(body: JsonObject, losses: Loss[]): WebSearchTool | undefined {
  if (isObject(body.web_search_options)) return webSearch(body.web_search_options, losses);
  if (body.web_search !== true) return undefined;
  return { kind: 'web-search', raw: { format: 'openai-chat', value: {} }, at: 'web_search' };
}

function decodeTool(tool: JsonObject, at: string, losses: Loss[]): Tool {
  const type = asString(tool.type) ?? 'function';
  const mark = decodeMark(tool);
  const cache = mark === undefined ? {} : { cache: mark };
  if (type === 'function' && isObject(tool.function)) {
    losses.push(...leftovers(tool, ['type', 'function', 'cache_control'], at));
    return { ...functionTool(tool.function, at, `${at}.function`, losses), ...cache };
  }
  if (type === 'custom' && isObject(tool.custom)) {
    losses.push(...leftovers(tool, ['type', 'custom', 'cache_control'], at));
    losses.push(...leftovers(tool.custom, ['name', 'description', 'format'], `${at}.custom`));
    const name = required(tool.custom.name, `${at}.custom.name`);
    const description = asString(tool.custom.description);
    const format = asObject(tool.custom.format);
    const grammar = asObject(format.grammar);
    losses.push(...leftovers(format, ['type', 'grammar'], `${at}.custom.format`));
    losses.push(...leftovers(grammar, ['syntax', 'definition'], `${at}.custom.format.grammar`));
    const syntax = asString(grammar.syntax);
    const definition = asString(grammar.definition);
    return {
      kind: 'custom',
      name,
      ...(description === undefined ? {} : { description }),
      ...(syntax === undefined || definition === undefined ? {} : { grammar: { syntax, definition } }),
      ...cache,
      at,
    };
  }
  return { kind: 'opaque', type, raw: { format: 'openai-chat', value: tool }, at };
}

function functionTool(definition: JsonObject, at: string, path: string, losses: Loss[]): FunctionTool {
  losses.push(
    ...leftovers(definition, ['name', 'description', 'parameters', 'strict', 'cache_control'], path),
  );
  const mark = decodeMark(definition);
  const description = asString(definition.description);
  const strict = asBoolean(definition.strict);
  return {
    kind: 'function',
    name: required(definition.name, `${path}.name`),
    ...(description === undefined ? {} : { description }),
    schema: isObject(definition.parameters) ? definition.parameters : NO_ARGUMENTS,
    ...(strict === undefined ? {} : { strict }),
    ...(mark === undefined ? {} : { cache: mark }),
    at,
  };
}

function webSearch(options: JsonObject, losses: Loss[]): WebSearchTool {
  const at = 'web_search_options';
  losses.push(...leftovers(options, ['search_context_size', 'user_location'], at));
  const spot = asObject(options.user_location);
  losses.push(...leftovers(spot, ['type', 'approximate'], `${at}.user_location`));
  const place = asObject(spot.approximate);
  losses.push(...leftovers(place, PLACE, `${at}.user_location.approximate`));
  const location: NonNullable<WebSearchTool['location']> = {};
  for (const name of PLACE) {
    const value = asString(place[name]);
    if (value !== undefined) location[name] = value;
  }
  const contextSize = asString(options.search_context_size);
  return {
    kind: 'web-search',
    ...(Object.keys(location).length === 0 ? {} : { location }),
    ...(contextSize === undefined ? {} : { contextSize }),
    raw: { format: 'openai-chat', value: options },
    at,
  };
}

const PLACE = ['city', 'region', 'country', 'timezone'] as const;

/** `functions` in place of `tools`: its clients read one `function_call` in an answer and know no `tool_calls`. */
export function isLegacy(body: JsonObject): boolean {
  return asArray(body.functions).length > 0 && asArray(body.tools).length === 0;
}

/** Sets the tool choice and its origin, from `tool_choice` or the older `function_call`. */
export function decodeToolChoice(body: JsonObject, request: CanonicalRequest): void {
  const member = (body.tool_choice ?? null) === null ? 'function_call' : 'tool_choice';
  const value = body[member] ?? null;
  if (value === null) return;
  request.toolChoice = member === 'function_call' ? legacyChoice(value) : toolChoice(value);
  request.origin.toolChoice = member;
}

function legacyChoice(value: JsonValue): ToolChoice {
  const name = asString(asObject(value).name);
  return name === undefined ? toolChoice(value) : { mode: 'one', name, form: 'json' };
}

function toolChoice(value: JsonValue): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value };
  // spelling of vendors that followed Anthropic
  if (value === 'any') return { mode: 'required' };
  const choice = asObject(value);
  const name = nameOf(choice);
  if (choice.type === 'function' && name !== undefined) return { mode: 'one', name, form: 'json' };
  if (choice.type === 'custom' && name !== undefined) return { mode: 'one', name, form: 'text' };
  if (choice.type === 'allowed_tools') {
    const allowed = isObject(choice.allowed_tools) ? choice.allowed_tools : choice;
    const names = asArray(allowed.tools).map((tool) => nameOf(asObject(tool)));
    if (names.every((tool) => tool !== undefined)) {
      const required = allowed.mode === 'required';
      return { mode: 'subset', required, names: names.map((name) => ({ name })) };
    }
  }
  return { mode: 'opaque', raw: { format: 'openai-chat', value } };
}

function nameOf(choice: JsonObject): string | undefined {
  return (
    asString(asObject(choice.function).name) ??
    asString(asObject(choice.custom).name) ??
    asString(choice.name)
  );
}
