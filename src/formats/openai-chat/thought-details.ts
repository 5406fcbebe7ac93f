// The reasoning state of Chat: `reasoning_details` on a message and `extra_content` on a call, as vendors spell it.

import type { ReasoningPart, Seal } from '../../canonical/part.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../lib/json.ts';

/** Whose state stands in these members: that of whichever vendor speaks this format, told apart by scope. */
export const ISSUER = 'openai-chat';

/** What Google takes in place of a signature that was lost. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** What stands where a vendor wants thoughts back that are gone. */
export const LOST_THOUGHT = ' ';

/** What the members of our own say they hold. */
const OUR_FORMAT = 'osiris-v1';

/** Between sections of thinking. */
export const SECTION_GAP = '\n\n';

/** A member of a client's message for one sealed part; its text stands beside the seal, as the seal proves it. */
export function detailOf(seal: Seal, text: string, index: number): JsonObject {
  const common = { format: OUR_FORMAT, index };
  if (text === '') return { type: 'reasoning.encrypted', data: seal.data, ...common };
  return { type: 'reasoning.text', text, signature: seal.data, ...common };
}

/** The readable text of a sealed part, all of it. */
export function wholeText({ summary, content }: Pick<ReasoningPart, 'summary' | 'content'>): string {
  return [...summary, ...content].filter((section) => section !== '').join(SECTION_GAP);
}

/** Google's own spelling on its compatible side; it looks for its signature on the call. */
export function signedCall(seal: Seal): JsonObject {
  return { extra_content: { google: { thought_signature: seal.data } } };
}

/** The seal may stand on the call that follows it: Google's, whose place is there. */
export function belongsOnCall(seal: Seal | undefined): seal is Seal {
  return seal?.issuer === ISSUER && seal.inside === 'google';
}

export function signatureOn(call: JsonObject): string | undefined {
  return asString(asObject(asObject(call.extra_content).google).thought_signature) || undefined;
}

/** The state in one member, and which member of it holds that. */
export function sealIn(detail: JsonObject): { member: 'signature' | 'data'; seal: string } | undefined {
  for (const member of ['signature', 'data'] as const) {
    const seal = asString(detail[member]);
    if (seal) return { member, seal };
  }
  return undefined;
}

/** What a vendor of this format wants back of an answer, as the data of a seal. */
export type State = { reasoning_details?: JsonValue[]; extra_content?: JsonValue };

export function stateSeal(state: State): Seal {
  return { issuer: ISSUER, data: JSON.stringify(state) };
}

/** The vendor's members out of a seal that is this format's own; empty when only the readable text matters. */
export function stateOf(seal: Seal): State {
  const value = tryParseJson(seal.data);
  return isObject(value) ? (value as State) : {};
}

/** What can be read of the details, for vendors that show their thoughts nowhere else. */
export function detailText(details: JsonValue | undefined): string {
  // nearly every piece of a stream has none
  if (!Array.isArray(details)) return '';
  return details
    .map((detail) => asObject(detail))
    .map((detail) => asString(detail.text) ?? asString(detail.summary) ?? '')
    .join('');
}

/** Collects `reasoning_details` from whole answers and from streams, where texts come in pieces under one index. */
export class DetailReader {
  #details: JsonObject[] = [];

  push(value: JsonValue | undefined): void {
    for (const detail of asArray(value)) if (isObject(detail)) this.#add(detail);
  }

  /** The state of what was read since; undefined when the vendor sent none. */
  take(): Seal | undefined {
    const taken = this.#details;
    this.#details = [];
    return taken.length === 0 ? undefined : stateSeal({ reasoning_details: taken });
  }

  #add(detail: JsonObject): void {
    const last = this.#details.findLast((one) => one.type === detail.type && one.index === detail.index);
    if (!last || detail.type === 'reasoning.encrypted') {
      this.#details.push({ ...detail });
      return;
    }
    for (const [name, value] of Object.entries(detail)) {
      const grows = (name === 'text' || name === 'summary') && typeof value === 'string';
      if (grows) last[name] = (asString(last[name]) ?? '') + value;
      else if (value !== null) last[name] = value;
    }
  }
}
