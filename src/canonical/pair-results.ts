// Gives every tool call of a conversation exactly one result, right behind it, as every provider insists.

import type { Loss } from './loss.ts';
import type { Message, Part, ToolCallPart, ToolResultPart } from './part.ts';

type Found = { part: ToolResultPart; position: number };

/** By the id of the call, the last result first. */
type Waiting = Map<string, Found[]>;

/**
 * The turns with results moved behind the assistant turn that called. Of several results for a call the last one
 * stays; a call without any gets a failed one that says so; a result without a call becomes user text. Calls of one
 * turn that share an id get their results in order.
 */
export function pairResults(messages: Message[], losses: Loss[]): Message[] {
  const answered = new Map<number, Found[]>();
  const waiting: Waiting = new Map();
  // backwards, since some hosts count ids anew in every turn: a result belongs to the nearest call before it
  for (let position = messages.length - 1; position >= 0; position--) {
    const message = messages[position];
    if (message?.role === 'tool') collect(message, position, waiting);
    if (message?.role === 'assistant') answered.set(position, take(callsOf(message), waiting, losses));
  }
  const orphans = new Set([...waiting.values()].flat().map((found) => found.part));
  return messages.flatMap((message, position): Message[] => {
    if (message.role === 'tool') return orphanTurn(message, orphans, losses);
    const results = answered.get(position) ?? [];
    if (results.length === 0) return [message];
    results.sort((a, b) => a.position - b.position);
    return [message, { role: 'tool', parts: results.map((found) => found.part) }];
  });
}

function callsOf(message: Message): ToolCallPart[] {
  return message.parts.filter((part) => part.kind === 'tool-call');
}

function collect(message: Message, position: number, waiting: Waiting): void {
  for (const [offset, part] of [...message.parts.entries()].reverse()) {
    if (part.kind !== 'tool-result') continue;
    const found = { part, position: position + offset / (message.parts.length + 1) };
    const same = waiting.get(part.callId);
    if (same) same.push(found);
    else waiting.set(part.callId, [found]);
  }
}

function take(calls: ToolCallPart[], waiting: Waiting, losses: Loss[]): Found[] {
  const wanted = new Map<string, number>();
  for (const { id } of calls) wanted.set(id, (wanted.get(id) ?? 0) + 1);
  const results = new Map<string, Iterator<Found>>();
  for (const [id, count] of wanted) {
    const found = (waiting.get(id) ?? []).reverse();
    waiting.delete(id);
    const surplus = Math.max(0, found.length - count);
    for (const { part } of found.slice(0, surplus)) {
      const path = part.at ?? 'tool_result';
      losses.push({ path, action: 'dropped', reason: 'a later result answers the same call' });
    }
    results.set(id, found.slice(surplus).values());
  }
  return calls.map((call) => results.get(call.id)?.next().value ?? missingResult(call, losses));
}

function missingResult(call: ToolCallPart, losses: Loss[]): Found {
  losses.push({
    path: call.at ?? 'tool_calls',
    action: 'changed',
    reason: 'no result was recorded; one says so',
  });
  const content: Part[] = [{ kind: 'text', text: 'No result was recorded for this call.' }];
  const part: ToolResultPart = {
    kind: 'tool-result',
    callId: call.id,
    form: call.form,
    content,
    isError: true,
  };
  return { part, position: BEHIND_ALL };
}

/** Behind every recorded result. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;

function orphanTurn(message: Message, orphans: Set<ToolResultPart>, losses: Loss[]): Message[] {
  const parts = message.parts.flatMap((part): Part[] => {
    if (part.kind !== 'tool-result' || !orphans.has(part)) return [];
    const path = part.at ?? 'tool_result';
    // text of a user neither fails nor marks the end of a result
    const action = part.isError || part.cache ? 'changed' : 'moved';
    losses.push({ path, action, reason: 'it answers no call; it became user text' });
    return [{ kind: 'text', text: 'Result of an earlier tool call:' }, ...part.content];
  });
  return parts.length === 0 ? [] : [{ role: 'user', parts }];
}
