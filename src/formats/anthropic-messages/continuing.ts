// How Anthropic goes on with a turn in which its own tools ran for long (`stop_reason` pause_turn).

import type { CanonicalResponse } from '../../canonical/response.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  tryParseJson,
} from '../../lib/json.ts';
import type { Continuing } from '../codec.ts';
import { encodeAnswerPart } from './encode/answer-blocks.ts';

/** The same request with the answer so far behind its messages, block by block as it came. */
export const continuing: Continuing = {
  requestsMax: 5,
  mayStop: ({ tools, mcp_servers }) =>
    asArray(mcp_servers).length > 0 ||
    asArray(tools).some((tool) => asObject(tool).input_schema === undefined),
  hasWord: true,
  repeats: true,
  next(bytes, answer) {
    const body = answer.finish.reason === 'pause' ? tryParseJson(new TextDecoder().decode(bytes)) : undefined;
    const content = isObject(body) ? blocksOf(answer) : [];
    const max_tokens = isObject(body) ? roomLeft(body, answer) : undefined;
    if (!isObject(body) || content.length === 0 || max_tokens === undefined) return undefined;
    const messages = asArray(body.messages).map(asObject);
    const last = messages.at(-1);
    // what the client had begun is the beginning of the same turn
    const begun = last?.role === 'assistant' ? messages.pop() : undefined;
    messages.push({ role: 'assistant', content: [...begunBlocks(begun), ...content] });
    return new TextEncoder().encode(
      JSON.stringify({ ...body, ...containerOf(answer), max_tokens, messages }),
    );
  },
};

/** Code goes on where it ran, among the files it made. */
function containerOf({ usage }: CanonicalResponse): JsonObject {
  const container = Object.keys(usage?.containers ?? {}).find((id) => id !== '');
  return container === undefined ? {} : { container };
}

function begunBlocks(turn: JsonObject | undefined): JsonObject[] {
  if (!turn) return [];
  if (typeof turn.content === 'string') return [{ type: 'text', text: turn.content }];
  return asArray(turn.content).map(asObject);
}

/** Without what Anthropic refuses in a turn it is to go on with: blank texts, unproven thoughts, blanks at the end. */
function blocksOf({ parts }: CanonicalResponse): JsonObject[] {
  const blocks = parts
    .map(encodeAnswerPart)
    .filter((block) => block !== undefined)
    .filter(({ type, text, signature }) =>
      type === 'text' ? asString(text)?.trim() !== '' : type !== 'thinking' || signature !== '',
    );
  const last = blocks.at(-1);
  if (last?.type === 'text') last.text = (asString(last.text) ?? '').trimEnd();
  return blocks;
}

/** What the client's own cap leaves, which has to be more than the model may think; undefined when that is nothing. */
function roomLeft({ max_tokens, thinking }: JsonObject, { usage }: CanonicalResponse): number | undefined {
  const left = (asNumber(max_tokens) ?? 0) - (usage?.output ?? 0);
  return left > (asNumber(asObject(thinking).budget_tokens) ?? 0) ? left : undefined;
}
