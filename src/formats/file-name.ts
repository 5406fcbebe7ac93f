// Names of files by which OpenAI tells what they are, and types of files that came with a name only.

import type { Loss } from '../canonical/loss.ts';
import { entryOf } from '../lib/json.ts';

const EXTENSIONS: Record<string, string> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/html': 'html',
  'application/json': 'json',
};

/**
 * The title, with the extension of its type where it has none that fits: bytes without a name are refused, and so is a
 * name whose extension is not that of a type OpenAI reads ("Expected context stuffing file type to be a supported
 * format"). Any extension will do for text.
 */
export function fileName(title: string | undefined, mediaType: string): string {
  const known = entryOf(EXTENSIONS, mediaType);
  if (title === undefined || title === '') return `document.${known ?? 'bin'}`;
  const extension = /\.([a-z0-9]{1,8})$/i.exec(title)?.[1]?.toLowerCase();
  const fits = mediaType.startsWith('text/') ? extension !== undefined : extension === known;
  return fits || known === undefined ? title : `${title}.${known}`;
}

/** That a title became another one. */
export function losesTitle(title: string | undefined, mediaType: string, at: string): Loss[] {
  if (!title || fileName(title, mediaType) === title) return [];
  return [{ path: at, action: 'changed', reason: 'the name of a file has to tell its type' }];
}

/** Media type by the file name's extension; PDF, which all providers read and nearly all documents are, where it tells none. */
export function mediaTypeOf(name: string | undefined): string {
  const extension = name?.split('.').pop()?.toLowerCase();
  for (const mediaType in EXTENSIONS) if (EXTENSIONS[mediaType] === extension) return mediaType;
  return 'application/pdf';
}
