// What a generated answer of a provider is: one body, and the stream that says the same.

import type { FormatId } from '../../src/canonical/part.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';

/**
 * `frames` are whole frames of wire text. The answer is complete once frame `lastNeeded` has arrived: without it the
 * stream is truncated. `strict` frames have none of the oddities that only tolerant readers accept.
 */
export type WireAnswer = {
  format: FormatId;
  body: JsonObject;
  frames: string[];
  lastNeeded: number;
};

/** How much a provider strays: not at all, in ways that say the same, or in ways that leave something out. */
export type Oddity = 'none' | 'harmless' | 'wild';

export const MODEL = 'upstream-model';

/** The lines of a frame as one of the ways a provider may end and space them. */
export function dressFrames(choices: Choices, frames: string[], oddity: Oddity): string[] {
  if (oddity === 'none') return frames;
  const ending = choices.one('\n', '\r\n', '\r');
  const tight = choices.chance(20);
  const comments = choices.chance(30);
  return frames.map((frame) => {
    const spaced = tight ? frame.replace(/^(data|event): /gm, '$1:') : frame;
    const noted = comments && choices.chance(30) ? `: keep-alive\n\n${spaced}` : spaced;
    return noted.replaceAll('\n', ending);
  });
}

/** A data line, with the event's name where the format has one. */
export function frame(value: JsonObject, name?: string): string {
  const data = `data: ${JSON.stringify(value)}\n\n`;
  return name === undefined ? data : `event: ${name}\n${data}`;
}

/** The stream in chunks cut anywhere, inside code points and line ends too. */
export function chunksOf(choices: Choices, wire: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(wire);
  const size = choices.one(1_000_000, 1, 2, 3, 7, 64, 500);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = size > 7 ? 1 + choices.below(size) : size;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}
