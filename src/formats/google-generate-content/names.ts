// What this format and its issuer are called, and its members by the one spelling of the two that Google accepts.

import type { FormatId, SourcePath } from '../../canonical/part.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

export const FORMAT: FormatId = 'google-generate-content';

/** Whose seals thought signatures are. */
export const ISSUER = 'google';

/** What Google takes in place of a signature that was lost; documented for histories of other models. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** The seal on a part; the word that only says "none was kept" is none. */
export function signatureOf({ thoughtSignature }: JsonObject): string | undefined {
  if (typeof thoughtSignature !== 'string' || thoughtSignature === '') return undefined;
  return thoughtSignature === NO_SIGNATURE ? undefined : thoughtSignature;
}

/** Members of more than one word, which have two spellings. */
// biome-ignore format: a list of names
const TWO_WORDS = [
  'systemInstruction', 'generationConfig', 'toolConfig', 'safetySettings', 'cachedContent', 'serviceTier',
  'inlineData', 'fileData', 'mimeType', 'fileUri', 'displayName', 'thoughtSignature', 'functionCall',
  'functionResponse', 'executableCode', 'codeExecutionResult', 'videoMetadata', 'mediaResolution',
  'toolCall', 'toolResponse', 'partMetadata', 'functionDeclarations', 'parametersJsonSchema',
  'googleSearch', 'codeExecution', 'urlContext', 'googleMaps', 'fileSearch', 'computerUse',
  'functionCallingConfig', 'allowedFunctionNames', 'retrievalConfig', 'generateContentRequest',
  'includeServerSideToolInvocations',
  'maxOutputTokens', 'topP', 'topK', 'candidateCount', 'stopSequences', 'frequencyPenalty',
  'presencePenalty', 'responseLogprobs', 'responseMimeType', 'responseSchema', 'responseJsonSchema',
  'responseModalities', 'speechConfig', 'imageConfig', 'thinkingConfig', 'thinkingLevel',
  'thinkingBudget', 'includeThoughts', 'anyOf', 'prefixItems', 'additionalProperties', 'minItems',
  'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties', 'propertyOrdering',
];
const BY_SNAKE = new Map(
  TWO_WORDS.map((name) => [name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`), name]),
);

/**
 * The members of one object in camelCase: Google reads `inline_data` as `inlineData` (JSON mapping of protocol
 * buffers), and much of its own documentation writes it so. Only this object, not what is in it; an empty one for
 * any other value.
 */
export function tidy(value: JsonValue | undefined): JsonObject {
  if (!isObject(value)) return {};
  for (const name in value) if (BY_SNAKE.has(name)) return inCamelCase(value);
  return value;
}

function inCamelCase(value: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const name in value) {
    const member = value[name];
    const camel = BY_SNAKE.get(name) ?? name;
    if (member !== undefined && (camel === name || !(camel in value))) out[camel] = member;
  }
  return out;
}

/** The items of a list with where each stands; Google takes a lone object for a list of one, as its examples write. */
export function itemsOf(value: JsonValue | undefined, at: SourcePath): [item: JsonValue, at: SourcePath][] {
  if (Array.isArray(value)) return value.map((item, i) => [item, `${at}[${i}]`]);
  return isObject(value) ? [[value, at]] : [];
}

/** The generation of a Gemini model, which decides what it accepts; undefined for every other model. */
export function generationOf(model: string): number | undefined {
  const number = /gemini-(\d+)/.exec(model)?.[1];
  return number === undefined ? undefined : Number(number);
}
