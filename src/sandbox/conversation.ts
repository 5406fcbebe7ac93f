// Reads from a request what a sandbox model answers to.

import { allowedBy } from '../canonical/hosted-tool.ts';
import type { Message, Part } from '../canonical/part.ts';
import type { CanonicalRequest, CustomTool, FunctionTool, ToolChoice } from '../canonical/request.ts';
import { isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import { withoutAsides } from './asides.ts';

export type CallableTool = FunctionTool | CustomTool;

export type ToolOutcome = { name: string; text: string; isError: boolean };

/**
 * What the user said last; a word in brackets stands for each part that is not text. Coding agents put words of their
 * own beside it, or into a message behind it: those are the answer only where there is nothing else.
 */
export function lastUserText(request: CanonicalRequest): string {
  const { messages } = request;
  const spokeAt = messages.findLastIndex(({ role }) => role === 'assistant');
  const last = messages.findLast(({ role }) => role === 'user');
  const now = messages.filter((message, at) => message.role === 'user' && (at > spokeAt || message === last));
  const texts = now.map(({ parts }) => readableText(parts));
  return texts.map(withoutAsides).findLast((text) => text.trim() !== '') ?? texts.at(-1) ?? '';
}

/** What the client's tools answered since the model spoke last; empty when it is not their turn. */
export function toolOutcomes(request: CanonicalRequest): ToolOutcome[] {
  const spokeAt = request.messages.findLastIndex(({ role }) => role === 'assistant');
  const names = callNames(request.messages);
  const outcomes: ToolOutcome[] = [];
  for (const { parts } of request.messages.slice(spokeAt + 1)) {
    for (const part of parts) {
      if (part.kind !== 'tool-result') continue;
      const name = names.get(part.callId) ?? 'the tool';
      outcomes.push({ name, text: readableText(part.content), isError: part.isError });
    }
  }
  return outcomes;
}

/** The tools that may be called now, by tool choice. */
export function callableTools(request: CanonicalRequest): CallableTool[] {
  const tools = request.tools.filter((tool) => tool.kind === 'function' || tool.kind === 'custom');
  const choice = request.toolChoice;
  switch (choice?.mode) {
    case 'none':
      return [];
    case 'one':
      return tools.filter(({ name, namespace }) => name === choice.name && namespace === choice.namespace);
    case 'subset': {
      const isAllowed = allowedBy(choice);
      const names = new Set(choice.names.map(({ name }) => name));
      return tools.filter((tool) => isAllowed(tool) || names.has(fullName(tool)));
    }
    case 'auto':
    case 'required':
    case 'hosted':
    case 'opaque':
    case undefined:
      return tools;
    default:
      return choice satisfies never;
  }
}

/** True when the client insists on a call. */
export function mustCall(choice: ToolChoice | undefined): boolean {
  if (choice?.mode === 'subset') return choice.required;
  return choice?.mode === 'required' || choice?.mode === 'one';
}

/** A tool the user asked for by `call name`, with the JSON arguments that may follow the name. */
export type AskedCall = { tool: CallableTool; input: JsonObject | undefined };

/** The tools the text asks for, in its order: `call get_weather`, `call get_weather {"city":"Oslo"}`. */
export function askedCalls(text: string, tools: CallableTool[]): AskedCall[] {
  const calls: AskedCall[] = [];
  for (const match of text.matchAll(/\bcall\s+([\w.:-]+)[ \t]*/gi)) {
    const name = match[1] ?? '';
    const tool = tools.find((candidate) => matchesName(candidate, name));
    if (tool) calls.push({ tool, input: objectAt(text, match.index + match[0].length) });
  }
  return calls;
}

function matchesName(tool: CallableTool, written: string): boolean {
  return [written, written.replace(/[.:-]+$/, '')].some(
    (name) => name === tool.name || name === fullName(tool),
  );
}

function fullName({ name, namespace }: CallableTool): string {
  return namespace === undefined ? name : `${namespace}__${name}`;
}

/** The JSON object that begins at this place of the text, if one does. */
function objectAt(text: string, start: number): JsonObject | undefined {
  if (text[start] !== '{') return undefined;
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === '{') depth++;
    else if (!quoted && char === '}' && --depth === 0) {
      const value = tryParseJson(text.slice(start, at + 1));
      return isObject(value) ? value : undefined;
    }
  }
  return undefined;
}

function callNames(messages: Message[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.kind === 'tool-call') names.set(part.id, part.name);
  }
  return names;
}

function readableText(parts: Part[]): string {
  return parts
    .map(partText)
    .filter((text) => text !== '')
    .join('\n');
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text;
    case 'image':
    case 'audio':
    case 'file':
      return `[${part.kind}]`;
    case 'opaque':
      return part.text ?? `[${part.type}]`;
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return '';
    default:
      return part satisfies never;
  }
}
