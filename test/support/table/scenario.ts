// What a row of the scenario table is: a conversation, the meanings that must arrive, and where formats cannot say them.

import type { Turn, WireFormat } from '../script.ts';
import type { Ask, Heard, Reply, Result } from './dialect.ts';

/** What both ends saw of a conversation. */
export type Seen = {
  client: WireFormat;
  upstream: WireFormat;
  stream: boolean;
  heard: Heard[];
  /** The requests the provider got, as text. */
  bodies: string[];
  replies: Reply[];
  failure: Failure | undefined;
};

/** `finished` tells that the answer looked complete all the same. */
export type Failure = { status: number; message: string; finished: boolean };

/** A meaning that a pair of formats cannot carry, and why. Without clients or upstreams it holds for all. */
export type Limit = {
  clients?: WireFormat[];
  upstreams?: WireFormat[];
  lost: string;
  why: string;
  /** `X-Osiris-Losses` names it; otherwise one of the formats has no word for it at all. */
  told?: true;
};

export type Scenario = {
  name: string;
  about: string;
  ask: Ask;
  turns: Turn[];
  /** What the tools gave, for each reply that called some. */
  results?: (reply: Reply) => Result[];
  /** The meanings, by name. */
  holds: Record<string, (seen: Seen) => boolean>;
  limits: Limit[];
};

/** What a pair of formats loses that refuses the whole request, with a 400 that says why. */
export const REFUSED = 'everything';

/** What is known not to arrive from a client at a provider. */
export function limitsOf({ limits }: Scenario, client: WireFormat, upstream: WireFormat): Limit[] {
  return limits.filter(
    ({ clients, upstreams }) =>
      (clients === undefined || clients.includes(client)) &&
      (upstreams === undefined || upstreams.includes(upstream)),
  );
}
