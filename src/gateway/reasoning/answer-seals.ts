// The reasoning of one answer on its way to the client: marked with whose it is, remembered, put in envelopes.

import type { PartStart, StreamEvent } from '../../canonical/event.ts';
import { Fold } from '../../canonical/fold.ts';
import type { Part, Seal } from '../../canonical/part.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { SealWrapper, TEXT_SEAL, wrapSeals } from '../../formats/seal.ts';
import { TextHash } from '../../lib/crypto.ts';
import { textHashOf } from './recollection.ts';

export type Sealing = {
  /** For the envelopes. */
  key: Uint8Array;
  /** Whose reasoning the answer holds. */
  scope: string;
  /** The provider wants readable reasoning back as it was, though nothing seals it. */
  sealsTexts: boolean;
  /** Keeps the reasoning of a whole answer for a client that does not send it back. */
  remember?: (parts: Part[], textHash: string) => void;
};

/** `issuer`: the kind of seal the client's format carries as it is; undefined when it carries none. */
export class AnswerSeals {
  readonly #sealing: Sealing;
  readonly #issuer: string | undefined;
  readonly #wrapper: SealWrapper | undefined;
  #memory: { fold: Fold; text: TextHash; keeps: boolean } | undefined;
  /** The reasoning that is being told. */
  #open: { start: PartStart; hasSeal: boolean; hasText: boolean } | undefined;

  constructor(sealing: Sealing, issuer: string | undefined) {
    this.#sealing = sealing;
    this.#issuer = issuer;
    if (issuer !== undefined) this.#wrapper = new SealWrapper(issuer, sealing.key);
    if (sealing.remember) this.#memory = { fold: new Fold(), text: new TextHash(), keeps: false };
  }

  events(event: StreamEvent): StreamEvent[] {
    const events = this.#mark(event);
    for (let i = 0; i < events.length; i++) {
      const marked = events[i] as StreamEvent;
      this.#note(marked);
      if (this.#wrapper) events[i] = this.#wrapper.event(marked);
    }
    return events;
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const { scope, remember, key } = this.#sealing;
    const parts = response.parts.map((part): Part => {
      if (part.kind !== 'reasoning') return part;
      const seal = part.seal ?? (part.content.some((text) => text !== '') ? this.#textSeal() : undefined);
      return seal ? { ...part, seal: { ...seal, scope } } : part;
    });
    remember?.(parts, textHashOf(parts));
    const marked = { ...response, parts };
    return this.#issuer === undefined ? marked : wrapSeals(marked, this.#issuer, key);
  }

  #mark(event: StreamEvent): StreamEvent[] {
    const { scope } = this.#sealing;
    if (event.type === 'part-start') {
      const { part: start } = event;
      this.#open = start.kind === 'reasoning' ? { start, hasSeal: false, hasText: false } : undefined;
    }
    if (event.type === 'part-delta' && this.#open) {
      const { delta } = event;
      if (delta.kind === 'reasoning' && delta.form === 'content') this.#open.hasText ||= delta.text !== '';
      if (delta.kind === 'seal') {
        this.#open.hasSeal = true;
        return [{ ...event, delta: { kind: 'seal', seal: { ...delta.seal, scope } } }];
      }
    }
    if (event.type !== 'part-end' || !this.#open) return [event];
    const seal = this.#open.hasText && !this.#open.hasSeal ? this.#textSeal() : undefined;
    this.#open = undefined;
    if (!seal) return [event];
    const { index } = event;
    return [{ type: 'part-delta', index, delta: { kind: 'seal', seal: { ...seal, scope } } }, event];
  }

  #textSeal(): Seal | undefined {
    return this.#sealing.sealsTexts ? TEXT_SEAL : undefined;
  }

  /** Of words only their hash is kept: an answer may be long, and its stream open for minutes. */
  #note(event: StreamEvent): void {
    const memory = this.#memory;
    if (!memory) return;
    if (event.type === 'part-start') {
      memory.keeps = event.part.kind === 'reasoning' || event.part.kind === 'tool-call';
      memory.fold.push(memory.keeps ? event : { ...event, part: { kind: 'text' } });
    } else if (event.type === 'finish') {
      this.#memory = undefined;
      this.#sealing.remember?.(memory.fold.response().parts, memory.text.hex());
    } else if (memory.keeps) memory.fold.push(event);
    else if (event.type === 'part-delta' && event.delta.kind === 'text') memory.text.update(event.delta.text);
  }
}
