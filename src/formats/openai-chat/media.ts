// Data URLs and the media types of Chat's audio formats.

import type { MediaSource } from '../../canonical/part.ts';

const DATA_URL = /^data:([^,]*),/i;

/** A data URL as its bytes, any other address as it is. `fallbackType` stands in for a missing media type. */
export function readUrl(url: string, fallbackType: string): MediaSource {
  const head = DATA_URL.exec(url);
  if (!head) return { from: 'url', url };
  const [type, ...parameters] = (head[1] ?? '').split(';').map((piece) => piece.trim());
  const mediaType = type || fallbackType;
  const payload = url.slice(head[0].length);
  if (parameters.includes('base64')) return { from: 'base64', mediaType, data: payload };
  return { from: 'base64', mediaType, data: Buffer.from(unescapeUrl(payload)).toString('base64') };
}

function unescapeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The bytes as a data URL. */
export function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

/** `wav`, `mp3` … to a media type. */
export function audioMediaType(format: string): string {
  return format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
}

/** The media type as one of the two formats Chat takes, or undefined. */
export function audioFormat(mediaType: string): 'wav' | 'mp3' | undefined {
  const subtype = mediaType.toLowerCase().replace(/^audio\/(x-|vnd\.)?/, '');
  if (subtype === 'wav' || subtype === 'wave') return 'wav';
  return subtype === 'mpeg' || subtype === 'mp3' ? 'mp3' : undefined;
}

const BY_EXTENSION: Record<string, string> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
};

/** The media type a file name suggests; PDF, the only kind every provider reads, when it suggests none. */
export function fileMediaType(filename: string | undefined): string {
  const extension = filename?.split('.').at(-1)?.toLowerCase() ?? '';
  return BY_EXTENSION[extension] ?? 'application/pdf';
}
