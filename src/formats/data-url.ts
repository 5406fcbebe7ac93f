// Data URLs, as both OpenAI formats carry bytes in them.

import type { MediaSource } from '../canonical/part.ts';

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

/** Where the bytes are, or the bytes themselves, as an address; undefined for what has none. */
export function addressOf(source: MediaSource): string | undefined {
  if (source.from === 'url') return source.url;
  return source.from === 'base64' ? dataUrl(source.mediaType, source.data) : undefined;
}
