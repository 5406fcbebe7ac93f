// Reads the content parts and cache marks of Chat messages.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CacheMark, MediaSource, Part } from '../../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { readUrl } from '../../data-url.ts';
import { mediaTypeOf } from '../../file-name.ts';
import { leftovers } from '../../leftovers.ts';
import { audioMediaType } from '../media.ts';

const MARKS = ['cache_control', 'prompt_cache_breakpoint'];

/** A message's `content` (text or parts) as canonical parts; null and missing content are no parts. */
export function decodeContent(content: JsonValue | undefined, at: string, losses: Loss[]): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content, at }];
  return asArray(content).map((part, i) => decodePart(asObject(part), `${at}[${i}]`, losses));
}

/** The mark of a part, message or tool, in either spelling: "cache the prompt up to here". */
export function decodeMark(object: JsonObject): CacheMark | undefined {
  const mark = object.cache_control ?? object.prompt_cache_breakpoint;
  if (!isObject(mark)) return undefined;
  const { ttl } = mark;
  return { ttl: ttl === '5m' || ttl === '1h' || ttl === '30m' || ttl === '12h' ? ttl : 'default' };
}

/** The part with the mark, when there is one and the part can carry it. */
export function marked<P extends Part>(part: P, mark: CacheMark | undefined): P {
  if (!mark || part.kind === 'reasoning' || part.kind === 'refusal' || part.kind === 'opaque') return part;
  return { ...part, cache: mark };
}

function decodePart(part: JsonObject, at: string, losses: Loss[]): Part {
  const type = asString(part.type) ?? (typeof part.text === 'string' ? 'text' : '');
  const keep = (...names: string[]) => losses.push(...leftovers(part, ['type', ...MARKS, ...names], at));
  const mark = decodeMark(part);
  switch (type) {
    case 'text':
      // agents send back the empty lists their SDK made
      keep('text', ...(asArray(part.annotations).length === 0 ? ['annotations'] : []));
      return marked({ kind: 'text', text: required(part.text, `${at}.text`), at }, mark);
    case 'refusal':
      keep('refusal');
      return { kind: 'refusal', text: required(part.refusal, `${at}.refusal`), at };
    case 'image_url': {
      keep('image_url');
      const image = typeof part.image_url === 'string' ? { url: part.image_url } : asObject(part.image_url);
      losses.push(...leftovers(image, ['url', 'detail'], `${at}.image_url`));
      const source = readUrl(required(image.url, `${at}.image_url.url`), 'image/png');
      const detail = asString(image.detail);
      return marked({ kind: 'image', source, ...(detail === undefined ? {} : { detail }), at }, mark);
    }
    case 'input_audio': {
      keep('input_audio');
      const audio = asObject(part.input_audio);
      losses.push(...leftovers(audio, ['data', 'format'], `${at}.input_audio`));
      const data = required(audio.data, `${at}.input_audio.data`);
      const mediaType = audioMediaType(asString(audio.format) ?? 'wav');
      return marked({ kind: 'audio', source: { from: 'base64', mediaType, data }, at }, mark);
    }
    case 'file': {
      keep('file');
      const file = asObject(part.file);
      losses.push(...leftovers(file, ['file_data', 'file_id', 'filename'], `${at}.file`));
      const title = asString(file.filename);
      const source = fileSource(file, title, at);
      return marked({ kind: 'file', source, ...(title === undefined ? {} : { title }), at }, mark);
    }
    default: {
      const text = asString(part.text);
      const raw = { format: 'openai-chat', value: part } as const;
      return { kind: 'opaque', raw, type, ...(text === undefined ? {} : { text }), at };
    }
  }
}

function fileSource(file: JsonObject, filename: string | undefined, at: string): MediaSource {
  const data = asString(file.file_data);
  if (data !== undefined) {
    const mediaType = mediaTypeOf(filename);
    return data.startsWith('data:') ? readUrl(data, mediaType) : { from: 'base64', mediaType, data };
  }
  return { from: 'file-id', id: required(file.file_id, `${at}.file.file_id`), format: 'openai-chat' };
}

/** The string, or a 400 that names the member. */
export function required(value: JsonValue | undefined, path: string): string {
  if (typeof value === 'string') return value;
  const code = value === undefined || value === null ? 'missing_field' : 'invalid_value';
  throw new Fault(code, `\`${path}\` must be a string.`, { param: path });
}
