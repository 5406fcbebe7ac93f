// Fits the names of tools' arguments to an upstream that takes only plain ones, and undoes it in the answer.

import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import type { Part, ToolName } from './part.ts';
import { type PropertyNames, plainNamesFor, withMembersNamed, withNames } from './property-names.ts';
import type { CanonicalRequest, Tool } from './request.ts';
import type { CanonicalResponse } from './response.ts';

/** What stands in place of the names, by tool. */
type Renamed = Map<string, PropertyNames>;

/**
 * The request with plain names (`plainNamesFor`) in the schemas of its functions and in the calls it already holds;
 * `restore` gives the client its own names back and is undefined where all are plain.
 */
export function mapProperties(request: CanonicalRequest): {
  request: CanonicalRequest;
  restore: (() => PropertyRestorer) | undefined;
} {
  const renamed: Renamed = new Map();
  const tools = request.tools.map((tool): Tool => {
    if (tool.kind !== 'function') return tool;
    const names = plainNamesFor(tool.schema);
    if (names.size === 0) return tool;
    renamed.set(keyOf(tool), names);
    return { ...tool, schema: withNames(tool.schema, names) };
  });
  if (renamed.size === 0) return { request, restore: undefined };
  const messages = request.messages.map((message) => {
    if (message.role !== 'assistant') return message;
    return { ...message, parts: message.parts.map((part) => renameCall(part, renamed)) };
  });
  const own: Renamed = new Map([...renamed].map(([tool, names]) => [tool, inverse(names)]));
  return { request: { ...request, tools, messages }, restore: () => new PropertyRestorer(own) };
}

function renameCall(part: Part, renamed: Renamed): Part {
  const names = part.kind === 'tool-call' && part.form === 'json' ? renamed.get(keyOf(part)) : undefined;
  if (part.kind !== 'tool-call' || !names) return part;
  return { ...part, input: withMembersNamed(part.input, names) };
}

function keyOf({ namespace, name }: ToolName): string {
  return `${namespace ?? ''}\n${name}`;
}

function inverse(names: PropertyNames): PropertyNames {
  return new Map([...names].map(([own, plain]) => [plain, own]));
}

/** One per answer. The arguments of a call with other names are held until it ends: they come as one piece. */
class PropertyRestorer implements AnswerChange {
  readonly #renamed: Renamed;
  /** By part index. */
  readonly #held = new Map<number, { text: string; names: PropertyNames }>();

  constructor(renamed: Renamed) {
    this.#renamed = renamed;
  }

  events(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start' && event.part.kind === 'tool-call') {
      const names = this.#renamed.get(keyOf(event.part));
      if (names) this.#held.set(event.index, { text: '', names });
      return [event];
    }
    if (event.type !== 'part-delta' && event.type !== 'part-end') return [event];
    const held = this.#held.get(event.index);
    if (!held) return [event];
    if (event.type === 'part-delta') {
      if (event.delta.kind !== 'input') return [event];
      held.text += event.delta.text;
      return [];
    }
    this.#held.delete(event.index);
    const text = withMembersNamed(held.text, held.names);
    return [{ type: 'part-delta', index: event.index, delta: { kind: 'input', text } }, event];
  }

  response(response: CanonicalResponse): CanonicalResponse {
    return { ...response, parts: response.parts.map((part) => renameCall(part, this.#renamed)) };
  }
}
