// Gives every tool call of a conversation an id of its own: some hosts count them anew in every turn.

import type { Message, Part } from './part.ts';

/**
 * The turns, paired already, with the second and later uses of an id renamed in call and result alike. A turn's names
 * depend on the turns before it only, so they stay the same while the conversation grows.
 */
export function distinctIds(messages: Message[]): Message[] {
  const seen = new Set<string>();
  // the id as it was to the ones its calls got, in order; of the turn whose results come next
  let renamed = new Map<string, string[]>();
  return messages.map((message) => {
    if (message.role === 'assistant') {
      renamed = new Map();
      return withParts(message, (part) => {
        if (part.kind !== 'tool-call') return part;
        const id = fresh(part.id, seen);
        renamed.set(part.id, [...(renamed.get(part.id) ?? []), id]);
        return id === part.id ? part : { ...part, id };
      });
    }
    if (message.role !== 'tool') return message;
    return withParts(message, (part) => {
      const callId = part.kind === 'tool-result' ? renamed.get(part.callId)?.shift() : undefined;
      return part.kind !== 'tool-result' || callId === undefined || callId === part.callId
        ? part
        : { ...part, callId };
    });
  });
}

function withParts(message: Message, change: (part: Part) => Part): Message {
  const parts = message.parts.map(change);
  return parts.every((part, i) => part === message.parts[i]) ? message : { ...message, parts };
}

function fresh(id: string, seen: Set<string>): string {
  let name = id;
  for (let use = 2; seen.has(name); use++) name = `${id}_${use}`;
  seen.add(name);
  return name;
}
