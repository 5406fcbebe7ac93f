// Images, sound and documents as parts of this format.

import type { AudioPart, FilePart, ImagePart, MediaSource } from '../../../canonical/part.ts';
import { compact, entryOf, type JsonObject } from '../../../lib/json.ts';
import { FORMAT } from '../names.ts';
import { dropMark, note, unsupported, type Writing } from './writing.ts';

/** `inlineData` for bytes, `fileData` for an address, text for a document made of it. */
export function encodeMedia(part: ImagePart | AudioPart | FilePart, writing: Writing): JsonObject {
  dropMark(part, writing);
  if (part.kind !== 'audio' && part.detail !== undefined && part.detail !== 'auto')
    note(writing, part.at, 'changed', 'Google knows no detail of one picture');
  if (part.kind === 'file') return encodeFile(part, writing);
  if (part.kind === 'audio' && part.source.from !== 'base64' && part.transcript) {
    note(writing, part.at, 'changed', 'the transcript stands for the sound');
    return { text: part.transcript };
  }
  if (part.source.from === 'text') throw unsupported(part.at, 'it must be bytes or an address');
  return mediaPart(part.source, part.at, undefined);
}

function encodeFile(part: FilePart, writing: Writing): JsonObject {
  const { source, title, context, at } = part;
  if (part.citations) note(writing, at, 'changed', 'Google cites no documents of a request');
  if (source.from === 'text') {
    const head = [title === undefined ? undefined : `# ${title}`, context].filter((line) => line);
    return { text: [...head, source.text].join('\n\n') };
  }
  if (context !== undefined) note(writing, at, 'changed', 'the context of the document has no place');
  return mediaPart(source, at, title);
}

function mediaPart(
  source: Exclude<MediaSource, { from: 'text' }>,
  at: string | undefined,
  displayName: string | undefined,
): JsonObject {
  switch (source.from) {
    case 'base64': {
      // an alias that Google does not know
      const mimeType = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType;
      return { inlineData: compact({ mimeType, data: source.data, displayName }) };
    }
    case 'url':
      // Google fetches public and signed addresses itself, over https (ai.google.dev, "File input methods")
      if (/^http:/i.test(source.url))
        throw unsupported(at, 'Google fetches https addresses only; send its bytes');
      return { fileData: compact({ mimeType: typeOfAddress(source.url), fileUri: source.url, displayName }) };
    case 'file-id':
      if (source.format !== FORMAT) throw unsupported(at, 'a file id of another provider is not known there');
      return { fileData: compact({ mimeType: typeOfAddress(source.id), fileUri: source.id, displayName }) };
    default:
      return source satisfies never;
  }
}

const TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  pdf: 'application/pdf',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  txt: 'text/plain',
};

/** The media type an address ends in; Google looks for itself where it does not tell. */
function typeOfAddress(url: string): string | undefined {
  const extension = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url.replace(/^\w+:\/\/[^/]*/, ''))?.[1]?.toLowerCase();
  return entryOf(TYPES, extension);
}
