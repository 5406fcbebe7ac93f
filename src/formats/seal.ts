// Envelopes that let a client carry the sealed reasoning of one issuer in the member its own format has for another's.

import type { StreamEvent } from '../canonical/event.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Message, Part, ReasoningPart, Seal } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import { equalConstantTime, hmacSha256 } from '../lib/crypto.ts';
import { asArray, asString, isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import type { Converted } from './codec.ts';

const PREFIX = 'osr1.';
const MAC_BYTES = 16;

/** What a foreign format forgets of a reasoning part and its issuer wants back. */
type Wrapped = {
  seal: Seal;
  redacted: boolean;
  itemId: string | undefined;
  /** Lengths of the summary's sections where there are several, since other formats join them. */
  sections: number[];
};

/** `osr1.`, base64url of `{i: issuer, d: data, r?: redacted, n?: item id, s?: section lengths}`, `.`, base64url MAC. */
function wrap({ seal, redacted, itemId, sections }: Wrapped, key: Uint8Array): string {
  const content: JsonObject = { i: seal.issuer, d: seal.data };
  if (redacted) content.r = true;
  if (itemId !== undefined) content.n = itemId;
  if (sections.length > 1) content.s = sections;
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${PREFIX}${payload}.${macOf(payload, key)}`;
}

/** Undefined for what we did not write, whole and unchanged. */
function unwrap(text: string, key: Uint8Array): Wrapped | undefined {
  const [payload = '', mac = '', ...rest] = text.slice(PREFIX.length).split('.');
  if (rest.length > 0 || !equalConstantTime(mac, macOf(payload, key))) return undefined;
  const content = tryParseJson(Buffer.from(payload, 'base64url').toString());
  if (!isObject(content)) return undefined;
  const [issuer, data] = [asString(content.i), asString(content.d)];
  if (issuer === undefined || data === undefined) return undefined;
  const sections = asArray(content.s).filter((length) => typeof length === 'number');
  return { seal: { issuer, data }, redacted: content.r === true, itemId: asString(content.n), sections };
}

function macOf(payload: string, key: Uint8Array): string {
  return Buffer.from(hmacSha256(key, PREFIX + payload).subarray(0, MAC_BYTES)).toString('base64url');
}

/** An answer whose foreign seals stand in envelopes under the client's own issuer, so that its encoder writes them. */
export function wrapSeals(response: CanonicalResponse, issuer: string, key: Uint8Array): CanonicalResponse {
  const parts = response.parts.map((part): Part => {
    if (part.kind !== 'reasoning' || !part.seal || part.seal.issuer === issuer) return part;
    const { seal, redacted = false, itemId, summary } = part;
    const sections = summary.map((section) => section.length);
    return { ...part, seal: { issuer, data: wrap({ seal, redacted, itemId, sections }, key) } };
  });
  return { ...response, parts };
}

/** The same for the events of one stream. */
export class SealWrapper {
  readonly #issuer: string;
  readonly #key: Uint8Array;
  #part: Omit<Wrapped, 'seal'> = { redacted: false, itemId: undefined, sections: [] };

  constructor(issuer: string, key: Uint8Array) {
    this.#issuer = issuer;
    this.#key = key;
  }

  event(event: StreamEvent): StreamEvent {
    if (event.type === 'part-start' && event.part.kind === 'reasoning') {
      const { redacted = false, itemId } = event.part;
      this.#part = { redacted, itemId, sections: [] };
    }
    if (event.type !== 'part-delta') return event;
    const { delta } = event;
    if (delta.kind === 'reasoning' && delta.form === 'summary') {
      const { sections } = this.#part;
      while (sections.length <= delta.section) sections.push(0);
      sections[delta.section] = (sections[delta.section] ?? 0) + delta.text.length;
    }
    if (delta.kind !== 'seal' || delta.seal.issuer === this.#issuer) return event;
    const data = wrap({ ...this.#part, seal: delta.seal }, this.#key);
    return { ...event, delta: { kind: 'seal', seal: { issuer: this.#issuer, data } } };
  }
}

/** A client's request with the envelopes in its history opened; what is no envelope of ours loses its seal. */
export function unwrapSeals(request: CanonicalRequest, key: Uint8Array): Converted<CanonicalRequest> {
  const losses: Loss[] = [];
  const messages = request.messages.map((message): Message => {
    if (!message.parts.some(isWrapped)) return message;
    const parts = message.parts.map((part) => (isWrapped(part) ? unwrapPart(part, key, losses) : part));
    return { ...message, parts };
  });
  return { value: { ...request, messages }, losses };
}

type SealedPart = ReasoningPart & { seal: Seal };

function isWrapped(part: Part): part is SealedPart {
  return part.kind === 'reasoning' && part.seal?.data.startsWith(PREFIX) === true;
}

function unwrapPart(part: SealedPart, key: Uint8Array, losses: Loss[]): ReasoningPart {
  const { seal, redacted: _, itemId: __, ...bare } = part;
  const wrapped = unwrap(seal.data, key);
  if (!wrapped) {
    losses.push({ path: part.at ?? 'reasoning', action: 'dropped', reason: UNPROVEN });
    return bare;
  }
  const opened: ReasoningPart = {
    ...bare,
    summary: splitSections(bare.summary, wrapped.sections),
    seal: wrapped.seal,
  };
  if (wrapped.redacted) opened.redacted = true;
  if (wrapped.itemId !== undefined) opened.itemId = wrapped.itemId;
  return opened;
}

const UNPROVEN = 'the state of this reasoning was not issued here, or was changed on the way';

/** One joined text cut into its sections again, if it still is as long as they and equal gaps between them. */
function splitSections(summary: string[], lengths: number[]): string[] {
  const [text] = summary;
  if (text === undefined || summary.length > 1 || lengths.length < 2) return summary;
  const gap = (text.length - lengths.reduce((sum, length) => sum + length, 0)) / (lengths.length - 1);
  if (!Number.isInteger(gap) || gap < 0) return summary;
  let from = 0;
  return lengths.map((length) => {
    const section = text.slice(from, from + length);
    from += length + gap;
    return section;
  });
}

/**
 * What an upstream of `issuer` may see of a seal in a body that goes to it as it came: the issuer's own data, or
 * undefined for an envelope of another's or of nobody's. What is no envelope is the client's own affair.
 */
export function sealFor(issuer: string, key: Uint8Array): (seal: string) => string | undefined {
  return (seal) => {
    if (!seal.startsWith(PREFIX)) return seal;
    const wrapped = unwrap(seal, key);
    return wrapped?.seal.issuer === issuer ? wrapped.seal.data : undefined;
  };
}
