// What each call of the crash run does, drawn from its number alone, so that client and upstream agree on it.

import type { BodyFormat } from '../support/script.ts';

export type Fate =
  | 'answered'
  /** The upstream refuses with an error status. */
  | 'refused'
  /** The upstream breaks the stream off. */
  | 'truncated'
  /** The client leaves on purpose. */
  | 'cancelled';

export type CallPlan = {
  format: BodyFormat;
  model: string;
  key: number;
  stream: boolean;
  /** Of a chat stream. */
  asksForUsage: boolean;
  fate: Fate;
  /** Words of the answer, each in a frame of its own when streamed. */
  words: number;
  /** Between two frames, or before a whole answer. */
  gapMs: number;
  /** Frames the client takes, or the upstream sends, before it leaves. */
  leavesAfter: number;
};

const FORMATS: readonly BodyFormat[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
/** The dearest traffic is spread evenly; the special models come up less often. */
const MODELS = [
  ...['crash-chat', 'crash-messages', 'crash-responses'],
  ...['crash-chat', 'crash-messages', 'crash-responses'],
  ...['crash-cheap', 'crash-second', 'crash-free'],
] as const;
const GAPS_MS = [0, 1, 3, 10, 25, 60];

/** The plan of a call; `keys` is how many there are to choose from. */
export function planOf(nonce: number, keys: number): CallPlan {
  const draw = drawer(nonce);
  const words = 2 + draw(24);
  const stream = draw(100) < 70;
  return {
    format: FORMATS[draw(FORMATS.length)] ?? 'openai-chat',
    model: MODELS[draw(MODELS.length)] ?? 'crash-chat',
    key: draw(keys),
    stream,
    asksForUsage: draw(2) === 0,
    fate: fateOf(draw(100), stream),
    words,
    gapMs: (GAPS_MS[draw(GAPS_MS.length)] ?? 0) * (stream ? 1 : 8),
    leavesAfter: 1 + draw(words),
  };
}

function fateOf(percent: number, stream: boolean): Fate {
  if (percent < 4) return 'refused';
  if (percent < 8) return stream ? 'truncated' : 'refused';
  return percent < 15 ? 'cancelled' : 'answered';
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
export function drawer(seed: number): (below: number) => number {
  let state = (seed + 0x9e3779b9) | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
