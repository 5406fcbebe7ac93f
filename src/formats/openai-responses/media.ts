// Names for files that came without one, and media types for those that came with a name only.

import { entryOf } from '../../lib/json.ts';

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
  return `document.${entryOf(EXTENSIONS, mediaType) ?? 'bin'}`;
}

/** Media type by the file name's extension; PDF is what nearly all documents are. */
export function mediaTypeOf(name: string | undefined): string {
  const extension = name?.split('.').pop()?.toLowerCase();
  for (const mediaType in EXTENSIONS) if (EXTENSIONS[mediaType] === extension) return mediaType;
  return 'application/pdf';
}
