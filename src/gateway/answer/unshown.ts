// Notes what of an answer the client's format has no place for, which its request could not tell.

import type { PartStart } from '../../canonical/event.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { Part } from '../../canonical/part.ts';
import type { Codec } from '../../formats/codec.ts';

const UNSHOWN: Loss = {
  path: 'answer.images',
  action: 'dropped',
  reason: 'the model drew a picture, and answers of this format hold none',
};

/** Adds to the losses of the call, once. A stream's headers have gone by then: the ledger and the log have it. */
export function noteUnshown(part: Part | PartStart, { hides }: Codec, losses: Loss[]): void {
  if (!hides?.includes('images') || losses.includes(UNSHOWN)) return;
  const drew = part.kind === 'image' || (part.kind === 'opaque' && (part.code?.pictures?.length ?? 0) > 0);
  if (drew) losses.push(UNSHOWN);
}
