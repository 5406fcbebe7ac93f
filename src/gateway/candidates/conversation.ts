// Names the conversation a request belongs to, so that all its turns find the same prompt cache.

import type { Message } from '../../canonical/part.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import type { Call } from '../call.ts';

/** Headers by which agents say which session a request is of. */
const SESSION_HEADERS = ['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id'];
const NAME_CHARS = 32;

/**
 * A routing key for OpenAI's prompt cache: the same for all turns of a conversation, another one for every key. A
 * client that names no session is told by how its prompt begins, never by its first question where instructions or
 * tools stand before it: those are what its conversations share in the cache.
 */
export function conversationKey({ key, headers }: Call, request: CanonicalRequest): string {
  const session = sessionOf(headers) ?? request.userId ?? beginningOf(request);
  return `osiris-${sha256Hex(`${key.id}\n${session}`).slice(0, NAME_CHARS)}`;
}

/** The session an agent says it is in. */
export function sessionOf(headers: Headers): string | undefined {
  for (const name of SESSION_HEADERS) {
    const session = headers.get(name);
    if (session) return session;
  }
  return undefined;
}

function beginningOf({ messages, tools }: CanonicalRequest): string {
  const first = messages.findIndex((message) => !isInstruction(message));
  const leading = messages.slice(0, Math.max(first, 0));
  const names = tools.map((tool) => ('name' in tool ? tool.name : tool.kind));
  const shared = leading.length + names.length > 0 ? leading : messages.slice(0, 1);
  return JSON.stringify([names, shared.map(textOf)]);
}

function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : part.kind)).join('\n');
}
