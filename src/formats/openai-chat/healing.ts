// Answers of clients that asked for JSON and for mending: broken JSON is mended, all else keeps its bytes.

import type { Loss } from '../../canonical/loss.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  tryParseJson,
} from '../../lib/json.ts';
import { mendJson } from '../../lib/mend-json.ts';
import { frameEnds, parseFrames, writeFrame } from '../../lib/sse.ts';
import type { HeldAnswer, Mended } from '../codec.ts';

/** Says in the answer itself that it is not as the model wrote it. */
const MARK = { plugins: [{ id: 'response-healing', healed: true }] };

/** A whole `chat.completion`. */
export function healBody(bytes: Uint8Array): Mended {
  const body = tryParseJson(new TextDecoder().decode(bytes));
  if (!isObject(body)) return { bytes, losses: [] };
  const losses: Loss[] = [];
  const choices = asArray(body.choices).map((choice, position) => {
    const message = asObject(asObject(choice).message);
    const text = asString(message.content);
    const content = text === undefined ? undefined : mendJson(text);
    if (content === undefined) return choice;
    losses.push(lossAt(asNumber(asObject(choice).index) ?? position));
    return { ...asObject(choice), message: { ...message, content }, logprobs: null };
  });
  if (losses.length === 0) return { bytes, losses };
  return { bytes: encoder.encode(JSON.stringify({ ...body, choices, ...MARK })), losses };
}

/** Longer answers are let go unjudged rather than kept in memory. */
const HELD_BYTES_MAX = 32 * 1024 * 1024;

type Held = { raw: Uint8Array; chunk: JsonObject | undefined };

/** The frames of one stream, from the first with content on, until the content can be judged as a whole. */
export class HeldChatAnswer implements HeldAnswer {
  #held: Held[] = [];
  #heldBytes = 0;
  #hasGivenUp = false;
  readonly #texts = new Map<number, string>();

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#hasGivenUp) return bytes;
    let start = 0;
    let free = 0;
    for (const end of frameEnds(bytes)) {
      const raw = bytes.subarray(start, end);
      const chunk = chunkOf(raw);
      if (this.#note(chunk) || this.isHolding) this.#held.push({ raw, chunk });
      else free = end;
      start = end;
    }
    this.#heldBytes += bytes.length - free;
    if (this.#heldBytes <= HELD_BYTES_MAX) return bytes.subarray(0, free);
    this.#hasGivenUp = true;
    return Buffer.concat([bytes.subarray(0, free), this.asItCame()]);
  }

  /** Everything that was held, unjudged: the answer broke off. */
  asItCame(): Uint8Array {
    const bytes = Buffer.concat(this.#held.map((frame) => frame.raw));
    this.#held = [];
    return bytes;
  }

  /** Everything that was held, mended where it had to be. */
  release(): Mended {
    const mended = new Map<number, string>();
    for (const [index, text] of this.#hasGivenUp ? [] : this.#texts) {
      const content = mendJson(text);
      if (content !== undefined) mended.set(index, content);
    }
    const losses = [...mended.keys()].map(lossAt);
    if (losses.length === 0) return { bytes: this.asItCame(), losses };
    const frames = this.#held.map(({ raw, chunk }) => (chunk ? rewritten(raw, chunk, mended) : raw));
    this.#held = [];
    return { bytes: Buffer.concat(frames), losses };
  }

  /** Whether the chunk has content. */
  #note(chunk: JsonObject | undefined): boolean {
    let has = false;
    for (const choice of asArray(chunk?.choices).map(asObject)) {
      const content = asString(asObject(choice.delta).content) ?? '';
      if (content === '') continue;
      has = true;
      const index = indexOf(choice);
      this.#texts.set(index, (this.#texts.get(index) ?? '') + content);
    }
    return has;
  }
}

function chunkOf(raw: Uint8Array): JsonObject | undefined {
  const data = parseFrames(raw)[0]?.data;
  const chunk = data === undefined ? undefined : tryParseJson(data);
  return isObject(chunk) ? chunk : undefined;
}

/** The frame with the mended text in place of the first piece and nothing in place of the others. */
function rewritten(raw: Uint8Array, chunk: JsonObject, mended: Map<number, string>): Uint8Array {
  let isChanged = false;
  let saysSomething = isObject(chunk.usage);
  const choices = asArray(chunk.choices)
    .map(asObject)
    .map((choice) => {
      const delta = asObject(choice.delta);
      const index = indexOf(choice);
      const whole = mended.get(index);
      if (whole === undefined || !asString(delta.content)) {
        saysSomething = true;
        return choice;
      }
      isChanged = true;
      mended.set(index, '');
      const { content: _, ...others } = delta;
      if (whole !== '' || Object.keys(others).length > 0 || asString(choice.finish_reason))
        saysSomething = true;
      return { ...choice, delta: { ...delta, content: whole }, logprobs: null };
    });
  if (!isChanged) return raw;
  return saysSomething ? encoder.encode(writeFrame(JSON.stringify({ ...chunk, choices, ...MARK }))) : NOTHING;
}

function indexOf(choice: JsonObject): number {
  return asNumber(choice.index) ?? 0;
}

function lossAt(index: number): Loss {
  return {
    path: `choices[${index}].message.content`,
    action: 'changed',
    reason: 'the model’s broken JSON was mended',
  };
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);
