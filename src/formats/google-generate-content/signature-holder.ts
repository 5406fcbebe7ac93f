// Holds a thought signature until the part comes that it has to stand on.

import type { ReasoningPart, Seal } from '../../canonical/part.ts';
import type { JsonObject } from '../../lib/json.ts';
import { ISSUER, NO_SIGNATURE } from './names.ts';

/** Google looks for a signature on the part behind the thoughts, the call most of all. */
export class SignatureHolder {
  #held: { signature: string; isReadable: boolean } | undefined;
  #hasCall = false;

  /** Only Google's own seals, and envelopes that stand under its name; `isReadable`: their thoughts were shown. */
  hold(seal: Seal | undefined, isReadable: boolean): void {
    if (seal?.issuer === ISSUER) this.#held = { signature: seal.data, isReadable };
  }

  /** The part with the signature that waits for it. */
  sign(part: JsonObject): JsonObject {
    const held = this.#held;
    this.#held = undefined;
    return held ? { ...part, thoughtSignature: held.signature } : part;
  }

  /**
   * A call with its signature. The first one of a turn gets the word for "lost" where there is none: newer models
   * refuse it without either, also when the conversation comes to them from elsewhere.
   */
  signCall(part: JsonObject): JsonObject {
    const isFirst = !this.#hasCall;
    this.#hasCall = true;
    return this.#held || !isFirst ? this.sign(part) : { ...part, thoughtSignature: NO_SIGNATURE };
  }

  /** A part for a signature that nothing follows: an empty text, as Google itself ends its answers. */
  release(): JsonObject[] {
    const held = this.#held;
    if (!held) return [];
    return [this.sign(held.isReadable ? { text: '', thought: true } : { text: '' })];
  }
}

/** What a person may read of the thoughts: the summary, or the chain when there is no summary. */
export function thoughtText({ summary, content }: Pick<ReasoningPart, 'summary' | 'content'>): string {
  const sections = summary.some((section) => section !== '') ? summary : content;
  return sections.filter((section) => section !== '').join(SECTION_BREAK);
}

/** Between sections of thinking. */
export const SECTION_BREAK = '\n\n';
