// Which format somebody means: by a word for it, the path of a route, or a body.

import type { FormatId } from '../canonical/part.ts';
import { asArray, asObject, type JsonObject } from '../lib/json.ts';
import { ASKED, type AskedIn } from './index.ts';

/** Words for a format beside its id, and what stands in the path of its route. */
const WORDS: Record<string, AskedIn> = {
  chat: 'openai-chat',
  completions: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  google: 'google-generate-content',
  gemini: 'google-generate-content',
  embeddings: 'embeddings',
};

/** By its id, a word, or the path of a route; undefined when it is none of them. */
export function formatNamed(word: string): AskedIn | undefined {
  const id = Object.keys(ASKED).find((each): each is AskedIn => each === word);
  if (id) return id;
  if (/:(generateContent|streamGenerateContent)/.test(word)) return 'google-generate-content';
  const last = word.split('/').at(-1) ?? '';
  return Object.hasOwn(WORDS, last) ? WORDS[last] : undefined;
}

/** By members that only one of the formats has; what both Chat and Messages have is Chat. */
export function guessFormat(body: JsonObject): FormatId {
  if ('contents' in body) return 'google-generate-content';
  if ('input' in body && !('messages' in body)) return 'openai-responses';
  const isMessages =
    'system' in body ||
    'thinking' in body ||
    asArray(body.tools).some((tool) => 'input_schema' in asObject(tool)) ||
    asArray(body.messages).some((message) => asArray(asObject(message).content).some(isMessagesBlock));
  return isMessages ? 'anthropic-messages' : 'openai-chat';
}

function isMessagesBlock(block: JsonObject[string]): boolean {
  return ['tool_use', 'tool_result', 'thinking', 'image', 'document'].includes(String(asObject(block).type));
}
