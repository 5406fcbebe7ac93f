// What every writer of an output item does: announce it, take deltas, end it whole.

import type { PartDelta } from '../../../canonical/event.ts';
import type { JsonObject } from '../../../lib/json.ts';

/** Receives one wire event: its type and its members. */
export type Send = (type: string, members: JsonObject) => void;

export type ItemStatus = 'completed' | 'incomplete';

export interface ItemWriter {
  begin(): void;
  take(delta: PartDelta): void;
  endPart(): void;
  /** Ends the item and returns it whole. */
  finish(status: ItemStatus): JsonObject;
}
