// An answer as the cache keeps it: in the shape of no provider, so that it can be given in any format.

import type { Loss } from '../../canonical/loss.ts';
import type { FormatId } from '../../canonical/part.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import type { Usage } from '../../canonical/usage.ts';

export type KeptAnswer = {
  /** With the client's own tools, and seals as their provider made them. */
  response: CanonicalResponse;
  /** What was billed for it. */
  usage: Usage;
  /** Who answered, and what the way there lost of a request of this format. */
  provider: string;
  format: FormatId;
  losses: Loss[];
  /** Whose reasoning it holds, and whether its readable texts are wanted back. */
  scope: string;
  sealsTexts: boolean;
};

/** One that was found, and how long ago it was kept. */
export type Hit = KeptAnswer & { ageMs: number };

/** What the cache is to one call it is on for. */
export type Caching = {
  /** Where its answer is looked for and kept; undefined when it could be no answer to anybody else. */
  name: string | undefined;
  /** Why there is no name, or why nothing was looked for. */
  why?: string;
  /** The model that was asked for: what another one answers in its place is not kept. */
  modelId: string;
  /** A good answer is kept. */
  keeps: boolean;
  /** The request itself says how long its answer may be. */
  isCapped: boolean;
  /** What an answer that was found costs of what the call would cost, in ten-thousandths. */
  share: number;
  hit?: Hit;
};

export function packAnswer(answer: KeptAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}

export function unpackAnswer(bytes: Uint8Array): KeptAnswer {
  return JSON.parse(new TextDecoder().decode(bytes)) as KeptAnswer;
}
