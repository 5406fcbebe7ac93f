// A conversation that its provider has shortened, for models of others: the summary stands for what came before it.

import { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Message, OpaquePart } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { Codec, Target } from './codec.ts';
import type { FitStep } from './output-form.ts';

const INTRODUCTION = 'Summary of the conversation so far:';

/**
 * Anthropic shows its model nothing of what stands before such a block, instructions aside; neither is another model
 * shown it. Throws Fault `unsupported_parameter` for a summary that cannot be read.
 */
export function fitCompaction(request: CanonicalRequest, _: Target, codec: Codec): FitStep {
  const { messages } = request;
  const turn = messages.findLastIndex(({ parts }) => parts.some((part) => isCompaction(part, codec)));
  const message = messages[turn];
  if (!message) return { request, losses: [], changes: [] };
  const place = message.parts.findLastIndex((part) => isCompaction(part, codec));
  const block = message.parts[place] as OpaquePart;
  const { text = '', at = 'messages' } = block;
  if (text === '')
    throw new Fault(
      'unsupported_parameter',
      `\`${at}\` is a summary only its own provider can read; send the conversation itself.`,
      { param: at },
    );
  const isInstruction = ({ role }: Message) => role === 'system' || role === 'developer';
  const instructions = messages.slice(0, turn).filter(isInstruction);
  const summary: Message = {
    role: 'user',
    parts: [{ kind: 'text', text: `${INTRODUCTION}\n\n${text}`, at }],
  };
  const rest = { ...message, parts: message.parts.slice(place + 1) };
  const kept = [
    ...instructions,
    summary,
    ...(rest.parts.length > 0 ? [rest] : []),
    ...messages.slice(turn + 1),
  ];
  const left = messages.slice(0, turn).filter((one) => !isInstruction(one));
  const places = [...left, ...message.parts.slice(0, place)].map((one) => one.at ?? 'messages');
  return {
    request: { ...request, messages: kept },
    losses: [
      { path: at, action: 'changed', reason: 'the summary became text of the user' },
      ...places.map((path): Loss => ({ path, action: 'dropped', reason: 'the summary stands for it' })),
    ],
    changes: [],
  };
}

function isCompaction(part: Message['parts'][number], codec: Codec): boolean {
  return (
    part.kind === 'opaque' &&
    part.type === 'compaction' &&
    part.raw.format === 'anthropic-messages' &&
    codec.id !== 'anthropic-messages'
  );
}
