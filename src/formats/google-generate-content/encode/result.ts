// Results of tools as `functionResponse` parts, whose answer must be an object.

import type { ToolResultPart } from '../../../canonical/part.ts';
import { isObject, type JsonObject, type JsonValue, tryParseJson } from '../../../lib/json.ts';
import { generationOf } from '../names.ts';
import { encodeMedia } from './media.ts';
import { dropMark, note, type Writing } from './writing.ts';

/** From this generation on pictures may stand inside a result. */
const MEDIA_GENERATION = 3;

/** The result, and the parts that older models want to see beside it. */
export function encodeResult(
  part: ToolResultPart,
  name: string,
  writing: Writing,
): { result: JsonObject; beside: JsonObject[] } {
  dropMark(part, writing);
  const texts: string[] = [];
  const media: JsonObject[] = [];
  for (const one of part.content) {
    if (one.kind === 'image' || one.kind === 'audio' || one.kind === 'file') {
      const encoded = encodeMedia(one, writing);
      if (typeof encoded.text === 'string') texts.push(encoded.text);
      else media.push(encoded);
    } else if (one.kind === 'text' || one.kind === 'refusal') {
      if (one.kind === 'text') dropMark(one, writing);
      if (one.text !== '') texts.push(one.text);
    } else {
      const text = one.kind === 'opaque' ? (one.text ?? '') : '';
      note(
        writing,
        one.at ?? part.at,
        text === '' ? 'dropped' : 'changed',
        'only its own format knows this block',
      );
      if (text !== '') texts.push(text);
    }
  }
  const functionResponse: JsonObject = {
    id: part.callId,
    name,
    response: responseOf(part, texts.join('\n'), writing),
  };
  const takesMedia = (generationOf(writing.target.model) ?? MEDIA_GENERATION) >= MEDIA_GENERATION;
  if (media.length > 0 && takesMedia) functionResponse.parts = media;
  if (media.length > 0 && !takesMedia)
    note(writing, part.at, 'moved', 'what the tool showed follows behind its result');
  return { result: { functionResponse }, beside: takesMedia ? [] : media };
}

/** Members that mean something of their own there, so a result that has them is wrapped. */
const RESERVED = ['output', 'result', 'error'];

/** An object that the text is JSON of, or the text under a name that says how the call went. */
function responseOf(part: ToolResultPart, text: string, writing: Writing): JsonObject {
  const parsed = tryParseJson(text);
  const isPlain =
    isObject(parsed) && JSON.stringify(parsed) === text && !RESERVED.some((name) => name in parsed);
  if (!isPlain) return { [part.isError ? 'error' : 'result']: text };
  const renamed = { any: false };
  const response = withoutReferences(parsed, renamed);
  if (renamed.any)
    note(writing, part.at, 'changed', 'Google takes no members called $ref or $defs; the $ was cut');
  return part.isError ? { error: response } : asObjectOf(response);
}

function asObjectOf(value: JsonValue): JsonObject {
  return isObject(value) && Object.keys(value).length > 0 ? value : { result: JSON.stringify(value) };
}

/** Google takes `$ref` in a result for a reference and refuses the request (vercel/ai #14369). */
function withoutReferences(value: JsonValue, renamed: { any: boolean }): JsonValue {
  if (Array.isArray(value)) return value.map((one) => withoutReferences(one, renamed));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isReference = name === '$ref' || name === '$defs';
      renamed.any ||= isReference;
      return [isReference ? name.slice(1) : name, withoutReferences(member, renamed)];
    }),
  );
}
