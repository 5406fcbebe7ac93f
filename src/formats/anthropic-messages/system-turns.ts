// Instructions in the middle of a Messages conversation, for models that know no such turns.

import type { Loss } from '../../canonical/loss.ts';
import { TAGGED, tagged } from '../../canonical/system-note.ts';
import { asArray, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/**
 * The messages of a body with such turns told as text of the user's turn before them, or behind them, or of one of its
 * own. What holds more than text is left as it is. A list keeps its places: undefined stands for a turn that is told
 * elsewhere; the same list when there is none.
 */
export function withoutSystemTurns(
  messages: JsonValue | undefined,
  losses: Loss[],
): JsonValue | (JsonValue | undefined)[] | undefined {
  if (!Array.isArray(messages) || !messages.some((message) => notesIn(message))) return messages;
  const list: (JsonValue | undefined)[] = [];
  let waiting: JsonObject[] = [];
  const last = () => list.findLastIndex((message) => message !== undefined);
  for (const [i, message] of messages.entries()) {
    const notes = notesIn(message);
    const before = list[last()];
    if (notes) {
      losses.push({ path: `messages[${i}]`, action: 'moved', reason: TAGGED });
      list.push(undefined);
      if (!isTurnOf(before, 'user')) waiting.push(...notes);
      else if (notes.length > 0)
        list[last()] = { ...before, content: [...blocksOf(before.content), ...notes] };
      continue;
    }
    const isUser = isTurnOf(message, 'user');
    if (waiting.length > 0 && !isUser) list[i - 1] = { role: 'user', content: waiting };
    list.push(waiting.length > 0 && isUser ? withNotes(message, waiting) : message);
    waiting = [];
  }
  if (waiting.length > 0) list[list.length - 1] = { role: 'user', content: waiting };
  return list;
}

/** The texts of a system turn; undefined for every other one, and where there is more than text. */
function notesIn(message: JsonValue): JsonObject[] | undefined {
  if (!isTurnOf(message, 'system')) return undefined;
  const blocks = blocksOf(message.content);
  const isText = blocks.every((block) => isObject(block) && typeof block.text === 'string');
  if (!isText || Object.keys(message).length > 2) return undefined;
  return blocks
    .filter(isObject)
    .filter(({ text }) => text !== '')
    .map((block) => ({ ...block, text: tagged(String(block.text)) }));
}

/** In front of the words, and behind the results of tools, which have to come first. */
function withNotes(turn: JsonObject, notes: JsonObject[]): JsonObject {
  const blocks = blocksOf(turn.content);
  const words = blocks.findIndex((block) => !isObject(block) || block.type !== 'tool_result');
  return { ...turn, content: blocks.toSpliced(words === -1 ? blocks.length : words, 0, ...notes) };
}

function blocksOf(content: JsonValue | undefined): JsonValue[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
}

function isTurnOf(message: JsonValue | undefined, role: string): message is JsonObject {
  return isObject(message) && message.role === role;
}
