// Envelopes that let a client carry the sealed reasoning of one issuer in the member its own format has for another's.

import type { StreamEvent } from '../canonical/event.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Message, Part, ReasoningPart, Seal } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import { equalConstantTime, hmacSha256 } from '../lib/crypto.ts';
import { asArray, asString, isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import type { Converted } from './codec.ts';

/** What stands for a seal where the readable text is all there is; Chat vendors are the ones that want it back. */
export const TEXT_SEAL: Omit<Seal, 'scope'> = { issuer: 'openai-chat', data: '{}' };

const PREFIX = 'osr1.';
const MAC_BYTES = 16;

/** What a foreign format forgets of a reasoning part and its issuer wants back. */
type Wrapped = {
  seal: Seal;
  redacted: boolean;
  itemId: string | undefined;
  /** Lengths of the sections of summary and chain, since other formats join them. */
  summary: number[];
  content: number[];
};

/**
 * `osr1.`, base64url of `{i: issuer, p: scope, d: data, r?: redacted, n?: item id, s?, c?: section lengths}`, `.`,
 * base64url MAC.
 */
function wrap({ seal, redacted, itemId, summary, content }: Wrapped, key: Uint8Array): string {
  const members: JsonObject = { i: seal.issuer, d: seal.data };
  if (seal.scope !== undefined) members.p = seal.scope;
  if (redacted) members.r = true;
  if (itemId !== undefined) members.n = itemId;
  if (summary.length > 1 || (summary.length > 0 && content.length > 0)) members.s = summary;
  if (content.length > 0) members.c = content;
  const payload = Buffer.from(JSON.stringify(members)).toString('base64url');
  return `${PREFIX}${payload}.${macOf(payload, key)}`;
}

/** Undefined for what we did not write, whole and unchanged. */
function unwrap(text: string, key: Uint8Array): Wrapped | undefined {
  const [payload = '', mac = '', ...rest] = text.slice(PREFIX.length).split('.');
  if (rest.length > 0 || !equalConstantTime(mac, macOf(payload, key))) return undefined;
  const members = tryParseJson(Buffer.from(payload, 'base64url').toString());
  if (!isObject(members)) return undefined;
  const [issuer, data, scope] = [asString(members.i), asString(members.d), asString(members.p)];
  if (issuer === undefined || data === undefined) return undefined;
  return {
    seal: { issuer, data, ...(scope === undefined ? {} : { scope }) },
    redacted: members.r === true,
    itemId: asString(members.n),
    summary: lengthsIn(members.s),
    content: lengthsIn(members.c),
  };
}

function lengthsIn(value: JsonObject[string] | undefined): number[] {
  return asArray(value).filter((length) => typeof length === 'number');
}

function macOf(payload: string, key: Uint8Array): string {
  return Buffer.from(hmacSha256(key, PREFIX + payload).subarray(0, MAC_BYTES)).toString('base64url');
}

function envelope(wrapped: Wrapped, issuer: string, key: Uint8Array): Seal {
  return { issuer, data: wrap(wrapped, key), inside: wrapped.seal.issuer };
}

/** An answer whose foreign seals stand in envelopes under the client's own issuer, so that its encoder writes them. */
export function wrapSeals(response: CanonicalResponse, issuer: string, key: Uint8Array): CanonicalResponse {
  const parts = response.parts.map((part): Part => {
    if (part.kind !== 'reasoning' || !part.seal || part.seal.issuer === issuer) return part;
    const { seal, redacted = false, itemId } = part;
    const [summary, content] = [lengthsOf(part.summary), lengthsOf(part.content)];
    return { ...part, seal: envelope({ seal, redacted, itemId, summary, content }, issuer, key) };
  });
  return { ...response, parts };
}

function lengthsOf(sections: string[]): number[] {
  return sections.map((section) => section.length);
}

/** The same for the events of one stream. */
export class SealWrapper {
  readonly #issuer: string;
  readonly #key: Uint8Array;
  #part: Omit<Wrapped, 'seal'> = nothingYet();

  constructor(issuer: string, key: Uint8Array) {
    this.#issuer = issuer;
    this.#key = key;
  }

  event(event: StreamEvent): StreamEvent {
    if (event.type === 'part-start' && event.part.kind === 'reasoning') {
      const { redacted = false, itemId } = event.part;
      this.#part = { ...nothingYet(), redacted, itemId };
    }
    if (event.type !== 'part-delta') return event;
    const { delta } = event;
    if (delta.kind === 'reasoning') {
      const sections = this.#part[delta.form];
      while (sections.length <= delta.section) sections.push(0);
      sections[delta.section] = (sections[delta.section] ?? 0) + delta.text.length;
    }
    if (delta.kind !== 'seal' || delta.seal.issuer === this.#issuer) return event;
    const seal = envelope({ ...this.#part, seal: delta.seal }, this.#issuer, this.#key);
    return { ...event, delta: { kind: 'seal', seal } };
  }
}

function nothingYet(): Omit<Wrapped, 'seal'> {
  return { redacted: false, itemId: undefined, summary: [], content: [] };
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
  return part.kind === 'reasoning' && isEnvelope(part.seal?.data);
}

/** The text claims to be one; only its MAC tells whether it is. */
export function isEnvelope(text: string | undefined): boolean {
  return text?.startsWith(PREFIX) === true;
}

function unwrapPart(part: SealedPart, key: Uint8Array, losses: Loss[]): ReasoningPart {
  const { seal, redacted: _, itemId: __, ...bare } = part;
  const wrapped = unwrap(seal.data, key);
  if (!wrapped) {
    losses.push({ path: part.at ?? 'reasoning', action: 'dropped', reason: UNPROVEN });
    return { ...bare, unproven: true };
  }
  const opened: ReasoningPart = { ...bare, ...splitSections(bare, wrapped), seal: wrapped.seal };
  if (wrapped.redacted) opened.redacted = true;
  if (wrapped.itemId !== undefined) opened.itemId = wrapped.itemId;
  return opened;
}

const UNPROVEN = 'the state of this reasoning was not issued here, or was changed on the way';

/** One joined text cut into its sections again, if it still is as long as they and equal gaps between them. */
function splitSections(
  { summary, content }: Pick<ReasoningPart, 'summary' | 'content'>,
  lengths: Pick<Wrapped, 'summary' | 'content'>,
): Pick<ReasoningPart, 'summary' | 'content'> {
  const [text] = summary;
  const all = [...lengths.summary, ...lengths.content];
  if (text === undefined || summary.length > 1 || content.length > 0 || all.length === 0)
    return { summary, content };
  const spare = text.length - all.reduce((sum, length) => sum + length, 0);
  const gap = all.length === 1 ? 0 : spare / (all.length - 1);
  if (!Number.isInteger(gap) || gap < 0 || (all.length === 1 && spare !== 0)) return { summary, content };
  let from = 0;
  const sections = all.map((length) => {
    const section = text.slice(from, from + length);
    from += length + gap;
    return section;
  });
  const first = lengths.summary.length;
  return { summary: sections.slice(0, first), content: sections.slice(first) };
}

/**
 * The request as an upstream may see it that owns the state of `scopes`: reasoning that we know to be another's is
 * left out. What stands under no scope never was in our hands; its format tells whose it is.
 */
export function keepOwnSeals(
  request: CanonicalRequest,
  scopes: readonly string[],
): Converted<CanonicalRequest> {
  const isForeign = ({ scope }: Seal) => scope !== undefined && !scopes.includes(scope);
  return withoutSealed(request, isForeign, 'reasoning that another provider sealed');
}

/** Whether a turn of the request brings sealed reasoning. */
export function hasSeals({ messages }: CanonicalRequest): boolean {
  return messages.some(({ parts }) => parts.some((part) => part.kind === 'reasoning' && part.seal));
}

/** The request without any reasoning that is sealed, for a provider that has refused it. */
export function withoutSeals(request: CanonicalRequest): Converted<CanonicalRequest> {
  return withoutSealed(
    request,
    () => true,
    'the provider refused its own reasoning and was asked without it',
  );
}

function withoutSealed(
  request: CanonicalRequest,
  leaves: (seal: Seal) => boolean,
  reason: string,
): Converted<CanonicalRequest> {
  const isLeft = (part: Part) => part.kind === 'reasoning' && part.seal !== undefined && leaves(part.seal);
  if (!request.messages.some(({ parts }) => parts.some(isLeft))) return { value: request, losses: [] };
  const losses: Loss[] = [];
  const messages = request.messages.map((message): Message => {
    const parts = message.parts.filter((part) => !isLeft(part));
    if (parts.length === message.parts.length) return message;
    for (const part of message.parts.filter(isLeft))
      losses.push({ path: part.at ?? 'reasoning', action: 'dropped', reason });
    return { ...message, parts };
  });
  return { value: { ...request, messages }, losses };
}

/** Whose state an envelope of ours holds, if that is known. */
export function scopeIn(seal: string, key: Uint8Array): string | undefined {
  return unwrap(seal, key)?.seal.scope;
}

/**
 * What an upstream of `issuer` that owns `scopes` may see of a seal in a body that goes to it as it came: the
 * issuer's own data, or undefined for an envelope of another's or of nobody's. What is no envelope is the client's
 * own affair.
 */
export function sealFor(
  issuer: string,
  key: Uint8Array,
  scopes?: readonly string[],
): (seal: string) => string | undefined {
  return (seal) => {
    if (!isEnvelope(seal)) return seal;
    const state = unwrap(seal, key)?.seal;
    if (state?.issuer !== issuer) return undefined;
    const isOwn = state.scope === undefined || scopes === undefined || scopes.includes(state.scope);
    return isOwn ? state.data : undefined;
  };
}
