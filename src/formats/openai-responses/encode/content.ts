// Canonical parts written as content parts of messages and tool outputs.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { FilePart, ImagePart, MediaSource, Part, TextPart } from '../../../canonical/part.ts';
import { compact, isObject, type JsonObject } from '../../../lib/json.ts';
import { dataUrl } from '../../data-url.ts';
import { fileName, losesTitle } from '../../file-name.ts';
import { writeAnnotation } from '../text-marks.ts';
import type { Breakpoints } from './breakpoints.ts';

/** Content of a user or system message or of a tool output. Throws Fault where a part has no carrier. */
export function writeInputContent(parts: Part[], losses: Loss[], marks: Breakpoints): JsonObject[] {
  return parts.flatMap((part) => {
    const written = writeInputPart(part, losses);
    const holder = written.at(-1);
    if (holder && 'cache' in part) marks.put(holder, part.cache, part.at);
    return written;
  });
}

function writeInputPart(part: Part, losses: Loss[]): JsonObject[] {
  const at = part.at ?? 'input';
  switch (part.kind) {
    case 'text':
      return [{ type: 'input_text', text: part.text }];
    case 'refusal':
      return [{ type: 'input_text', text: part.text }];
    case 'image':
      return [writeImage(part, at)];
    case 'file':
      return [writeFile(part, at, losses)];
    case 'audio':
      throw new Fault(
        'unsupported_parameter',
        'This model’s provider takes no audio here; send its transcript.',
        { param: at },
      );
    case 'opaque':
      if (part.raw.format === 'openai-responses' && isObject(part.raw.value)) return [part.raw.value];
      losses.push({
        path: at,
        action: part.text === undefined ? 'dropped' : 'changed',
        reason: 'known to its own format only',
      });
      return part.text === undefined ? [] : [{ type: 'input_text', text: part.text }];
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      losses.push({ path: at, action: 'dropped', reason: 'belongs to another role' });
      return [];
    default:
      return part satisfies never;
  }
}

function writeImage({ source, detail }: ImagePart, at: string): JsonObject {
  const image = { type: 'input_image', ...(detail === undefined ? {} : { detail }) };
  switch (source.from) {
    case 'base64':
      return { ...image, image_url: dataUrl(source.mediaType, source.data) };
    case 'url':
      return { ...image, image_url: source.url };
    case 'file-id':
      return { ...image, file_id: ownFileId(source, at) };
    case 'text':
      throw new Fault('invalid_value', 'An image must be bytes, an address or a file id.', { param: at });
    default:
      return source satisfies never;
  }
}

function writeFile(part: FilePart, at: string, losses: Loss[]): JsonObject {
  const { source, title, context, citations, detail } = part;
  if (context !== undefined)
    losses.push({ path: `${at}.context`, action: 'dropped', reason: 'files carry no context' });
  if (citations)
    losses.push({ path: `${at}.citations`, action: 'dropped', reason: 'files are not cited on request' });
  const file = { type: 'input_file', detail };
  switch (source.from) {
    case 'base64':
      losses.push(...losesTitle(title, source.mediaType, at));
      return compact({
        ...file,
        filename: fileName(title, source.mediaType),
        file_data: dataUrl(source.mediaType, source.data),
      });
    case 'url':
      return compact({ ...file, filename: title, file_url: source.url });
    case 'file-id':
      return compact({ ...file, filename: title, file_id: ownFileId(source, at) });
    case 'text':
      losses.push({ path: at, action: 'changed', reason: 'a text document became plain text' });
      return { type: 'input_text', text: title === undefined ? source.text : `${title}\n\n${source.text}` };
    default:
      return source satisfies never;
  }
}

function ownFileId(source: Extract<MediaSource, { from: 'file-id' }>, at: string): string {
  if (source.format === 'openai-responses' || source.format === 'openai-chat') return source.id;
  throw new Fault(
    'unsupported_parameter',
    'This file id belongs to another provider; send the file itself.',
    { param: at },
  );
}

/** An assistant's earlier words. */
export function writeOutputText({ text, citations = [], at }: TextPart, losses: Loss[]): JsonObject {
  const path = at === undefined ? 'citations' : `${at}.citations`;
  // a file is cited by its id, which a document of another provider has not
  const known = citations.filter(({ kind, raw }) => kind === 'url' || raw?.format === 'openai-responses');
  if (known.length < citations.length)
    losses.push({ path, action: 'dropped', reason: 'OpenAI knows no documents that another provider cited' });
  if (known.some(({ raw }) => raw?.format === 'anthropic-messages')) {
    const reason = 'citations keep their source and place, not the quoted words';
    losses.push({ path, action: 'changed', reason });
  }
  return {
    type: 'output_text',
    text,
    annotations: known.map((citation) => writeAnnotation(citation, text)),
  };
}
