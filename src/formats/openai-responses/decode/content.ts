// Content parts of messages and tool outputs, read into canonical parts.

import type { Loss } from '../../../canonical/loss.ts';
import type { CacheMark, FilePart, ImagePart, Part, TextPart } from '../../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { readUrl } from '../../data-url.ts';
import { mediaTypeOf } from '../../file-name.ts';
import { readAnnotations, readLogprobs } from '../text-marks.ts';
import { lostMembers } from './lost-members.ts';

/** A text or a list of parts. `at` is where it stands: `input[0].content`. */
export function decodeContent(
  value: JsonValue | undefined,
  at: string,
  losses: Loss[],
  phase?: string,
): Part[] {
  const marked = phase === undefined ? {} : { phase };
  if (typeof value === 'string') return [{ kind: 'text', text: value, ...marked, at }];
  return asArray(value)
    .filter(isObject)
    .map((part, index) => {
      const decoded = decodePart(part, `${at}[${index}]`, losses);
      return decoded.kind === 'text' ? { ...decoded, ...marked } : decoded;
    });
}

function decodePart(part: JsonObject, at: string, losses: Loss[]): Part {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return decodeText(part, at, losses);
    case 'refusal':
      losses.push(...lostMembers(part, ['type', 'refusal'], at));
      return { kind: 'refusal', text: asString(part.refusal) ?? '', at };
    case 'input_image':
      return decodeImage(part, at, losses) ?? opaque(part, at);
    case 'input_file':
      return decodeFile(part, at, losses) ?? opaque(part, at);
    case 'input_audio': {
      const audio = asObject(part.input_audio);
      const mediaType = audio.format === 'mp3' ? 'audio/mpeg' : `audio/${asString(audio.format) ?? 'wav'}`;
      return { kind: 'audio', source: { from: 'base64', mediaType, data: asString(audio.data) ?? '' }, at };
    }
    default:
      return opaque(part, at);
  }
}

function opaque(part: JsonObject, at: string): Part {
  const text = asString(part.text);
  return {
    kind: 'opaque',
    raw: { format: 'openai-responses', value: part },
    type: asString(part.type) ?? 'unknown',
    ...(text === undefined ? {} : { text }),
    at,
  };
}

function decodeText(part: JsonObject, at: string, losses: Loss[]): TextPart {
  losses.push(
    ...lostMembers(part, ['type', 'text', 'annotations', 'logprobs', 'prompt_cache_breakpoint'], at),
  );
  const text: TextPart = { kind: 'text', text: asString(part.text) ?? '', ...cacheMark(part), at };
  const citations = readAnnotations(part.annotations);
  if (citations.length > 0) text.citations = citations;
  const logprobs = readLogprobs(part.logprobs);
  if (logprobs.length > 0) text.logprobs = logprobs;
  return text;
}

function cacheMark(part: JsonObject): { cache?: CacheMark } {
  if (!isObject(part.prompt_cache_breakpoint)) return {};
  const { ttl } = part.prompt_cache_breakpoint;
  return { cache: { ttl: ttl === '30m' || ttl === '12h' ? ttl : 'default' } };
}

function decodeImage(part: JsonObject, at: string, losses: Loss[]): ImagePart | undefined {
  losses.push(
    ...lostMembers(part, ['type', 'image_url', 'file_id', 'detail', 'prompt_cache_breakpoint'], at),
  );
  const detail = asString(part.detail);
  const marks = { ...(detail === undefined ? {} : { detail }), ...cacheMark(part), at };
  const url = asString(part.image_url);
  if (url !== undefined) return { kind: 'image', source: readUrl(url, 'image/png'), ...marks };
  const id = asString(part.file_id);
  if (id === undefined) return undefined;
  return { kind: 'image', source: { from: 'file-id', id, format: 'openai-responses' }, ...marks };
}

const FILE_MEMBERS = [
  'type',
  'file_data',
  'file_url',
  'file_id',
  'filename',
  'detail',
  'prompt_cache_breakpoint',
];

function decodeFile(part: JsonObject, at: string, losses: Loss[]): FilePart | undefined {
  losses.push(...lostMembers(part, FILE_MEMBERS, at));
  const title = asString(part.filename);
  const detail = asString(part.detail);
  const marks = {
    ...(title === undefined ? {} : { title }),
    ...(detail === undefined ? {} : { detail }),
    ...cacheMark(part),
    at,
  };
  const data = asString(part.file_data);
  if (data !== undefined) {
    const source = readUrl(data, mediaTypeOf(title));
    // some clients send the bare base64 of the older upload form
    if (source.from !== 'url') return { kind: 'file', source, ...marks };
    return { kind: 'file', source: { from: 'base64', mediaType: mediaTypeOf(title), data }, ...marks };
  }
  const url = asString(part.file_url);
  if (url !== undefined) return { kind: 'file', source: { from: 'url', url }, ...marks };
  const id = asString(part.file_id);
  if (id === undefined) return undefined;
  return { kind: 'file', source: { from: 'file-id', id, format: 'openai-responses' }, ...marks };
}
