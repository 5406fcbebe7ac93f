// Sources that another provider cited, in the shape Messages clients know, and out of sight of Anthropic again.

import type { Loss } from '../../canonical/loss.ts';
import type { Citation } from '../../canonical/part.ts';
import { asArray, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';

/** A cited page without the index that only Anthropic can seal. */
export function foreignCitation(citation: Citation & { kind: 'url' }): JsonObject {
  const { url, title, quote } = citation;
  return {
    type: 'web_search_result_location',
    url,
    title: title ?? url,
    cited_text: quote ?? '',
    encrypted_index: '',
  };
}

export function isForeignCitation(citation: JsonObject): boolean {
  return citation.type === 'web_search_result_location' && citation.encrypted_index === '';
}

/** A request's body without such citations, which Anthropic would refuse; the same object when there is none. */
export function withoutForeignCitations({
  value: body,
  losses,
}: Converted<JsonObject>): Converted<JsonObject> {
  const found: Loss[] = [];
  const messages = asArray(body.messages).map((message, index): JsonValue => {
    if (!isObject(message) || message.role !== 'assistant' || !Array.isArray(message.content)) return message;
    const before = found.length;
    const path = `messages[${index}].content`;
    const content = message.content.map((block, at) => ownBlock(block, `${path}[${at}]`, found));
    return found.length === before ? message : { ...message, content };
  });
  if (found.length === 0) return { value: body, losses };
  return { value: { ...body, messages }, losses: [...losses, ...found] };
}

function ownBlock(block: JsonValue, at: string, losses: Loss[]): JsonValue {
  if (!isObject(block) || !Array.isArray(block.citations)) return block;
  const own = block.citations.filter((citation) => !isObject(citation) || !isForeignCitation(citation));
  if (own.length === block.citations.length) return block;
  losses.push({ path: `${at}.citations`, action: 'dropped', reason: 'sources that another provider cited' });
  const { citations: _, ...rest } = block;
  return own.length === 0 ? rest : { ...rest, citations: own };
}
