// Annotations and log probabilities of a text, both ways.

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

/** An `url_citation` as its fields, every other annotation verbatim. */
export function readAnnotation(annotation: JsonObject): Citation {
  const cited = annotation.type === 'url_citation' ? readUrlCitation(annotation) : undefined;
  if (cited) return cited;
  const title = asString(annotation.title) ?? asString(annotation.filename);
  const raw = { format: 'openai-responses' as const, value: annotation };
  return title === undefined ? { kind: 'document', raw } : { kind: 'document', title, raw };
}

export function readAnnotations(value: unknown): Citation[] {
  return asArray(value).filter(isObject).map(readAnnotation);
}

/** `text` is what the citation stands in; one without offsets covers it whole. */
export function writeAnnotation(citation: Citation, text: string): JsonObject {
  if (citation.kind === 'url') {
    const { url, title, start, end } = citation;
    return {
      type: 'url_citation',
      start_index: start ?? 0,
      end_index: end ?? [...text].length,
      url,
      title: title ?? url,
    };
  }
  const { raw, title } = citation;
  if (raw.format === 'openai-responses' && isObject(raw.value)) return raw.value;
  return { type: 'file_citation', file_id: '', filename: title ?? 'document', index: [...text].length };
}

export function readLogprobs(value: unknown): TokenLogprob[] {
  if (!Array.isArray(value) || value.length === 0) return [];
  return value.filter(isObject).map((entry) => ({
    ...readToken(entry),
    top: asArray(entry.top_logprobs).map((top) => readToken(asObject(top))),
  }));
}

function readToken(entry: JsonObject): { token: string; logprob: number; bytes: number[] | null } {
  const token = asString(entry.token) ?? '';
  // stream deltas leave the bytes out, whole answers have them
  const bytes = Array.isArray(entry.bytes)
    ? entry.bytes.filter((byte) => typeof byte === 'number')
    : [...Buffer.from(token)];
  return { token, logprob: asNumber(entry.logprob) ?? 0, bytes };
}

export function writeLogprobs(logprobs: TokenLogprob[]): JsonValue[] {
  return logprobs.map(({ token, logprob, bytes, top }) => ({
    token,
    logprob,
    bytes: bytes ?? [],
    top_logprobs: top.map((other) => ({
      token: other.token,
      logprob: other.logprob,
      bytes: other.bytes ?? [],
    })),
  }));
}
