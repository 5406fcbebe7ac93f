// Tells when Anthropic would refuse to think: in the middle of a tool loop whose thoughts are not there.

import type { Message, Part } from '../../../canonical/part.ts';
import { asArray, asObject, asString, type JsonObject } from '../../../lib/json.ts';
import { signatureOf } from './answer-blocks.ts';

type Turn = { isAssistant: boolean; kinds: string[] };

/**
 * True when the turns end in results of tools and no assistant turn of that loop holds sealed thoughts.
 * With `thinking.type` `enabled` such a request is a 400; `adaptive` lets it pass (Anthropic's
 * documentation of extended and of adaptive thinking). `messages` are those of a body.
 */
export function lacksThoughts(messages: JsonObject[]): boolean {
  return isThoughtless(
    messages
      .filter((message) => message.role !== 'system')
      .map((message) => ({
        isAssistant: message.role === 'assistant',
        kinds: asArray(message.content).map((block) => asString(asObject(block).type) ?? ''),
      })),
  );
}

/** The same of canonical messages that have not been written yet; only seals of Anthropic count. */
export function willLackThoughts(messages: Message[]): boolean {
  return isThoughtless(
    messages
      .filter((message) => message.role !== 'system' && message.role !== 'developer')
      .map((message) => ({ isAssistant: message.role === 'assistant', kinds: message.parts.map(kindOf) })),
  );
}

function kindOf(part: Part): string {
  if (part.kind === 'tool-call') return 'tool_use';
  if (part.kind === 'tool-result') return 'tool_result';
  return part.kind === 'reasoning' && signatureOf(part.seal) !== undefined ? 'thinking' : part.kind;
}

/** Walks back over the pairs of calls and results at the end; whatever a user says beside results ends no loop. */
function isThoughtless(turns: Turn[]): boolean {
  const merged = mergeNeighbours(turns);
  let called = false;
  for (let at = merged.length - 1; at > 0; at -= 2) {
    const [asking, answering] = [merged[at - 1], merged[at]];
    if (!asking?.isAssistant || !answering?.kinds.includes('tool_result')) break;
    called = true;
    if (asking.kinds.some((kind) => kind === 'thinking' || kind === 'redacted_thinking')) return false;
  }
  return called;
}

function mergeNeighbours(turns: Turn[]): Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (last?.isAssistant === turn.isAssistant) last.kinds.push(...turn.kinds);
    else merged.push({ ...turn, kinds: [...turn.kinds] });
  }
  return merged;
}
