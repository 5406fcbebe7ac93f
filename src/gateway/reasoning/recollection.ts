// Gives the thoughts of earlier answers back to conversations whose client did not send them.

import type { Message, Part, ReasoningPart, ToolCallPart } from '../../canonical/part.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { safeToolId } from '../../formats/tool-id.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { tryParseJson } from '../../lib/json.ts';
import type { ThoughtStore } from '../../store/ports.ts';

/** An answer without its words: its thoughts, and where its text and its calls stood between them. */
type Skeleton = { calls: string[]; order: (ReasoningPart | 'text' | number)[] };

/** `textHash` is that of all text parts joined, which may be empty here; `after` is that of the turn answered. */
export type Answered = { parts: readonly Part[]; textHash: string; after: string };

/** Keeps the thoughts of an answer, if it holds any that its provider wants back. */
export function rememberThoughts(
  { parts, textHash, after }: Answered,
  keyId: string,
  store: ThoughtStore,
): void {
  if (!parts.some((part) => part.kind === 'reasoning' && part.seal)) return;
  const names = namesOf(
    parts,
    () => textHash,
    () => after,
  );
  if (names.length === 0) return;
  const skeleton: Skeleton = { calls: callsIn(parts).map(callMark), order: [] };
  let calls = 0;
  for (const part of parts) {
    if (part.kind === 'reasoning') skeleton.order.push(part);
    else if (part.kind === 'tool-call') skeleton.order.push(calls++);
    else if (skeleton.order.at(-1) !== 'text') skeleton.order.push('text');
  }
  store.remember(keyId, names, JSON.stringify(skeleton));
}

/**
 * The request with the thoughts of every turn that came without sealed ones, as far as they are remembered for this
 * key and `owns` knows their scope. A turn that was changed since gets none.
 */
export function recallThoughts(
  request: CanonicalRequest,
  keyId: string,
  store: ThoughtStore,
  owns: (scope: string) => boolean,
): CanonicalRequest {
  // nearly every client sends them itself, or its models have none: hashing all it ever said would be for nothing
  if (!store.hasAny(keyId)) return request;
  let found = false;
  let left = RECALLED_CHARS_MAX;
  const messages = request.messages.map((message, at): Message => {
    if (message.role !== 'assistant' || message.parts.some(isSealed)) return message;
    let before: string | undefined;
    const after = () => {
      before ??= turnHash(request.messages[at - 1]);
      return before;
    };
    const [name] = namesOf(message.parts, () => textHashOf(message.parts), after);
    const kept = name === undefined ? undefined : store.recall(keyId, name);
    left -= kept?.length ?? 0;
    const skeleton = kept === undefined || left < 0 ? undefined : readSkeleton(kept, message.parts);
    if (!skeleton || !isOwned(skeleton, owns)) return message;
    found = true;
    return { ...message, parts: clothe(skeleton, message.parts) };
  });
  return found ? { ...request, messages } : request;
}

/** Far more than any conversation thinks; one that repeats a turn a thousand times would be given its thoughts as often. */
const RECALLED_CHARS_MAX = 16 * 1024 * 1024;

/** Broken envelopes count: what a client changed on the way is gone. */
function isSealed(part: Part): boolean {
  return part.kind === 'reasoning' && (part.seal !== undefined || part.unproven === true);
}

/** Undefined for an answer that was changed since. */
function readSkeleton(kept: string, parts: readonly Part[]): Skeleton | undefined {
  const skeleton = JSON.parse(kept) as Skeleton;
  const marks = callsIn(parts).map(callMark);
  return marks.join() === skeleton.calls.join() ? skeleton : undefined;
}

function isOwned({ order }: Skeleton, owns: (scope: string) => boolean): boolean {
  return order.every(
    (part) => typeof part !== 'object' || part.seal?.scope === undefined || owns(part.seal.scope),
  );
}

function clothe({ order }: Skeleton, parts: readonly Part[]): Part[] {
  const calls = callsIn(parts);
  const words = parts.filter((part) => part.kind !== 'tool-call' && part.kind !== 'reasoning');
  const out: Part[] = [];
  for (const part of order) {
    if (typeof part === 'object') {
      out.push(part);
      continue;
    }
    // whatever else the turn says stands where its text stood, in front of its calls at the latest
    out.push(...words.splice(0));
    const call = typeof part === 'number' ? calls[part] : undefined;
    if (call) out.push(call);
  }
  return [...out, ...words];
}

/** Any other id is no random one: providers that count their calls begin anew in every conversation. */
const UNIQUE = /^(?!t_).{20,}$/;
const NO_TEXT = sha256Hex('');

/**
 * By its calls, each of which names the answer; by its text when there are none. What many answers could have in
 * common counts only behind the same turn.
 */
function namesOf(parts: readonly Part[], textHash: () => string, after: () => string): string[] {
  const calls = callsIn(parts);
  if (calls.length > 0)
    return calls.map(({ id }) => {
      const safe = safeToolId(id);
      return UNIQUE.test(safe) ? `call ${safe}` : `call ${safe} after ${after()}`;
    });
  const hash = textHash();
  return hash === NO_TEXT ? [] : [`text ${hash} after ${after()}`];
}

/** Of what a turn says: an open stream may last for minutes and shall not hold the request. */
export function turnHash(message: Message | undefined): string {
  return sha256Hex((message?.parts ?? []).map(saidIn).join('\n'));
}

function saidIn(part: Part): string {
  if (part.kind === 'text') return part.text;
  return part.kind === 'tool-result' ? part.content.map(saidIn).join('\n') : part.kind;
}

export function textHashOf(parts: readonly Part[]): string {
  return sha256Hex(parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''));
}

function callsIn(parts: readonly Part[]): ToolCallPart[] {
  return parts.filter((part) => part.kind === 'tool-call');
}

/** What makes a call this one: some providers number theirs anew in every answer. */
function callMark({ id, name, namespace, input }: ToolCallPart): string {
  const parsed = tryParseJson(input);
  const args = parsed === undefined ? input.trim() : JSON.stringify(parsed);
  const called = namespace === undefined ? name : `${namespace}__${name}`;
  return sha256Hex(`${safeToolId(id)} ${called} ${args}`).slice(0, 16);
}
