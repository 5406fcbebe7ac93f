// Code that another provider ran, as the item Responses clients know, and as text on its way to OpenAI again.

import type { Loss } from '../../canonical/loss.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';
import { hostedText } from './hosted-items.ts';

/** There is no container that a client could ask for. */
const NO_CONTAINER = '';

/** The item as far as it has come. */
export function foreignCode(id: string, status: string, code: string, outputs: JsonValue[]): JsonObject {
  return {
    id,
    type: 'code_interpreter_call',
    status,
    code,
    container_id: NO_CONTAINER,
    outputs: [...outputs],
  };
}

/** A request's body with such items as texts of the model; the same object when there is none. */
export function withoutForeignCode({ value: body, losses }: Converted<JsonObject>): Converted<JsonObject> {
  if (!Array.isArray(body.input)) return { value: body, losses };
  const found: Loss[] = [];
  const input = body.input.map((item, index): JsonValue => {
    if (!isObject(item) || item.type !== 'code_interpreter_call' || item.container_id !== NO_CONTAINER)
      return item;
    found.push({ path: `input[${index}]`, action: 'changed', reason: 'another provider ran this code' });
    return { type: 'message', role: 'assistant', content: hostedText(item) ?? '' };
  });
  if (found.length === 0) return { value: body, losses };
  return { value: { ...body, input }, losses: [...losses, ...found] };
}
