// Marks on answer text (token log probabilities, web citations) between the Chat shape and the canonical one.

import type { Citation, TokenLogprob } from '../../canonical/part.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../lib/json.ts';
import { readUrlCitation } from '../url-citation.ts';

/** Reads `choice.logprobs.content`; empty when there are none. */
export function decodeLogprobs(logprobs: JsonValue | undefined): TokenLogprob[] {
  if (!isObject(logprobs)) return [];
  return asArray(logprobs.content).map((entry) => {
    const token = asObject(entry);
    return { ...oneToken(token), top: asArray(token.top_logprobs).map((top) => oneToken(asObject(top))) };
  });
}

function oneToken(token: JsonObject): Omit<TokenLogprob, 'top'> {
  const bytes = Array.isArray(token.bytes) ? token.bytes.filter((byte) => typeof byte === 'number') : null;
  return { token: asString(token.token) ?? '', logprob: asNumber(token.logprob) ?? 0, bytes };
}

/** Writes `choice.logprobs`; null when there are none, as the type requires. */
export function encodeLogprobs(logprobs: TokenLogprob[] | undefined): JsonObject | null {
  if (!logprobs || logprobs.length === 0) return null;
  const content = logprobs.map(({ top, ...token }) => ({
    ...token,
    top_logprobs: top.map((one) => ({ ...one })),
  }));
  return { content, refusal: null };
}

/** Reads `annotations`; only web citations exist in this format. */
export function decodeAnnotations(annotations: JsonValue | undefined): Citation[] {
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((annotation): Citation[] => {
    const cited = asObject(annotation).url_citation;
    const citation = isObject(cited) ? readUrlCitation(cited) : undefined;
    return citation === undefined ? [] : [citation];
  });
}

/**
 * Writes one annotation, or undefined for documents, which Chat cannot cite. `offset` and `length` are the code
 * points before the cited text part and in it: a citation without a range covers its part.
 */
export function encodeAnnotation(citation: Citation, offset: number, length: number): JsonObject | undefined {
  if (citation.kind !== 'url') return undefined;
  const { url, title = '', start = 0, end = length } = citation;
  return {
    type: 'url_citation',
    url_citation: { start_index: offset + start, end_index: offset + end, title, url },
  };
}

/** Length in code points, which is what citation ranges count. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
