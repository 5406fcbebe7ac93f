// Data URLs, and names for files that came without one.

import type { MediaSource } from '../../canonical/part.ts';

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),/i;

/** The bytes of a data URL, or the address of anything else. */
export function readUrl(url: string, mediaTypeDefault: string): MediaSource {
  const head = DATA_URL.exec(url);
  if (!head) return { from: 'url', url };
  const mediaType = head[1] || mediaTypeDefault;
  const payload = url.slice(head[0].length);
  if (/;base64/i.test(head[2] ?? '')) return { from: 'base64', mediaType, data: payload };
  return { from: 'base64', mediaType, data: Buffer.from(unescapePercent(payload)).toString('base64') };
}

function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

const EXTENSIONS: Record<string, string> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/html': 'html',
  'application/json': 'json',
};

/** The provider refuses file bytes without a name. */
export function fileName(title: string | undefined, mediaType: string): string {
  if (title !== undefined && title !== '') return title;
  return `document.${EXTENSIONS[mediaType] ?? 'bin'}`;
}

/** Media type by the file name's extension; PDF is what nearly all documents are. */
export function mediaTypeOf(name: string | undefined): string {
  const extension = name?.split('.').pop()?.toLowerCase();
  for (const mediaType in EXTENSIONS) if (EXTENSIONS[mediaType] === extension) return mediaType;
  return 'application/pdf';
}
