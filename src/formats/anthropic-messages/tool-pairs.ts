// Gives every tool call of the turns exactly one result, in the user turn right behind it.

import type { Loss } from '../../canonical/loss.ts';
import { asArray, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { emptyTurn, type Placed, type Turn } from './turn.ts';

/**
 * The turns with results moved behind the assistant turn that called, whatever stands between. Of several results
 * the last stays; a call without any gets a failed one; a result without a call becomes user text.
 */
export function pairResults(turns: Turn[], losses: Loss[]): Turn[] {
  const answers = turns.map((): Placed[] => []);
  const taken = new Set<JsonObject>();
  const waiting = new Map<string, Placed>();
  // backwards, since some hosts count ids anew in every turn: a result belongs to the nearest call before it
  for (let position = turns.length - 1; position >= 0; position--) {
    const turn = turns[position];
    if (!turn) continue;
    for (const result of [...turn.results].reverse()) {
      const id = asString(result.block.tool_use_id) ?? '';
      if (!waiting.has(id)) waiting.set(id, result);
      else {
        taken.add(result.block);
        losses.push({ path: result.at, action: 'dropped', reason: 'a later result answers the same call' });
      }
    }
    for (const call of turn.calls) {
      const id = asString(call.block.id) ?? '';
      const result = waiting.get(id) ?? missingResult(id, call.at, losses);
      waiting.delete(id);
      taken.add(result.block);
      answers[position]?.push(result);
    }
  }
  return arrange(turns, answers, taken, losses);
}

function arrange(turns: Turn[], answers: Placed[][], taken: Set<JsonObject>, losses: Loss[]): Turn[] {
  const out: Turn[] = [];
  const open = (role: Turn['role']): Turn => {
    const last = out.at(-1);
    const turn = last?.role === role ? last : emptyTurn(role);
    if (turn !== last) out.push(turn);
    return turn;
  };
  for (const [position, turn] of turns.entries()) {
    const orphans = turn.results.filter((result) => !taken.has(result.block));
    const spoken = orphans.flatMap((orphan) => orphanBlocks(orphan, losses));
    const blocks = [...spoken, ...turn.blocks];
    if (blocks.length > 0) open(turn.role).blocks.push(...blocks);
    if (turn.calls.length > 0) open(turn.role).calls.push(...turn.calls);
    const results = answers[position] ?? [];
    if (results.length > 0) open('user').results.push(...results);
  }
  return out;
}

function missingResult(id: string, at: string, losses: Loss[]): Placed {
  losses.push({ path: at, action: 'changed', reason: 'no result was recorded; one says so' });
  const content = 'No result was recorded for this call.';
  return { block: { type: 'tool_result', tool_use_id: id, content, is_error: true }, at };
}

function orphanBlocks(orphan: Placed, losses: Loss[]): JsonObject[] {
  losses.push({ path: orphan.at, action: 'moved', reason: 'it answers no call; it became user text' });
  const { content } = orphan.block;
  const heading: JsonObject = { type: 'text', text: 'Result of an earlier tool call:' };
  if (typeof content === 'string') return [heading, { type: 'text', text: content }];
  return [heading, ...asArray(content).filter(isObject)];
}
