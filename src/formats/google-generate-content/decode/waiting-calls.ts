// The calls of one turn that wait for their results, which may tell only the name of what was called.

import type { Part, ToolCallPart } from '../../../canonical/part.ts';
import type { JsonValue } from '../../../lib/json.ts';

/** There may be as many as a body has room for: each is looked up, never searched for. */
export class WaitingCalls {
  // the first one stands last in each list
  readonly #all: ToolCallPart[];
  readonly #byId: Map<string, ToolCallPart[]>;
  readonly #byName: Map<JsonValue | undefined, ToolCallPart[]>;
  readonly #taken = new Set<ToolCallPart>();

  constructor(parts: readonly Part[]) {
    this.#all = parts.filter((part) => part.kind === 'tool-call').reverse();
    this.#byId = Map.groupBy(this.#all, ({ id }) => id);
    this.#byName = Map.groupBy(this.#all, ({ name }) => name);
  }

  takeId(id: string): ToolCallPart | undefined {
    return this.#take(this.#byId.get(id));
  }

  /** The first call of this name, or of all where none is told. */
  takeName(name: JsonValue | undefined): ToolCallPart | undefined {
    return this.#take(name === undefined ? this.#all : this.#byName.get(name));
  }

  #take(calls: ToolCallPart[] = []): ToolCallPart | undefined {
    let call = calls.pop();
    while (call && this.#taken.has(call)) call = calls.pop();
    if (call) this.#taken.add(call);
    return call;
  }
}
