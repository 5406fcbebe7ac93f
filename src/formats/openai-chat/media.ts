// The media types of Chat's audio formats.

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
