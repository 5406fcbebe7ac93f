// Gives every tool call of a conversation an id of its own: some hosts count them anew in every turn.

import type { Message, Part } from './part.ts';

/**
 * The turns, paired already, with the second and later uses of an id renamed in call and result alike. A turn's names
 * depend on the turns before it only, so they stay the same while the conversation grows.
 */
export function distinctIds(messages: Message[]): Message[] {
  const names = new Names();
  // the id as it was to the ones its calls got; of the turn whose results come next
  let renamed = new Map<string, Iterator<string>>();
  return messages.map((message) => {
    if (message.role === 'assistant') {
      const given = new Map<string, string[]>();
      const turn = withParts(message, (part) => {
        if (part.kind !== 'tool-call') return part;
        const id = names.fresh(part.id);
        const same = given.get(part.id);
        if (same) same.push(id);
        else given.set(part.id, [id]);
        return id === part.id ? part : { ...part, id };
      });
      renamed = new Map([...given].map(([id, ids]) => [id, ids.values()]));
      return turn;
    }
    if (message.role !== 'tool') return message;
    return withParts(message, (part) => {
      const callId = part.kind === 'tool-result' ? renamed.get(part.callId)?.next().value : undefined;
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

class Names {
  readonly #seen = new Set<string>();
  /** By id: how often it was used, so that the ten thousandth use need not try all names before it. */
  readonly #uses = new Map<string, number>();

  fresh(id: string): string {
    let name = id;
    let use = this.#uses.get(id) ?? 1;
    while (this.#seen.has(name)) name = `${id}_${++use}`;
    this.#uses.set(id, use);
    this.#seen.add(name);
    return name;
  }
}
