// A whole answer in a shape that belongs to no provider.

import type { Part } from './part.ts';
import type { Usage } from './usage.ts';

/** Why the model stopped; `raw` is the provider's own word. */
export type Finish = {
  reason:
    | 'end'
    | 'stop-sequence'
    | 'tool'
    | 'length'
    | 'context'
    | 'filter'
    | 'refusal'
    | 'pause'
    | 'compaction'
    | 'bad-tool';
  raw?: string;
  /** The text that matched, for `stop-sequence`. */
  stopSequence?: string;
  /** Why it was refused, for `refusal` and `filter`. */
  explanation?: string;
  category?: string;
  /** What the provider wants to be shown so that it goes on, where it stopped in the middle of its answer. */
  continuation?: string;
};

export type CanonicalResponse = {
  id?: string;
  model?: string;
  /** Seconds since 1970. */
  createdS?: number;
  parts: Part[];
  finish: Finish;
  usage?: Usage;
  serviceTier?: string;
};
