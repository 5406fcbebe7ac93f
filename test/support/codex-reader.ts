// Reads a Responses stream as Codex does: few types of event, but strict about each of them.

import type { SseFrame } from '../../src/lib/sse.ts';
import type { Json } from './strict.ts';

export type CodexTurn = {
  /** The items that were done, in order. */
  items: Json[];
  /** The response of the terminal event. */
  completed: Json;
  /** Every id of a response that was seen. */
  ids: Set<unknown>;
};

/** Throws where Codex would give the turn up: a delta without its item, an item without its members, no end. */
export function readAsCodex(frames: SseFrame[]): CodexTurn {
  const items: Json[] = [];
  const ids = new Set<unknown>();
  let active: unknown;
  let completed: Json | undefined;
  for (const { data } of frames) {
    const event = JSON.parse(data) as Json;
    const response = event.response as Json | undefined;
    if (response) ids.add(response.id);
    switch (event.type) {
      case 'response.output_item.added':
        active = (event.item as Json).id;
        break;
      case 'response.output_text.delta':
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        if (active === undefined || event.item_id !== active)
          throw new Error(`${event.type} without active item`);
        break;
      case 'response.output_item.done':
        checkItem(event.item as Json);
        items.push(event.item as Json);
        active = undefined;
        break;
      case 'response.completed':
        if (typeof response?.id !== 'string') throw new Error('completed without an id');
        completed = response;
        break;
      case 'response.failed':
        throw new Error(`the response failed: ${data}`);
      default:
        break;
    }
  }
  if (!completed) throw new Error('stream closed before response.completed');
  return { items, completed, ids };
}

/** The members Codex cannot read an item without. */
const REQUIRED: Record<string, Record<string, string>> = {
  message: { role: 'string', content: 'object' },
  reasoning: { id: 'string', summary: 'object', encrypted_content: 'string' },
  function_call: { name: 'string', arguments: 'string', call_id: 'string' },
  custom_tool_call: { name: 'string', input: 'string', call_id: 'string' },
};

function checkItem(item: Json): void {
  const required = REQUIRED[String(item.type)];
  if (!required) throw new Error(`an item of type ${String(item.type)}`);
  for (const [name, type] of Object.entries(required))
    if (typeof item[name] !== type) throw new Error(`a ${String(item.type)} whose ${name} is no ${type}`);
}
