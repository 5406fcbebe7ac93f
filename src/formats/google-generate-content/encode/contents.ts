// Canonical turns to `systemInstruction` and `contents`, in which user and model take turns.

import { readForeign } from '../../../canonical/foreign-block.ts';
import { NEUTRAL_LOSS, NEUTRAL_TURN } from '../../../canonical/neutral-turn.ts';
import type { Message, OpaquePart, Part, TextPart, ToolCallPart } from '../../../canonical/part.ts';
import { isInstruction, TAGGED, tagged } from '../../../canonical/system-note.ts';
import { asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { mayRunCode } from '../../code-tool.ts';
import { codeParts } from '../decode/opaque.ts';
import { FORMAT, generationOf, ISSUER } from '../names.ts';
import { runIn } from '../own-runs.ts';
import { SignatureHolder, thoughtText } from '../signature-holder.ts';
import { callArgs } from './call-args.ts';
import { encodeMedia } from './media.ts';
import { encodeResult } from './result.ts';
import { dropMark, note, unsupported, type Writing } from './writing.ts';

/** A turn under construction; results stand in front of what else a user says. */
type Turn = { role: 'user' | 'model'; results: JsonObject[]; parts: JsonObject[] };

/** Calls are paired already. Neighbours of one role are one content; a user's content is first. */
export function encodeContents(writing: Writing): { system: JsonObject[]; contents: JsonObject[] } {
  const { messages } = writing.request;
  const first = messages.findIndex((message) => !isInstruction(message));
  const leading = first === -1 ? messages : messages.slice(0, first);
  const system = leading.flatMap((message) => instruction(message, writing));
  const writer = new ContentWriter(writing);
  for (const message of first === -1 ? [] : messages.slice(first)) writer.add(message);
  return { system, contents: writer.contents() };
}

function instruction(message: Message, writing: Writing): JsonObject[] {
  loseName(message, writing);
  return message.parts.flatMap((part) => {
    if (part.kind !== 'text' && part.kind !== 'opaque')
      throw unsupported(part.at, 'instructions must be text');
    return encodeUserPart(part, writing);
  });
}

function loseName({ name, at }: Message, writing: Writing): void {
  if (name !== undefined)
    note(
      writing,
      at === undefined ? undefined : `${at}.name`,
      'dropped',
      'Google knows no names of speakers',
    );
}

class ContentWriter {
  readonly #writing: Writing;
  readonly #turns: Turn[] = [];
  readonly #names = new Map<string, string>();

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  add(message: Message): void {
    const writing = this.#writing;
    if (isInstruction(message)) {
      this.#addNote(message);
      return;
    }
    loseName(message, writing);
    if (message.role === 'assistant') this.#addModel(message.parts);
    else if (message.role === 'tool') this.#addResults(message.parts);
    else
      this.#push(
        'user',
        message.parts.flatMap((part) => encodeUserPart(part, writing)),
      );
  }

  contents(): JsonObject[] {
    const turns = this.#turns;
    if (turns[0]?.role !== 'user') {
      this.#writing.losses.push(NEUTRAL_LOSS);
      turns.unshift({ role: 'user', results: [], parts: [{ text: NEUTRAL_TURN }] });
    }
    return turns.map(({ role, results, parts }) => ({ role, parts: [...results, ...parts] }));
  }

  /** An instruction behind the first turn is text of the user, with a mark that says what it is. */
  #addNote(message: Message): void {
    const parts = instruction(message, this.#writing);
    if (parts.length === 0) return;
    note(this.#writing, message.at, 'moved', TAGGED);
    this.#push(
      'user',
      parts.map((part) => ({ ...part, text: tagged(asString(part.text) ?? '') })),
    );
  }

  #addModel(parts: Part[]): void {
    const isOwn = parts.some((part) => part.kind === 'reasoning' && part.seal?.issuer === ISSUER);
    const writer = new ModelWriter(this.#writing, isOwn);
    for (const part of parts) {
      writer.add(part);
      if (part.kind === 'tool-call') this.#names.set(part.id, part.name);
    }
    this.#push('model', writer.finish());
  }

  #addResults(parts: Part[]): void {
    for (const part of parts) {
      if (part.kind !== 'tool-result') continue;
      const name = this.#names.get(part.callId) ?? 'unknown';
      const { result, beside } = encodeResult(part, name, this.#writing);
      this.#turn('user').results.push(result);
      this.#push('user', beside);
    }
  }

  #push(role: Turn['role'], parts: JsonObject[]): void {
    if (parts.length > 0) this.#turn(role).parts.push(...parts);
  }

  #turn(role: Turn['role']): Turn {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last;
    const turn: Turn = { role, results: [], parts: [] };
    this.#turns.push(turn);
    return turn;
  }
}

/** Writes one turn of the model, with every signature on the part it came with. */
class ModelWriter {
  readonly #writing: Writing;
  readonly #isOwn: boolean;
  readonly #signatures = new SignatureHolder();
  readonly #parts: JsonObject[] = [];

  /** `isOwn`: the turn was said here, as one of its signatures tells. */
  constructor(writing: Writing, isOwn: boolean) {
    this.#writing = writing;
    this.#isOwn = isOwn;
  }

  add(part: Part): void {
    switch (part.kind) {
      case 'reasoning': {
        this.#parts.push(...this.#signatures.release());
        // Google shows its thoughts without a signature, which stands on the call behind them
        if (!part.seal && this.#isOwn && thoughtText(part) !== '') {
          this.#parts.push({ text: thoughtText(part), thought: true });
          return;
        }
        if (part.seal?.issuer !== ISSUER) {
          note(this.#writing, part.at, 'dropped', 'reasoning without Google’s signature cannot be sent back');
          return;
        }
        const run = runIn(part.seal);
        if (run) {
          if (this.#writing.tellsRuns) this.#parts.push(run);
          else
            note(this.#writing, part.at, 'dropped', 'Google takes what its tools did only beside functions');
          return;
        }
        const text = part.redacted ? '' : thoughtText(part);
        if (text !== '') this.#parts.push({ text, thought: true });
        this.#signatures.hold(part.seal, text !== '');
        return;
      }
      case 'tool-call':
        this.#parts.push(this.#call(part));
        return;
      case 'opaque':
        this.#parts.push(...encodeOpaque(part, this.#writing).map((one) => this.#signatures.sign(one)));
        return;
      default:
        this.#parts.push(...encodeUserPart(part, this.#writing).map((one) => this.#signatures.sign(one)));
    }
  }

  finish(): JsonObject[] {
    return [...this.#parts, ...this.#signatures.release()];
  }

  #call(part: ToolCallPart): JsonObject {
    dropMark(part, this.#writing);
    if (part.namespace !== undefined) throw unsupported(part.at, 'namespaces of tools are not known there');
    const { args, broken } = callArgs(part);
    if (broken) note(this.#writing, part.at, 'changed', 'arguments that are no JSON object were wrapped');
    const call = { functionCall: { id: part.id, name: part.name, args } };
    return wantsSignature(this.#writing) ? this.#signatures.signCall(call) : this.#signatures.sign(call);
  }
}

/** Newer models refuse a call in the history without a signature, or the word that says it was lost. */
function wantsSignature({ target }: Writing): boolean {
  return target.thinking !== 'none' && (generationOf(target.model) ?? 0) >= 3;
}

function encodeUserPart(part: Part, writing: Writing): JsonObject[] {
  switch (part.kind) {
    case 'text':
      return encodeText(part, writing);
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'image':
    case 'audio':
    case 'file':
      return [encodeMedia(part, writing)];
    case 'opaque':
      return encodeOpaque(part, writing);
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      note(writing, part.at, 'dropped', 'has no place in this turn');
      return [];
    default:
      return part satisfies never;
  }
}

function encodeText(part: TextPart, writing: Writing): JsonObject[] {
  dropMark(part, writing);
  const at = part.at ?? 'text';
  if (part.phase !== undefined) note(writing, `${at}.phase`, 'dropped', 'Google has no member for it');
  if (part.citations && part.citations.length > 0) {
    const member = at.startsWith('input') ? 'annotations' : 'citations';
    note(writing, `${at}.${member}`, 'dropped', 'Google has no member for it');
  }
  return part.text === '' ? [] : [{ text: part.text }];
}

function encodeOpaque(part: OpaquePart, writing: Writing): JsonObject[] {
  if (part.raw.format === FORMAT && isObject(part.raw.value)) return [part.raw.value];
  const { code } = part;
  // a model that may run code is shown what it ran as such: it would go on writing it as text
  if (code && mayRunCode(writing.request.tools)) {
    note(writing, part.at, 'changed', 'what another provider ran stands as code that Google ran');
    return codeParts(code);
  }
  const { text, loss } = readForeign(part);
  writing.losses.push(loss);
  return text === '' ? [] : [{ text }];
}
