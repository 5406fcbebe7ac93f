// The sandbox's embeddings: the same text has the same vector, and texts that share words lie close together.

import { countTokens } from '../billing/tokens.ts';
import { Fault } from '../canonical/fault.ts';
import { formWanted, itemIn } from '../formats/openai-chat/embeddings/vectors.ts';
import { sha256Hex } from '../lib/crypto.ts';
import { asNumber, type JsonObject, type JsonValue } from '../lib/json.ts';

/** The name behind `sandbox/`, and where its requests go. */
export const EMBEDDER = 'embed';
export const EMBEDDINGS_PATH = '/embeddings';

const DIMENSIONS = 256;
const DIMENSIONS_MAX = 4_096;
/** Words are thrown into so many numbers each. */
const PLACES_PER_WORD = 8;

/** The answer to an embeddings request that fits its schema. Throws Fault `invalid_value`. */
export function embed(wire: JsonObject): JsonObject {
  const dimensions = asNumber(wire.dimensions) ?? DIMENSIONS;
  if (dimensions > DIMENSIONS_MAX)
    throw new Fault('invalid_value', `\`dimensions\` must be ${DIMENSIONS_MAX} or less.`, {
      param: 'dimensions',
    });
  const form = formWanted(wire);
  const inputs = inputsOf(wire.input);
  const data = inputs.map((input, index) =>
    itemIn({ object: 'embedding', index, embedding: vectorOf(wordsOf(input), dimensions) }, form),
  );
  const tokens = inputs.reduce<number>((sum, input) => sum + tokensOf(input), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { object: 'list', data, model: wire.model ?? EMBEDDER, usage };
}

/** One, or a list of them: a list of numbers is one input, spelled in tokens. */
function inputsOf(input: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(input)) return [input ?? ''];
  return typeof input[0] === 'number' ? [input] : input;
}

function wordsOf(input: JsonValue): string[] {
  if (Array.isArray(input)) return input.map(String);
  return (
    String(input)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [String(input)]
  );
}

function tokensOf(input: JsonValue): number {
  return Array.isArray(input) ? input.length : countTokens(String(input));
}

/** Of length 1. */
function vectorOf(words: readonly string[], dimensions: number): number[] {
  const sums = new Array<number>(dimensions).fill(0);
  for (const word of words) {
    const hash = Buffer.from(sha256Hex(word), 'hex');
    for (let nth = 0; nth < PLACES_PER_WORD; nth++) {
      const at = hash.readUInt16LE(nth * 3) % dimensions;
      sums[at] = (sums[at] ?? 0) + ((hash[nth * 3 + 2] ?? 0) < 128 ? 1 : -1);
    }
  }
  const length = Math.hypot(...sums);
  return sums.map((sum) => Math.fround(length === 0 ? 1 / Math.sqrt(dimensions) : sum / length));
}
