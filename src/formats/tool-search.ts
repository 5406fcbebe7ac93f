// Fits tools that are shown on demand to a model: found by its provider's search, shown as the client finds them, or all.

import { searchesTools } from '../canonical/hosted-tool.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Message, Part, ToolName } from '../canonical/part.ts';
import type {
  CanonicalRequest,
  CustomTool,
  FunctionTool,
  OpaqueTool,
  RemoteServer,
  Tool,
} from '../canonical/request.ts';
import { asObject } from '../lib/json.ts';
import { refusesBeta } from './anthropic-messages/betas.ts';
import type { Codec, Target } from './codec.ts';
import type { FitStep } from './output-form.ts';

const AT_ONCE = 'the model is shown all tools at once';
const FOUND = 'a search of the client has found it: the model is shown it';
const NOT_FORCED = 'a search among tools cannot be forced there';
const NOT_FOUND = 'no search has found it yet, so the model is not shown it';

/**
 * Anthropic's models take tools that either side finds, OpenAI's those that their own search finds. Elsewhere a search
 * of the client still decides what the model is shown; without one it is shown everything at once.
 */
export function fitToolSearch(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  const search = request.tools.find(searchesTools);
  const isAble = target.toolSearch === true && !refusesBeta(target.refusesBetas, 'advanced-tool-use');
  const isOpenAI = isAble && codec.id === 'openai-responses' && search !== undefined;
  const mayFind = search !== undefined || request.tools.some(isPlain);
  const isAnthropic = isAble && codec.id === 'anthropic-messages' && mayFind;
  const losses: Loss[] = [];
  const readable = search && (isOpenAI || isAnthropic) ? request : withoutSearches(request);
  if (isAnthropic || !(search || request.tools.some((tool) => isDeferred(tool) || isDeferredServer(tool))))
    return { request: withoutSearchChoice(readable, request, losses), losses, changes: [] };
  const shown = search && !isOpenAI ? undefined : namesShown(request, !isOpenAI);
  const hides = shown !== undefined && mayFind;
  const tools = request.tools.flatMap((tool): Tool[] => {
    const { at = 'tools' } = tool;
    if (searchesTools(tool)) {
      if (isOpenAI) return [tool];
      losses.push({ path: at, action: 'dropped', reason: AT_ONCE });
      return [];
    }
    if (isDeferredServer(tool)) return [isOpenAI ? tool : shownServer(tool, losses)];
    if (!isDeferred(tool)) return [tool];
    if (hides && !shown.has(keyOf(tool))) {
      if (isOpenAI) return [tool];
      losses.push({ path: at, action: 'dropped', reason: NOT_FOUND });
      return [];
    }
    const { deferred, ...loaded } = tool;
    const reason = hides ? FOUND : AT_ONCE;
    if (deferred === 'asked') losses.push({ path: `${at}.defer_loading`, action: 'dropped', reason });
    return [loaded];
  });
  return { request: withoutSearchChoice({ ...readable, tools }, request, losses), losses, changes: [] };
}

type Named = FunctionTool | CustomTool;

function isDeferred(tool: Tool): tool is Named {
  return (tool.kind === 'function' || tool.kind === 'custom') && tool.deferred !== undefined;
}

function isDeferredServer(tool: Tool): tool is OpaqueTool & { remote: RemoteServer } {
  return tool.kind === 'opaque' && tool.remote?.deferredAt !== undefined;
}

/** What tools a server has is known to the provider alone, so that no search of the client finds them. */
function shownServer(tool: OpaqueTool & { remote: RemoteServer }, losses: Loss[]): OpaqueTool {
  const { deferredAt, ...remote } = tool.remote;
  losses.push({ path: deferredAt ?? 'tools', action: 'dropped', reason: AT_ONCE });
  return { ...tool, remote };
}

/** What may be the client's own search. */
function isPlain(tool: Tool): boolean {
  return (tool.kind === 'function' || tool.kind === 'custom') && tool.deferred === undefined;
}

function keyOf({ namespace = '', name }: ToolName): string {
  return `${namespace}\n${name}`;
}

/** What the client's search has found so far, and what else has to be there: it is to be called, or was called before. */
function namesShown({ messages, toolChoice }: CanonicalRequest, withCalled: boolean): Set<string> {
  const found = messages.flatMap(({ parts }) => parts.flatMap((part) => namesIn(part, withCalled)));
  return new Set([...found, ...(toolChoice?.mode === 'one' ? [toolChoice] : [])].map(keyOf));
}

function namesIn(part: Part, withCalled: boolean): ToolName[] {
  if (part.kind === 'tool-call') return withCalled ? [part] : [];
  if (part.kind !== 'tool-result') return [];
  return part.content.flatMap((one) => (one.kind === 'opaque' ? (one.toolSearch?.found ?? []) : []));
}

/** Searches that a provider ran are something to read where none can be asked for. */
function withoutSearches(request: CanonicalRequest): CanonicalRequest {
  const ran = (part: Part) => part.kind === 'opaque' && part.toolSearch !== undefined;
  if (!request.messages.some(({ role, parts }) => role === 'assistant' && parts.some(ran))) return request;
  const messages = request.messages.map((message): Message => {
    if (message.role !== 'assistant' || !message.parts.some(ran)) return message;
    const parts = message.parts.map((part): Part => {
      if (part.kind !== 'opaque' || !part.toolSearch) return part;
      const { toolSearch: _, ...rest } = part;
      return rest;
    });
    return { ...message, parts };
  });
  return { ...request, messages };
}

/** A call of the provider's search can be asked for at its own provider only. */
function withoutSearchChoice(
  fitted: CanonicalRequest,
  { tools, toolChoice, origin }: CanonicalRequest,
  losses: Loss[],
): CanonicalRequest {
  if (
    toolChoice?.mode !== 'one' ||
    fitted.tools.some((tool) => 'name' in tool && tool.name === toolChoice.name)
  )
    return fitted;
  if (!tools.some((tool) => searchesTools(tool) && nameOf(tool) === toolChoice.name)) return fitted;
  losses.push({ path: origin.toolChoice ?? 'tool_choice', action: 'dropped', reason: NOT_FORCED });
  const { toolChoice: _, ...rest } = fitted;
  return rest;
}

/** OpenAI's has no name but its type. */
function nameOf({ raw, type }: OpaqueTool): unknown {
  return asObject(raw.value).name ?? type;
}
