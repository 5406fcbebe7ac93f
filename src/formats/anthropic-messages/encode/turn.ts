// One turn of a Messages conversation while it is being put together.

import type { JsonObject } from '../../../lib/json.ts';

/** `results` go first in a user turn, `calls` last in an assistant turn; `blocks` is everything else in order. */
export type Turn = {
  role: 'user' | 'assistant' | 'system';
  results: JsonObject[];
  blocks: JsonObject[];
  calls: JsonObject[];
};

export function emptyTurn(role: Turn['role']): Turn {
  return { role, results: [], blocks: [], calls: [] };
}
