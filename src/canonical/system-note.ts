// Instructions in the middle of a conversation as text of the user, for those who know them at its beginning only.

import type { Loss } from './loss.ts';
import type { Message, Part } from './part.ts';

/** The text with a mark that says what it is. */
export function tagged(text: string): string {
  return `<system-note>\n${text}\n</system-note>`;
}

export const TAGGED = 'a later instruction stands in a user turn, in <system-note>';

const JOINED = 'the instructions became one turn';

export function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

/** One turn of instructions at most, which is first; later ones are turns of the user in their places. */
export function withOneInstruction(messages: Message[], losses: Loss[]): Message[] {
  const start = messages.findIndex((message) => !isInstruction(message));
  const leading = start === -1 ? messages : messages.slice(0, start);
  const [first, ...others] = leading;
  const parts = leading.flatMap((message) => message.parts);
  for (const { name, at } of others)
    if (name !== undefined)
      losses.push({ path: `${at ?? 'messages'}.name`, action: 'dropped', reason: JOINED });
  const rest = start === -1 ? [] : messages.slice(start);
  return [
    ...(first ? [others.length === 0 ? first : { ...first, role: 'system' as const, parts }] : []),
    ...rest.map((message) => (isInstruction(message) ? note(message, losses) : message)),
  ];
}

function note(message: Message, losses: Loss[]): Message {
  losses.push({ path: message.at ?? 'messages', action: 'moved', reason: TAGGED });
  const parts = message.parts.map(
    (part): Part => (part.kind === 'text' ? { ...part, text: tagged(part.text) } : part),
  );
  return { ...message, role: 'user', parts };
}
