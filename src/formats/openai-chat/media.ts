// The media types of Chat's audio formats and of files that came with a name only.

import { entryOf } from '../../lib/json.ts';

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
  return entryOf(BY_EXTENSION, extension) ?? 'application/pdf';
}
