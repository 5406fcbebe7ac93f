// Fits tool names and kinds to what an upstream knows, and finds the client's own tools again in the answer.

import { isObject, tryParseJson } from '../lib/json.ts';
import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import { Fault } from './fault.ts';
import { runsCode } from './hosted-tool.ts';
import type { Loss } from './loss.ts';
import type { Message, OpaquePart, Part, ToolCallPart, ToolName } from './part.ts';
import type { CanonicalRequest, CustomTool, FunctionTool, Tool, ToolChoice } from './request.ts';
import type { CanonicalResponse } from './response.ts';

/** What an upstream's tools can be. */
export type ToolAbilities = {
  namespaces: boolean;
  custom: boolean;
  webSearch: boolean;
  /** Names must not begin with a digit or a dash. */
  letterFirst?: boolean;
  /** The provider's own tools have names among those of the client's. */
  hostedNames?: boolean;
};

type Own = { name: string; namespace: string | undefined; form: 'json' | 'text' };
type Renames = { own: Map<string, Own>; wire: Map<string, string> };

const NAME_CHARS_MAX = 64;

/**
 * The request with namespaces flattened to `namespace__name`, custom tools wrapped as functions with one string
 * `input`, names brought to `[A-Za-z0-9_-]{1,64}` and unknown hosted search dropped, each where the upstream
 * needs it; `restore` undoes it in the answer and is undefined when there is nothing to undo.
 * Throws Fault `invalid_value` when two tools end up with one name.
 */
export function mapTools(
  request: CanonicalRequest,
  abilities: ToolAbilities,
): { request: CanonicalRequest; losses: Loss[]; restore: ToolRestorer | undefined } {
  const losses: Loss[] = [];
  const renames: Renames = { own: new Map(), wire: new Map() };
  const taken = new Set<string>();
  const hosted = new Set(abilities.hostedNames ? request.tools.flatMap(hostedName) : []);
  const tools: Tool[] = [];
  for (const tool of request.tools) {
    const at = tool.at ?? 'tools';
    if (tool.kind === 'web-search' && !abilities.webSearch) {
      losses.push({ path: at, action: 'dropped', reason: 'the upstream model has no search of its own' });
    } else if (tool.kind === 'function' || tool.kind === 'custom') {
      const mapped = mapTool(tool, abilities, hosted, losses);
      if (taken.has(mapped.name + (mapped.namespace ?? '')))
        throw new Fault('invalid_value', 'Two tools have the same name; give each tool its own.', {
          param: at,
        });
      taken.add(mapped.name + (mapped.namespace ?? ''));
      remember(renames, tool, mapped);
      tools.push(mapped);
    } else tools.push(tool);
  }
  const mapPart = (part: Part) => mapHistory(part, renames, abilities);
  const messages = request.messages.map((message): Message => {
    if (message.role !== 'assistant' && message.role !== 'tool') return message;
    return { ...message, parts: message.parts.map(mapPart) };
  });
  const out: CanonicalRequest = { ...request, tools, messages };
  const isGone =
    request.toolChoice?.mode === 'hosted' && request.toolChoice.tool === 'web-search' && !abilities.webSearch;
  if (isGone) {
    const path = request.origin.toolChoice ?? 'tool_choice';
    losses.push({ path, action: 'dropped', reason: 'the upstream model has no search of its own' });
    delete out.toolChoice;
  } else if (request.toolChoice) {
    const choice = withoutSearch(mapChoice(request.toolChoice, renames, abilities), abilities);
    if (tools.length > 0) out.toolChoice = choice;
    else if (request.tools.length > 0) delete out.toolChoice;
  }
  return { request: out, losses, restore: renames.own.size > 0 ? new ToolRestorer(renames.own) : undefined };
}

/** What Anthropic calls its tools. */
function hostedName(tool: Tool): string[] {
  if (tool.kind === 'web-search') return ['web_search'];
  return tool.kind === 'opaque' && runsCode(tool) ? ['code_execution'] : [];
}

function mapTool(
  tool: FunctionTool | CustomTool,
  abilities: ToolAbilities,
  hosted: ReadonlySet<string>,
  losses: Loss[],
): FunctionTool | CustomTool {
  const name = wireName(tool.name, abilities.namespaces ? undefined : tool.namespace, abilities, hosted);
  const { namespace, ...plain } = tool;
  const kept =
    abilities.namespaces && namespace !== undefined ? { ...plain, namespace, name } : { ...plain, name };
  if (kept.kind === 'function' || abilities.custom) return kept;
  const path = tool.at ?? 'tools';
  losses.push({
    path,
    action: 'changed',
    reason: 'a free-text tool became a function with one text argument',
  });
  return wrapCustom(kept);
}

function wrapCustom(tool: CustomTool): FunctionTool {
  const { grammar, kind: _, ...rest } = tool;
  const rule = grammar
    ? `\n\nThe input must match this ${grammar.syntax} grammar:\n${grammar.definition}`
    : '';
  const description = `${tool.description ?? ''}${rule}`.trim();
  return {
    ...rest,
    kind: 'function',
    ...(description === '' ? {} : { description }),
    schema: {
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    },
  };
}

const NONE: ReadonlySet<string> = new Set();

function wireName(
  name: string,
  namespace: string | undefined,
  { letterFirst }: ToolAbilities,
  hosted = NONE,
): string {
  const full = namespace === undefined ? name : `${namespace}__${name}`;
  const isOdd = letterFirst === true && /^[^A-Za-z_]/.test(full);
  if (/^[A-Za-z0-9_-]{1,64}$/.test(full) && !isOdd && !hosted.has(full)) return full;
  const hash = (Bun.hash(full) & 0xffffffffn).toString(36);
  const safe = (isOdd ? `_${full}` : full)
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, NAME_CHARS_MAX - hash.length - 1);
  return `${safe}_${hash}`;
}

function remember(
  renames: Renames,
  tool: FunctionTool | CustomTool,
  mapped: FunctionTool | CustomTool,
): void {
  renames.wire.set(ownKey(tool.namespace, tool.name), mapped.name);
  const same = mapped.name === tool.name && mapped.namespace === tool.namespace && mapped.kind === tool.kind;
  if (same) return;
  const form = tool.kind === 'custom' ? 'text' : 'json';
  renames.own.set(mapped.name, { name: tool.name, namespace: tool.namespace, form });
}

function ownKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}\n${name}`;
}

function mapHistory(part: Part, renames: Renames, abilities: ToolAbilities): Part {
  if (part.kind === 'tool-result') {
    const content = part.content.map((one) => mapHistory(one, renames, abilities));
    return { ...part, content, form: abilities.custom ? part.form : 'json' };
  }
  if (part.kind === 'opaque')
    return withFound(part, ({ name, namespace }) => {
      const flat = abilities.namespaces ? undefined : namespace;
      const known = renames.wire.get(ownKey(namespace, name)) ?? wireName(name, flat, abilities);
      return namespace === undefined || !abilities.namespaces ? { name: known } : { name: known, namespace };
    });
  if (part.kind !== 'tool-call') return part;
  const { namespace, ...plain } = part;
  const flat = abilities.namespaces ? undefined : namespace;
  const name = renames.wire.get(ownKey(namespace, part.name)) ?? wireName(part.name, flat, abilities);
  const renamed: ToolCallPart =
    abilities.namespaces && namespace !== undefined ? { ...plain, namespace, name } : { ...plain, name };
  if (part.form === 'json' || abilities.custom) return renamed;
  return { ...renamed, form: 'json', input: JSON.stringify({ input: part.input }) };
}

/** The part with the tools that a search found called as `rename` has it. */
function withFound(part: OpaquePart, rename: (tool: ToolName) => ToolName): OpaquePart {
  const { toolSearch } = part;
  if (!toolSearch?.found) return part;
  return { ...part, toolSearch: { ...toolSearch, found: toolSearch.found.map(rename) } };
}

function mapChoice(choice: ToolChoice, renames: Renames, abilities: ToolAbilities): ToolChoice {
  if (choice.mode === 'one') {
    const { namespace, ...plain } = choice;
    const name = renames.wire.get(ownKey(namespace, choice.name)) ?? choice.name;
    const form = abilities.custom ? choice.form : 'json';
    return abilities.namespaces && namespace !== undefined
      ? { ...choice, name, form }
      : { ...plain, name, form };
  }
  if (choice.mode !== 'subset') return choice;
  const names = choice.names.map(({ name, namespace }): ToolName => {
    const known = renames.wire.get(ownKey(namespace, name)) ?? name;
    return abilities.namespaces && namespace !== undefined ? { name: known, namespace } : { name: known };
  });
  return { ...choice, names };
}

/** A choice that leaves nothing else is one of none; that the search is gone has been told. */
function withoutSearch(choice: ToolChoice, { webSearch }: ToolAbilities): ToolChoice {
  if (webSearch || choice.mode !== 'subset' || !choice.hosted?.includes('web-search')) return choice;
  const hosted = choice.hosted.filter((kind) => kind !== 'web-search');
  return choice.names.length + hosted.length === 0 ? { mode: 'none' } : { ...choice, hosted };
}

/** Gives calls in an answer the names and forms the client's own tools have. One per stream. */
class ToolRestorer implements AnswerChange {
  readonly #own: Map<string, Own>;
  /** Part index to the wrapped argument text collected so far. */
  readonly #wrapped = new Map<number, string>();

  constructor(own: Map<string, Own>) {
    this.#own = own;
  }

  /** The event as the client knows it; wrapped arguments are held until their part ends. */
  events(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start' && event.part.kind === 'tool-call') {
      const own = this.#own.get(event.part.name);
      if (!own) return [event];
      if (own.form === 'text') this.#wrapped.set(event.index, '');
      return [{ ...event, part: { ...event.part, ...ownMembers(own) } }];
    }
    if (event.type === 'part-start' && event.part.kind === 'opaque')
      return [{ ...event, part: this.#found(event.part) }];
    if (event.type === 'part-delta' && event.delta.kind === 'input') {
      const held = this.#wrapped.get(event.index);
      if (held === undefined) return [event];
      this.#wrapped.set(event.index, held + event.delta.text);
      return [];
    }
    if (event.type === 'part-end') {
      const held = this.#wrapped.get(event.index);
      if (held === undefined) return [event];
      this.#wrapped.delete(event.index);
      const delta = { kind: 'input' as const, text: unwrap(held) };
      return [{ type: 'part-delta', index: event.index, delta }, event];
    }
    return [event];
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const parts = response.parts.map((part): Part => {
      if (part.kind === 'opaque') return this.#found(part);
      const own = part.kind === 'tool-call' ? this.#own.get(part.name) : undefined;
      if (part.kind !== 'tool-call' || !own) return part;
      const input = own.form === 'text' ? unwrap(part.input) : part.input;
      return { ...part, ...ownMembers(own), input };
    });
    return { ...response, parts };
  }

  #found(part: OpaquePart): OpaquePart {
    return withFound(part, (tool) => {
      const own = this.#own.get(tool.name);
      if (!own) return tool;
      const { name, namespace } = own;
      return namespace === undefined ? { name } : { name, namespace };
    });
  }
}

function ownMembers(own: Own): { name: string; form: 'json' | 'text'; namespace?: string } {
  const { name, form, namespace } = own;
  return namespace === undefined ? { name, form } : { name, form, namespace };
}

/** The text inside `{"input": …}`; a model that ignored the wrapping keeps its words. */
function unwrap(json: string): string {
  const value = tryParseJson(json);
  if (isObject(value) && typeof value.input === 'string') return value.input;
  return json;
}
