// A Messages body on its way to Anthropic with nothing in it that another issuer sealed.

import type { Loss } from '../../canonical/loss.ts';
import { asArray, asString, entryOf, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';
import { lacksThoughts } from './encode/tool-loop.ts';

/**
 * See `Codec.showSeals`. A thinking block without a signature goes too, as Anthropic refuses it. Where a tool loop
 * loses its thoughts by that, the model is not asked to think in this one call.
 */
export function showSeals(
  body: JsonObject,
  show: (seal: string) => string | undefined,
): Converted<JsonObject> {
  const losses: Loss[] = [];
  const messages = asArray(body.messages).flatMap((message, index): JsonValue[] => {
    if (!isObject(message) || message.role !== 'assistant' || !Array.isArray(message.content))
      return [message];
    const path = `messages[${index}].content`;
    const content = message.content.flatMap((block, at) => showBlock(block, `${path}[${at}]`, show, losses));
    if (message.content.every((block, at) => block === content[at])) return [message];
    // an empty turn is refused, two turns of one role are not
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  if (messages.every((message, at) => message === asArray(body.messages)[at])) return { value: body, losses };
  const shown = { ...body, messages };
  const thinking = isObject(body.thinking) ? body.thinking.type : undefined;
  if (losses.length === 0 || thinking !== 'enabled' || !lacksThoughts(messages.filter(isObject)))
    return { value: shown, losses };
  losses.push({ path: 'thinking', action: 'dropped', reason: 'the thoughts of this tool loop are gone' });
  return { value: withoutThinking(shown, losses), losses };
}

function showBlock(
  block: JsonValue,
  at: string,
  show: (seal: string) => string | undefined,
  losses: Loss[],
): JsonValue[] {
  const member = isObject(block) ? entryOf(SEALED, asString(block.type)) : undefined;
  if (!isObject(block) || member === undefined) return [block];
  const seal = asString(block[member]) ?? '';
  const shown = seal === '' ? undefined : show(seal);
  if (shown === seal) return [block];
  if (shown !== undefined) return [{ ...block, [member]: shown }];
  losses.push({ path: at, action: 'dropped', reason: 'reasoning that Anthropic did not seal' });
  return [];
}

/** The member that holds the seal, by type of block. */
const SEALED: Record<string, string> = { thinking: 'signature', redacted_thinking: 'data' };

/** Clearing old thoughts is refused where there is no thinking. */
function withoutThinking(body: JsonObject, losses: Loss[]): JsonObject {
  const { thinking: _, context_management: management, ...rest } = body;
  if (!isObject(management))
    return management === undefined ? rest : { ...rest, context_management: management };
  const edits = asArray(management.edits);
  const kept = edits.filter((edit) => !isObject(edit) || !asString(edit.type)?.startsWith('clear_thinking'));
  if (kept.length < edits.length)
    losses.push({
      path: 'context_management.edits',
      action: 'changed',
      reason: 'there is no thinking to clear',
    });
  return { ...rest, context_management: { ...management, edits: kept } };
}
