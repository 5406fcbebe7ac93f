// The order in which deployments of a model are tried, by strategy; pure.

/** Which deployment goes first; design 1.4. */
export type Strategy = 'priority' | 'weighted' | 'cheapest' | 'fastest' | 'least_busy';

/** What a model can say that makes the fallback models be asked, beside failures. */
export type FallbackReason = 'context_length' | 'refusal';

/** What is known of a deployment at the moment of choosing. */
export type Standing = {
  /** Share among equals; 0 goes last. */
  weight: number;
  /** What this call would cost there, in any unit common to all. */
  cost: number;
  /** Measured of late; undefined when it was not. */
  firstTokenMs: number | undefined;
  /** Calls under way. */
  open: number;
  /** It speaks the client's own format: breaks ties. */
  speaksOwn: boolean;
  /** From 0 to 1, drawn for this call. */
  draw: number;
};

/**
 * The same things, first choice first. What a strategy does not tell apart stays in the order it is listed in, those
 * that speak the client's format before the others. `priority` tells all apart.
 */
export function inOrder<T extends Standing>(strategy: Strategy, listed: readonly T[]): T[] {
  if (strategy === 'priority') return [...listed];
  return listed
    .map((each, index) => ({ each, index, score: scoreOf(strategy, each) }))
    .sort(
      (a, b) => a.score - b.score || Number(b.each.speaksOwn) - Number(a.each.speaksOwn) || a.index - b.index,
    )
    .map(({ each }) => each);
}

/** Lower is better. */
function scoreOf(strategy: Exclude<Strategy, 'priority'>, standing: Standing): number {
  switch (strategy) {
    case 'weighted':
      return raceTime(standing);
    case 'cheapest':
      return standing.cost;
    case 'fastest':
      // what nobody has measured goes first: otherwise nobody ever would
      return standing.firstTokenMs ?? -1;
    case 'least_busy':
      return standing.open;
    default:
      return strategy satisfies never;
  }
}

/** Exponential race: the first of several clocks with these rates to strike is a draw by their weights. */
function raceTime({ weight, draw }: Standing): number {
  if (weight <= 0) return Number.MAX_VALUE;
  return -Math.log(1 - draw) / weight;
}
