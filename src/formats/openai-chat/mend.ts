// Sets right how vendors' streams and answers end, where their bytes go to a client of the same format.

import { asArray, asObject, isObject, tryParseJson } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import type { StreamMender } from '../codec.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * One finish, the usage behind it, and `tool_calls` as the reason of an answer that holds calls: agents
 * stop when it says `stop`. A stream that ends as it should keeps every byte, and so
 * does one of several choices.
 */
export class ChatMender implements StreamMender {
  #called = false;
  #severalChoices = false;
  #finished = false;
  /** The usage of a stream that has not finished yet. */
  #early: Uint8Array = NO_BYTES;

  notice(frames: Uint8Array): void {
    this.#called ||= holdsCalls(bufferOf(frames));
  }

  mend(raw: Uint8Array, frame: SseFrame): Uint8Array {
    const chunk = tryParseJson(frame.data);
    if (!isObject(chunk)) return raw;
    const choices = asArray(chunk.choices).map(asObject);
    const [choice] = choices;
    if (choice === undefined) return this.#holdUsage(raw, isObject(chunk.usage));
    if (choices.length > 1 || (choice.index ?? 0) !== 0) this.#severalChoices = true;
    if (this.#severalChoices || typeof choice.finish_reason !== 'string' || choice.finish_reason === '')
      return raw;
    if (this.#finished) {
      // said twice: what it may bring beside stays
      const saysMore = Object.values(asObject(choice.delta)).some((value) => value !== null && value !== '');
      return saysMore || isObject(chunk.usage) ? withReason(raw, choice.finish_reason, 'null') : NO_BYTES;
    }
    this.#finished = true;
    const mended =
      this.#called && choice.finish_reason === 'stop' ? withReason(raw, 'stop', '"tool_calls"') : raw;
    if (this.#early.length === 0) return mended;
    const early = this.#early;
    this.#early = NO_BYTES;
    return Buffer.concat([mended, early]);
  }

  /** Readers stop at the usage, or take the last chunk for the finish. */
  #holdUsage(raw: Uint8Array, hasUsage: boolean): Uint8Array {
    if (!hasUsage || this.#finished || this.#severalChoices) return raw;
    this.#early = raw;
    return NO_BYTES;
  }
}

/** The same for a whole answer of one choice. */
export function mendWhole(bytes: Uint8Array): Uint8Array {
  return holdsCalls(bufferOf(bytes)) ? withReason(bytes, 'stop', '"tool_calls"') : bytes;
}

function holdsCalls(buffer: Buffer): boolean {
  return buffer.includes('"tool_calls":[{') || buffer.includes('"tool_calls": [{');
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

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
