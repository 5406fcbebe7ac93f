// A Responses body on its way to OpenAI with nothing in it that another issuer sealed.

import type { Loss } from '../../canonical/loss.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';

/** See `Codec.showSeals`. Reasoning without encrypted content stays: some servers of this format know no other. */
export function showSeals(
  body: JsonObject,
  show: (seal: string) => string | undefined,
): Converted<JsonObject> {
  const losses: Loss[] = [];
  if (!Array.isArray(body.input)) return { value: body, losses };
  const { input } = body;
  const items = input.flatMap((item, index): JsonValue[] => {
    const seal = isObject(item) && item.type === 'reasoning' ? asString(item.encrypted_content) : undefined;
    if (!isObject(item) || seal === undefined) return [item];
    const shown = show(seal);
    if (shown === seal) return [item];
    if (shown !== undefined) return [{ ...item, encrypted_content: shown }];
    const reason = 'reasoning of another provider, or without the state that proves it';
    losses.push({ path: `input[${index}]`, action: 'dropped', reason });
    return [];
  });
  const isSame = items.every((item, at) => item === input[at]) && items.length === input.length;
  return { value: isSame ? body : { ...body, input: items }, losses };
}
