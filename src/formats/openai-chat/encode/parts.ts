// Writes canonical parts as Chat content.

import { Fault } from '../../../canonical/fault.ts';
import { readForeign } from '../../../canonical/foreign-block.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  AudioPart,
  CacheMark,
  FilePart,
  ImagePart,
  OpaquePart,
  Part,
  TextPart,
} from '../../../canonical/part.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { dataUrl } from '../../data-url.ts';
import { fileName, losesTitle } from '../../file-name.ts';
import { audioFormat } from '../media.ts';

/** One content part, or undefined (with a loss) when Chat has none for it. Throws where dropping would mislead. */
export function encodePart(part: Part, losses: Loss[]): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
      return encodeText(part, losses);
    case 'image':
      dropMark(part, losses);
      return { type: 'image_url', image_url: imageUrl(part) };
    case 'audio':
      dropMark(part, losses);
      return encodeAudio(part, losses);
    case 'file':
      dropMark(part, losses);
      return encodeFile(part, losses);
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'opaque':
      if (part.raw.format === 'openai-chat') return part.raw.value as JsonObject;
      return encodeForeign(part, losses);
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      losses.push({ path: part.at ?? part.kind, action: 'dropped', reason: 'has no place in this message' });
      return undefined;
    default:
      return part satisfies never;
  }
}

function encodeForeign(part: OpaquePart, losses: Loss[]): JsonObject | undefined {
  const { text, loss } = readForeign(part);
  losses.push(loss);
  return text === '' ? undefined : { type: 'text', text };
}

function encodeText(part: TextPart, losses: Loss[]): JsonObject | undefined {
  const at = part.at ?? 'text';
  dropMark(part, losses);
  if (part.phase !== undefined) losses.push({ path: `${at}.phase`, action: 'dropped', reason: NO_MEMBER });
  if (part.citations && part.citations.length > 0) {
    const member = isResponses(at) ? 'annotations' : 'citations';
    losses.push({ path: `${at}.${member}`, action: 'dropped', reason: NO_MEMBER });
  }
  return part.text === '' ? undefined : { type: 'text', text: part.text };
}

export const NO_MEMBER = 'Chat has no member for it';

/** Records that a cache mark could not travel; most Chat upstreams cache by themselves. */
export function dropMark(part: { cache?: CacheMark; at?: string }, losses: Loss[]): void {
  if (!part.cache) return;
  const member = isResponses(part.at ?? '') ? 'prompt_cache_breakpoint' : 'cache_control';
  const path = part.at === undefined ? member : `${part.at}.${member}`;
  losses.push({ path, action: 'dropped', reason: NO_MEMBER });
}

/** Losses name members as the client wrote them, and the two other formats spell some differently. */
function isResponses(at: string): boolean {
  return at.startsWith('input');
}

function imageUrl(part: ImagePart): JsonObject {
  const { source } = part;
  const detail = part.detail === undefined ? {} : { detail: part.detail };
  if (source.from === 'url') return { url: source.url, ...detail };
  if (source.from === 'base64') return { url: dataUrl(source.mediaType, source.data), ...detail };
  throw unsupported(part.at, 'an image must come as base64 or as an https address');
}

function encodeAudio(part: AudioPart, losses: Loss[]): JsonObject {
  const { source } = part;
  const format = source.from === 'base64' ? audioFormat(source.mediaType) : undefined;
  if (source.from === 'base64' && format)
    return { type: 'input_audio', input_audio: { data: source.data, format } };
  if (part.transcript) {
    losses.push({
      path: part.at ?? 'audio',
      action: 'changed',
      reason: 'the transcript stands for the sound',
    });
    return { type: 'text', text: part.transcript };
  }
  throw unsupported(part.at, 'audio must come as base64 in wav or mp3');
}

function encodeFile(part: FilePart, losses: Loss[]): JsonObject {
  const { source, title } = part;
  const at = part.at ?? 'file';
  if (part.citations) losses.push({ path: `${at}.citations`, action: 'dropped', reason: NO_MEMBER });
  if (part.detail !== undefined) losses.push({ path: `${at}.detail`, action: 'dropped', reason: NO_MEMBER });
  if (source.from === 'text') return { type: 'text', text: documentText(source.text, part) };
  if (part.context !== undefined)
    losses.push({ path: `${at}.context`, action: 'dropped', reason: NO_MEMBER });
  const filename = title === undefined ? {} : { filename: title };
  if (source.from === 'base64') {
    losses.push(...losesTitle(title, source.mediaType, at));
    const file_data = dataUrl(source.mediaType, source.data);
    return { type: 'file', file: { file_data, filename: fileName(title, source.mediaType) } };
  }
  if (source.from === 'file-id' && source.format === 'openai-chat') {
    return { type: 'file', file: { file_id: source.id, ...filename } };
  }
  throw unsupported(part.at, 'a document must come as base64 or as text for this model');
}

function documentText(text: string, part: FilePart): string {
  const head = [part.title, part.context].filter((line) => line !== undefined && line !== '');
  return [...head.map((line, i) => (i === 0 && part.title ? `# ${line}` : line)), text].join('\n\n');
}

/** A 400 that names the part as the client wrote it. */
export function unsupported(at: string | undefined, what: string): Fault {
  const where = at === undefined ? 'This request' : `\`${at}\``;
  return new Fault('unsupported_parameter', `${where} cannot be sent to this model: ${what}.`, { param: at });
}
