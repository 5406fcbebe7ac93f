// Shows the names of models in the frames of a stream; frames that begin as one before them did are renamed like it.

import { bufferOf } from '../../lib/bytes.ts';
import { editJson } from './raw-frames.ts';
import type { Renames } from './shown-names.ts';

const QUOTE = 34;
const BACKSLASH = 92;

/** How a frame began, up to the end of the name in it, and how it left. */
type Beginning = { came: Buffer; left: Buffer };

export class FrameNames {
  readonly #renames: Renames;
  readonly #needle: Buffer;
  #last: Beginning | undefined;

  /** `member` is what a name stands under. */
  constructor(renames: Renames, member: string) {
    this.#renames = renames;
    this.#needle = Buffer.from(`"${member}"`);
  }

  /** Where the next member that may hold a name stands at or behind `from`; -1 when there is none. */
  next(bytes: Uint8Array, from: number): number {
    return bufferOf(bytes).indexOf(this.#needle, from);
  }

  /** The frame with the names the client knows; the same bytes when none is to be changed. */
  show(frame: Uint8Array): Uint8Array {
    const raw = bufferOf(frame);
    const { came, left } = this.#last ?? NONE;
    const isAlike = came.length > 0 && raw.subarray(0, came.length).equals(came);
    if (isAlike && raw.indexOf(this.#needle, came.length) === -1)
      return Buffer.concat([left, raw.subarray(came.length)]);
    if (!raw.includes(this.#needle)) return frame;
    const shown = editJson(frame, (json) => this.#renames.rename(json));
    if (shown !== frame && this.#renames.isAtTop) this.#last = beginningOf(raw, bufferOf(shown));
    return shown;
  }
}

const NONE: Beginning = { came: Buffer.alloc(0), left: Buffer.alloc(0) };

/** Up to the quote that ends the name: what follows has no part in it. Undefined for a name that is not plain. */
function beginningOf(came: Buffer, left: Buffer): Beginning | undefined {
  let same = 0;
  while (same < came.length && came[same] === left[same]) same++;
  // names may begin alike
  const end = came.indexOf(QUOTE, same) + 1;
  const leftEnd = end + left.length - came.length;
  const isOneName = end > 0 && leftEnd > same && came.subarray(end).equals(left.subarray(leftEnd));
  const isPlain = isOneName && !came.subarray(came.lastIndexOf(QUOTE, end - 2), end).includes(BACKSLASH);
  return isPlain ? { came: came.subarray(0, end), left: left.subarray(0, leftEnd) } : undefined;
}
