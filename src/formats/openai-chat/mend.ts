// Sets right what breaks clients in vendors' streams and answers, where they go to a client of the same format.

import { bufferOf } from '../../lib/bytes.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  tryParseJson,
} from '../../lib/json.ts';
import { jsonOf, parseFrames, type SseFrame, writeFrame } from '../../lib/sse.ts';
import type { StreamMender } from '../codec.ts';

const NO_BYTES = new Uint8Array(0);
const QUOTE = 34;

/**
 * What OpenAI's own library insists on: the role in the first chunk, choices in every one, one finish, the usage behind
 * it, and `tool_calls` as the reason of an answer that holds calls, as agents stop when it says `stop`. A stream as it
 * should be keeps every byte, and so does one of several choices.
 */
export class ChatMender implements StreamMender {
  #called = false;
  #severalChoices = false;
  #finished = false;
  /** The first chunk as the client is shown it: in it stands what all of them share. */
  #first: Uint8Array | undefined;
  /** The usage of a stream that has not finished yet. */
  #early: Uint8Array = NO_BYTES;

  notice(frames: Uint8Array): void {
    this.#called ||= holdsCalls(bufferOf(frames));
  }

  mend(raw: Uint8Array, frame: SseFrame): Uint8Array {
    if (frame.data.trim() === '[DONE]') return this.#close(raw);
    const chunk = jsonOf(frame);
    if (!isObject(chunk)) return raw;
    const choices = asArray(chunk.choices).map(asObject);
    const [choice] = choices;
    if (choice === undefined) return this.#readUsage(raw, chunk);
    if (choices.length > 1 || (choice.index ?? 0) !== 0) this.#severalChoices = true;
    const spoken = this.#first ? raw : this.#begin(raw, asObject(choice.delta));
    const reason = asString(choice.finish_reason) ?? '';
    if (this.#severalChoices || reason === '') return spoken;
    if (!this.#finished) return this.#finish(spoken, reason);
    // said twice: what it may bring beside stays
    const saysMore = Object.values(asObject(choice.delta)).some((value) => value !== null && value !== '');
    return saysMore || isObject(chunk.usage) ? withReason(raw, reason, 'null') : NO_BYTES;
  }

  #begin(raw: Uint8Array, delta: JsonObject): Uint8Array {
    // a copy: what came with it need not stay
    this.#first = new Uint8Array(raw);
    if (asString(delta.role) || this.#severalChoices) return raw;
    return withMember(raw, '"delta":', '"role":"assistant"', Object.keys(delta).length === 0);
  }

  #finish(raw: Uint8Array, reason: string): Uint8Array {
    this.#finished = true;
    const mended = this.#called && reason === 'stop' ? withReason(raw, reason, '"tool_calls"') : raw;
    return this.#withEarly(mended);
  }

  /** Readers stop at the usage, or take the last chunk for the finish. */
  #readUsage(raw: Uint8Array, chunk: JsonObject): Uint8Array {
    if (!isObject(chunk.usage)) return raw;
    const whole = Array.isArray(chunk.choices) ? raw : withMember(raw, 'data:', '"choices":[]', false);
    if (this.#finished || this.#severalChoices) return whole;
    this.#early = whole;
    return NO_BYTES;
  }

  /** A text that was never said to be over; of calls nobody can tell here whether they are whole. */
  #close(done: Uint8Array): Uint8Array {
    if (this.#finished || this.#called || this.#severalChoices || !this.#first)
      return this.#withEarly(NO_BYTES, done);
    this.#finished = true;
    const first = asObject(tryParseJson(parseFrames(this.#first)[0]?.data ?? ''));
    const last = {
      id: asString(first.id) ?? '',
      object: 'chat.completion.chunk',
      created: asNumber(first.created) ?? 0,
      model: asString(first.model) ?? '',
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
    };
    return this.#withEarly(Buffer.from(writeFrame(JSON.stringify(last))), done);
  }

  #withEarly(before: Uint8Array, behind: Uint8Array = NO_BYTES): Uint8Array {
    const early = this.#early;
    if (early.length === 0 && behind.length === 0) return before;
    if (early.length === 0 && before.length === 0) return behind;
    this.#early = NO_BYTES;
    return Buffer.concat([before, early, behind]);
  }
}

/** The same for a whole answer of one choice. */
export function mendWhole(bytes: Uint8Array): Uint8Array {
  return holdsCalls(bufferOf(bytes)) ? withReason(bytes, 'stop', '"tool_calls"') : bytes;
}

/**
 * Looked for in every chunk of a stream until it is found; a quoted text cannot hold it unescaped. The quote before it
 * is looked at apart: a search for what begins with one takes twice as long.
 */
const CALLS = Buffer.from('tool_calls":');

function holdsCalls(buffer: Buffer): boolean {
  for (let at = buffer.indexOf(CALLS); at !== -1; at = buffer.indexOf(CALLS, at + 1)) {
    if (buffer[at - 1] !== QUOTE) continue;
    const value = at + CALLS.length;
    // some vendors write an empty list, or null, in every chunk
    if (/^ ?\[\{/.test(buffer.toString('latin1', value, value + 3))) return true;
  }
  return false;
}

/** The bytes with another reason in its place; as they are when it stands in more than one. */
function withReason(bytes: Uint8Array, reason: string, json: string): Uint8Array {
  const buffer = bufferOf(bytes);
  for (const name of ['"finish_reason":', '"finish_reason": ']) {
    const said = `${name}"${reason}"`;
    const at = buffer.indexOf(said);
    if (at === -1) continue;
    if (buffer.indexOf(said, at + 1) !== -1) return bytes;
    return Buffer.concat([
      buffer.subarray(0, at + name.length),
      Buffer.from(json),
      buffer.subarray(at + said.length),
    ]);
  }
  return bytes;
}

/** The bytes with a member more at the beginning of the object behind `mark`. */
function withMember(bytes: Uint8Array, mark: string, member: string, isEmpty: boolean): Uint8Array {
  const buffer = bufferOf(bytes);
  const markAt = buffer.indexOf(mark);
  const at = buffer.indexOf('{', markAt) + 1;
  if (markAt === -1 || at === 0) return bytes;
  const text = isEmpty ? member : `${member},`;
  return Buffer.concat([buffer.subarray(0, at), Buffer.from(text), buffer.subarray(at)]);
}
