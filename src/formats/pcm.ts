// Raw sound samples, which Google answers with, and the WAV file that other clients ask for.

/** How Chat and Google speak where nothing else is agreed on: 24,000 samples a second. */
export const PCM_TYPE = 'audio/L16;codec=pcm;rate=24000';

const RATE_HZ = 24_000;
const SAMPLE_BYTES = 2;
const HEADER_BYTES = 44;

/** Whether the media type means samples without a header. */
export function isPcm(mediaType: string): boolean {
  return /^audio\/(l16|pcm)\b/i.test(mediaType);
}

/** The samples (base64, 16 bits, one channel) as a WAV file, in base64 (RFC 2361; the classic header of 44 bytes). */
export function wavOf(samples: string, mediaType: string): string {
  const bytes = Buffer.from(samples, 'base64');
  const rateHz = Number(/rate=(\d+)/.exec(mediaType)?.[1] ?? RATE_HZ);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + bytes.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * SAMPLE_BYTES, 28);
  header.writeUInt16LE(SAMPLE_BYTES, 32);
  header.writeUInt16LE(8 * SAMPLE_BYTES, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes.length, 40);
  return Buffer.concat([header, bytes]).toString('base64');
}

/** How the base64 of each kind of file begins. */
const STARTS: [string, string][] = [
  ['UklGR', 'audio/wav'],
  ['SUQz', 'audio/mpeg'],
  ['//', 'audio/mpeg'],
  ['ZkxhQ', 'audio/flac'],
  ['T2dnUw', 'audio/ogg'],
];

/** The media type of sound that came without one. */
export function soundType(data: string): string {
  return STARTS.find(([start]) => data.startsWith(start))?.[1] ?? PCM_TYPE;
}
