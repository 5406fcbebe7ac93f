// What becomes of a block that only another format knows: the text a person could read of it.

import type { Loss } from './loss.ts';
import type { OpaquePart } from './part.ts';

const UNKNOWN = 'only its own format knows this block';

/** The text, empty when there is none, and the loss of the rest. */
export function readForeign({ text = '', at, type }: OpaquePart): { text: string; loss: Loss } {
  const path = at ?? type;
  if (text === '') return { text, loss: { path, action: 'dropped', reason: UNKNOWN } };
  return { text, loss: { path, action: 'changed', reason: `${UNKNOWN}; its readable text is kept` } };
}
