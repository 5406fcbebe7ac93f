// The content blocks of an answer, with every member its type requires.

import type { Citation, Part, ReasoningPart, Seal, ToolCallPart } from '../../../canonical/part.ts';
import { tryParseExact } from '../../../lib/exact-json.ts';
import { isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { safeToolId } from '../../tool-id.ts';
import { FORMAT, ISSUER } from '../decode/block.ts';
import { foreignCitation } from '../foreign-citations.ts';

/** Without `citations` when there are none: the AI SDK refuses the null that the type allows. */
export function textBlock(text: string, citations: JsonValue[] = []): JsonObject {
  return citations.length === 0 ? { type: 'text', text } : { type: 'text', text, citations };
}

export function thinkingBlock(thinking: string, signature: string): JsonObject {
  return { type: 'thinking', thinking, signature };
}

export function redactedBlock(data: string): JsonObject {
  return { type: 'redacted_thinking', data };
}

/**
 * An answer that ends in text ends there for its clients too, as all of Anthropic's do: some take the last block for
 * the answer (Claude Code 2.1.197 with `-p`). What sealed the text (Gemini's last part) is remembered here instead.
 */
export function withoutSealedEnd(content: readonly JsonObject[]): JsonObject[] {
  const last = content.findLastIndex(({ type }) => type !== 'redacted_thinking');
  return content[last]?.type === 'text' ? content.slice(0, last + 1) : [...content];
}

export function toolBlock(
  call: Pick<ToolCallPart, 'id' | 'name' | 'namespace'>,
  input: JsonValue,
): JsonObject {
  const name = call.namespace === undefined ? call.name : `${call.namespace}__${call.name}`;
  return { type: 'tool_use', id: safeToolId(call.id), name, input, caller: { type: 'direct' } };
}

/** A citation as it came from this format; others lack the encrypted index a block of ours must hold. */
export function citationOf(citation: Citation): JsonValue | undefined {
  return citation.raw?.format === FORMAT ? citation.raw.value : undefined;
}

/** A citation as a client is shown it; undefined for another provider's document, which has no place here. */
export function shownCitation(citation: Citation): JsonValue | undefined {
  return citationOf(citation) ?? (citation.kind === 'url' ? foreignCitation(citation) : undefined);
}

/** What may stand as `signature`: a client sends it back as Anthropic's own, so no other issuer's seal does. */
export function signatureOf(seal: Seal | undefined): string | undefined {
  return seal?.issuer === ISSUER ? seal.data : undefined;
}

/** Sections of one reasoning block are paragraphs. */
export const SECTION_BREAK = '\n\n';

/** The arguments as the object the format asks for; what is no JSON object is kept under `_raw`. */
export function inputObject(call: Pick<ToolCallPart, 'form' | 'input'>): {
  input: JsonObject;
  broken: boolean;
} {
  if (call.form === 'text') return { input: { input: call.input }, broken: false };
  if (call.input.trim() === '') return { input: {}, broken: false };
  const parsed = tryParseExact(call.input);
  return isObject(parsed) ? { input: parsed, broken: false } : { input: { _raw: call.input }, broken: true };
}

/** One block for one part of an answer; undefined for what the format cannot show. */
export function encodeAnswerPart(part: Part): JsonObject | undefined {
  switch (part.kind) {
    case 'text': {
      const citations = (part.citations ?? []).map(shownCitation).filter((one) => one !== undefined);
      return part.text === '' ? undefined : textBlock(part.text, citations);
    }
    case 'refusal':
      return part.text === '' ? undefined : textBlock(part.text);
    case 'reasoning':
      return encodeReasoning(part);
    case 'tool-call':
      return toolBlock(part, inputObject(part).input);
    case 'audio':
      return part.transcript === undefined || part.transcript === '' ? undefined : textBlock(part.transcript);
    case 'opaque':
      if (part.raw.format === FORMAT && isObject(part.raw.value)) return part.raw.value;
      return part.code && part.text ? textBlock(part.text) : undefined;
    case 'image':
    case 'file':
    case 'tool-result':
      return undefined;
    default:
      return part satisfies never;
  }
}

function encodeReasoning(part: ReasoningPart): JsonObject | undefined {
  const signature = signatureOf(part.seal);
  if (part.redacted) return signature === undefined ? undefined : redactedBlock(signature);
  const text = [...part.summary, ...part.content].filter((section) => section !== '').join(SECTION_BREAK);
  if (text === '' && signature === undefined) return undefined;
  return thinkingBlock(text, signature ?? '');
}
