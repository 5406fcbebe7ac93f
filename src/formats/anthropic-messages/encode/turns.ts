// Canonical messages to the alternating turns of the Messages format.

import { Fault } from '../../../canonical/fault.ts';
import { NEUTRAL_LOSS, NEUTRAL_TURN } from '../../../canonical/neutral-turn.ts';
import type { Message, OpaquePart } from '../../../canonical/part.ts';
import { isInstruction, TAGGED, tagged } from '../../../canonical/system-note.ts';
import { asString, type JsonObject } from '../../../lib/json.ts';
import { FORMAT } from '../decode/block.ts';
import { contentOf, declared, encodePart, encodeParts } from './part.ts';
import { emptyTurn, type Turn } from './turn.ts';
import type { Writing } from './writing.ts';

/** `system` and `messages` of the body; calls are paired. Neighbours of one role are merged; a user's turn is first. */
export function encodeMessages(writing: Writing): { system: string | JsonObject[]; messages: JsonObject[] } {
  const { messages } = writing.request;
  const first = messages.findIndex((message) => !isInstruction(message));
  const leading = first === -1 ? messages : messages.slice(0, first);
  const system = contentOf(leading.flatMap((message) => instructionBlocks(message, writing)));
  const turns = new TurnList(writing);
  for (const message of first === -1 ? [] : messages.slice(first)) addMessage(message, turns, writing);
  turns.settle();
  const { list } = turns;
  if (list[0]?.role !== 'user') list.unshift(openingTurn(writing));
  trimPrefill(list, writing);
  return { system, messages: list.map(encodeTurn) };
}

type Instruction = { blocks: JsonObject[]; at: string; behind: string };

const MOVED = 'a later instruction stands between the user’s turn and the answer';

/**
 * Turns under construction. A later instruction waits for its place. Models that know such turns take one only behind
 * a user's turn, in front of an answer or at the end, and no two in a row (Anthropic's documentation of system messages
 * in the middle of a conversation); to others it is tagged text of the user.
 */
class TurnList {
  readonly list: Turn[] = [];
  readonly #writing: Writing;
  #waiting: Instruction[] = [];

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  get last(): Turn | undefined {
    return this.list.at(-1);
  }

  /** The turn at the end if it has this role, else a new one. */
  open(role: Turn['role']): Turn {
    if (role === 'assistant') this.settle();
    const { last } = this;
    const turn = last?.role === role ? last : emptyTurn(role);
    if (turn !== last) this.list.push(turn);
    if (role === 'user' && !this.#writing.target.midSystem) this.#tagInto(turn);
    return turn;
  }

  instruct(blocks: JsonObject[], at: string): void {
    this.#waiting.push({ blocks, at, behind: this.#end });
    if (!this.#writing.target.midSystem && this.last?.role === 'user') this.open('user');
  }

  /**
   * What waits gets its place before an answer, or at the end: in a turn of its own where there is no other, so that a
   * conversation that goes on begins as it did. Prompt caches and the proofs of thoughts depend on that.
   */
  settle(): void {
    if (this.#waiting.length === 0) return;
    if (this.#writing.target.midSystem && this.last?.role === 'user') this.#place();
    else this.#tagInto(this.open('user'));
  }

  /** Tells when something was added. */
  get #end(): string {
    const { last } = this;
    return last?.role === 'user' ? `${this.list.length} ${last.results.length + last.blocks.length}` : '';
  }

  #place(): void {
    const waiting = this.#waiting.splice(0);
    for (const { at, behind } of waiting) if (behind !== this.#end) this.#lose(at, MOVED);
    this.list.push({ ...emptyTurn('system'), blocks: waiting.flatMap(({ blocks }) => blocks) });
  }

  #tagInto(turn: Turn): void {
    for (const { blocks, at } of this.#waiting.splice(0)) {
      this.#lose(at, TAGGED);
      // in place: whoever counts cache marks has these very blocks
      for (const block of blocks) block.text = tagged(asString(block.text) ?? '');
      turn.blocks.push(...blocks);
    }
  }

  #lose(path: string, reason: string): void {
    this.#writing.losses.push({ path, action: 'moved', reason });
  }
}

function addMessage(message: Message, turns: TurnList, writing: Writing): void {
  if (isInstruction(message)) {
    const blocks = instructionBlocks(message, writing);
    if (blocks.length > 0) turns.instruct(blocks, message.at ?? 'messages');
    return;
  }
  if (message.name !== undefined) loseName(message, writing);
  const role = message.role === 'assistant' ? 'assistant' : 'user';
  for (const part of message.parts) {
    if (part.kind === 'opaque' && part.raw.format !== FORMAT && (part.toolSearch || part.remote)) {
      turns.open(role).blocks.push(...encodeRun(part, writing));
      continue;
    }
    const block = encodePart(part, writing);
    if (!block) continue;
    const turn = turns.open(role);
    if (part.kind === 'tool-result') turn.results.push(block);
    else if (part.kind === 'tool-call') turn.calls.push(block);
    else turn.blocks.push(block);
  }
  const unanswered = [...writing.searches.rest(), ...writing.calls.rest()];
  if (unanswered.length > 0) turns.open(role).blocks.push(...unanswered);
}

/** What another provider's own tool did; a reference to a tool that is not declared is refused. */
function encodeRun({ toolSearch, remote, at }: OpaquePart, writing: Writing): JsonObject[] {
  const { searches, calls } = writing;
  if (remote) return [...searches.rest(), ...calls.of(remote)];
  const { found, ...asked } = toolSearch ?? {};
  const outcome = found === undefined ? {} : { found: declared(found, at, writing) };
  return [...calls.rest(), ...searches.of({ ...asked, ...outcome })];
}

function instructionBlocks(message: Message, writing: Writing): JsonObject[] {
  if (message.name !== undefined) loseName(message, writing);
  const blocks = encodeParts(message.parts, writing);
  if (blocks.every((block) => block.type === 'text')) return blocks;
  throw new Fault('unsupported_parameter', 'Instructions for this model must be text.', {
    param: message.at,
  });
}

function loseName(message: Message, writing: Writing): void {
  const path = message.at === undefined ? 'messages' : `${message.at}.name`;
  writing.losses.push({ path, action: 'dropped', reason: 'Anthropic knows no names of speakers' });
}

function openingTurn(writing: Writing): Turn {
  writing.losses.push(NEUTRAL_LOSS);
  return { ...emptyTurn('user'), blocks: [{ type: 'text', text: NEUTRAL_TURN }] };
}

/** Anthropic refuses an answer's beginning that ends in white space. */
function trimPrefill(turns: Turn[], writing: Writing): void {
  const last = turns.at(-1);
  const block = last?.role === 'assistant' ? last.blocks.at(-1) : undefined;
  if (!last || !block || typeof block.text !== 'string' || block.text === block.text.trimEnd()) return;
  writing.losses.push({ path: 'messages', action: 'changed', reason: 'white space at the end was cut' });
  block.text = block.text.trimEnd();
  if (block.text === '') last.blocks.pop();
  if (last.blocks.length === 0) turns.pop();
}

function encodeTurn(turn: Turn): JsonObject {
  return { role: turn.role, content: contentOf([...turn.results, ...turn.blocks, ...turn.calls]) };
}
