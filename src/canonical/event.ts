// The events a streamed answer is made of, and their grammar.

import type { Fault } from './fault.ts';
import type { Citation, MediaSource, OpaquePart, Seal, TokenLogprob } from './part.ts';
import type { Finish } from './response.ts';
import type { Usage } from './usage.ts';

/** What is known of a part when it begins; everything else follows in deltas. */
export type PartStart =
  | { kind: 'text'; phase?: string }
  | { kind: 'refusal' }
  | { kind: 'reasoning'; redacted?: boolean; itemId?: string }
  | {
      kind: 'tool-call';
      id: string;
      name: string;
      namespace?: string;
      form: 'json' | 'text';
      itemId?: string;
    }
  | { kind: 'audio'; mediaType: string; id?: string }
  | { kind: 'image'; source: MediaSource }
  | OpaquePart;

export type PartDelta =
  | { kind: 'text'; text: string; logprobs?: TokenLogprob[] }
  | { kind: 'citation'; citation: Citation }
  | { kind: 'refusal'; text: string }
  /** `section` counts the summary or content parts of one reasoning block from 0. */
  | { kind: 'reasoning'; form: 'summary' | 'content'; section: number; text: string }
  /** Replaces an earlier seal of the same part. */
  | { kind: 'seal'; seal: Seal }
  | { kind: 'input'; text: string }
  | { kind: 'audio'; data?: string; transcript?: string };

/**
 * Grammar: `start (part-start part-delta* part-end)* usage? (finish | error)`; an error may also replace
 * anything after the first event or come alone. Parts never overlap; `index` counts them from 0 without gaps. Only a
 * citation may also come for a text that has ended: providers tell their sources last.
 */
export type StreamEvent =
  | {
      type: 'start';
      id?: string;
      model?: string;
      createdS?: number;
      serviceTier?: string;
      usage?: Usage;
    }
  | { type: 'part-start'; index: number; part: PartStart }
  | { type: 'part-delta'; index: number; delta: PartDelta }
  | { type: 'part-end'; index: number }
  | { type: 'usage'; usage: Usage; serviceTier?: string }
  | { type: 'finish'; finish: Finish }
  | { type: 'error'; fault: Fault };

/** The events of both, in this order. One of them is given back as it is where the other is empty, as it mostly is. */
export function followedBy(events: StreamEvent[], others: StreamEvent[]): StreamEvent[] {
  if (events.length === 0) return others;
  return others.length === 0 ? events : [...events, ...others];
}
