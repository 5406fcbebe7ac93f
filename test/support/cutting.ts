// Cuts the frames of a body into the byte pieces that are written one after the other.

import type { Cutting } from './script.ts';

/** The pieces of a body under a cutting; joined they are always the same bytes. */
export function cutFrames(frames: string[], cutting: Cutting): Uint8Array[] {
  const encoder = new TextEncoder();
  switch (cutting.kind) {
    case 'whole':
      return [encoder.encode(frames.join(''))];
    case 'frame':
      return frames.map((frame) => encoder.encode(frame));
    case 'bytes':
      return cutEvery(encoder.encode(frames.join('')), cutting.size);
    case 'inside-code-points':
      return cutInsideCodePoints(encoder.encode(frames.join('')));
    default:
      return cutting satisfies never;
  }
}

function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** One cut before every UTF-8 continuation byte, so that no multi-byte code point arrives in one piece. */
function cutInsideCodePoints(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = 1; at < bytes.length; at += 1) {
    if (((bytes[at] ?? 0) & 0xc0) === 0x80) {
      pieces.push(bytes.subarray(start, at));
      start = at;
    }
  }
  pieces.push(bytes.subarray(start));
  return pieces;
}
