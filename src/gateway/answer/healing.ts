// Puts the mending of JSON between an answer and its client.

import type { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { Codec, HeldAnswer } from '../../formats/codec.ts';
import type { Call } from '../call.ts';
import { type Conversion, type Piece, Wrapped } from './conversion.ts';
import type { Whole } from './whole.ts';

type Healing = NonNullable<Codec['healing']>;

/** What mends the answer to this call; undefined where nobody asked for that. */
export function healingOf({ extras, codec }: Call): Healing | undefined {
  return extras?.mendsJson ? codec.healing : undefined;
}

/** A whole answer, or the stream that one became; what was mended is added to `losses`. */
export function healWhole(whole: Whole, losses: Loss[], healing: Healing): Whole {
  const held = healing.stream();
  const free = whole.stream ? held.push(whole.body) : new Uint8Array(0);
  const mended = whole.stream ? held.release() : healing.whole(whole.body);
  losses.push(...mended.losses);
  return { ...whole, body: free.length === 0 ? mended.bytes : Buffer.concat([free, mended.bytes]) };
}

/**
 * Another conversion's output with its content held until it has all come. Nothing is committed by what is held: an
 * upstream that fails meanwhile may still be replaced by another.
 */
export class HealedStream extends Wrapped {
  readonly #losses: Loss[];
  readonly #held: HeldAnswer;
  #committed = false;

  constructor(inner: Conversion, losses: Loss[], healing: Healing) {
    super(inner);
    this.#losses = losses;
    this.#held = healing.stream();
  }

  override get committed(): boolean {
    return this.#committed;
  }

  override push(chunk: Uint8Array): Piece {
    return this.#pass(super.push(chunk));
  }

  override end(): Piece {
    return this.#pass(super.end());
  }

  override fail(fault: Fault): Piece {
    return this.#pass(super.fail(fault));
  }

  #pass({ now, last }: Piece): Piece {
    const free = this.#held.push(bytesOf(now));
    if (last === undefined) {
      if (this.inner.committed && !this.#held.isHolding) this.#committed = true;
      return { now: free, last };
    }
    if (this.fault) return { now: Buffer.concat([free, this.#held.asItCame()]), last };
    // the end may bring content with it, when it all came at once
    const ending = this.#held.push(bytesOf(last));
    const mended = this.#held.release();
    this.#losses.push(...mended.losses);
    this.#committed = true;
    return { now: free, last: Buffer.concat([ending, mended.bytes]) };
  }
}

function bytesOf(output: Uint8Array | string): Uint8Array {
  return typeof output === 'string' ? encoder.encode(output) : output;
}

const encoder = new TextEncoder();
