// Reads one content block of a stream: what it begins with, its deltas, and what is only known at its end.

import type { PartDelta, PartStart } from '../../../canonical/event.ts';
import { asArray, asObject, asString, isObject, type JsonObject, tryParseJson } from '../../../lib/json.ts';
import { decodeCitation, decodeOpaque, ISSUER } from './block.ts';

export class BlockReader {
  /** The part, when the block's first event tells enough to begin it. */
  readonly start: PartStart | undefined;
  readonly #block: JsonObject;
  #json = '';

  /** `spareId` names a call whose provider forgot to. */
  constructor(block: JsonObject, spareId: string) {
    this.#block = block;
    this.start = startOf(block, spareId);
  }

  /** Content that stood in the first event already. */
  firstDeltas(): PartDelta[] {
    const block = this.#block;
    switch (this.start?.kind) {
      case 'text':
        return [
          ...textDelta(block.text),
          ...asArray(block.citations)
            .filter(isObject)
            .map((citation): PartDelta => ({ kind: 'citation', citation: decodeCitation(citation) })),
        ];
      case 'reasoning':
        return [...thinkingDelta(block.thinking), ...sealDelta(block.signature), ...sealDelta(block.data)];
      default:
        return [];
    }
  }

  /** What a delta adds; nothing for one that does not fit the block. */
  read(delta: JsonObject): PartDelta[] {
    const kind = this.start?.kind;
    switch (delta.type) {
      case 'text_delta':
        return kind === 'text' ? textDelta(delta.text) : [];
      case 'citations_delta':
        if (kind !== 'text' || !isObject(delta.citation)) return [];
        return [{ kind: 'citation', citation: decodeCitation(delta.citation) }];
      case 'thinking_delta':
        return kind === 'reasoning' ? thinkingDelta(delta.thinking) : [];
      case 'signature_delta':
        return kind === 'reasoning' ? sealDelta(delta.signature) : [];
      case 'input_json_delta': {
        const text = asString(delta.partial_json) ?? '';
        this.#json += text;
        return kind === 'tool-call' && text !== '' ? [{ kind: 'input', text }] : [];
      }
      default:
        return [];
    }
  }

  /** A hosted tool's block, known as a whole only when it has ended. */
  lateStart(): PartStart | undefined {
    if (this.start) return undefined;
    const input = this.#json === '' ? undefined : tryParseJson(this.#json);
    return decodeOpaque(input === undefined ? this.#block : { ...this.#block, input }, undefined);
  }

  /** Arguments that some vendors write whole into the first event. */
  lastDeltas(): PartDelta[] {
    if (this.start?.kind !== 'tool-call' || this.#json.trim() !== '') return [];
    const input = asObject(this.#block.input);
    return Object.keys(input).length === 0 ? [] : [{ kind: 'input', text: JSON.stringify(input) }];
  }
}

function startOf(block: JsonObject, spareId: string): PartStart | undefined {
  switch (block.type) {
    case 'text':
      return { kind: 'text' };
    case 'thinking':
      return { kind: 'reasoning' };
    case 'redacted_thinking':
      return { kind: 'reasoning', redacted: true };
    case 'tool_use': {
      const id = asString(block.id) || spareId;
      return { kind: 'tool-call', id, name: asString(block.name) ?? '', form: 'json' };
    }
    default:
      return undefined;
  }
}

function textDelta(text: unknown): PartDelta[] {
  return typeof text === 'string' && text !== '' ? [{ kind: 'text', text }] : [];
}

function thinkingDelta(text: unknown): PartDelta[] {
  if (typeof text !== 'string' || text === '') return [];
  return [{ kind: 'reasoning', form: 'summary', section: 0, text }];
}

function sealDelta(data: unknown): PartDelta[] {
  if (typeof data !== 'string' || data === '') return [];
  return [{ kind: 'seal', seal: { issuer: ISSUER, data } }];
}
