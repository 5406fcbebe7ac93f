// What the catalogue knows of a model: names, limits, capabilities, prices, where it runs.

import type { FormatId } from '../canonical/part.ts';

/**
 * Facts a request is fitted to. `thinking` is how reasoning is asked for; `efforts` lists what the model accepts,
 * lowest first. `sampling: false` means temperature, top_p and top_k are refused, with `idleSampling` only while the
 * model thinks. What it can see, read and hear is undefined for a model nobody has described: then its provider decides.
 */
export type Capabilities = {
  tools: boolean;
  images: boolean | undefined;
  files: boolean | undefined;
  audio: boolean | undefined;
  structuredOutput: boolean;
  webSearch: boolean;
  sampling: boolean;
  forcedTools: boolean;
  midSystem: boolean;
  thinking: 'none' | 'effort' | 'budget' | 'adaptive';
  efforts: string[];
  idleSampling?: boolean;
  /** It goes on with an assistant turn at the end; absent means yes. */
  prefill?: boolean;
  /** On Chat it takes functions together with an effort; absent means yes. */
  thinkingTools?: boolean;
  /** Stop texts are accepted; absent means yes. */
  stop?: boolean;
  /** It finds tools whose definitions are deferred, with the search of its provider; absent means no. */
  toolSearch?: boolean;
  /** It makes embeddings, and nothing else; absent means no, or that nobody has said. */
  embeddings?: boolean;
};

/** Picodollars (1e-12 USD) per token; 1 USD per million tokens is 1,000,000. A class left out costs its parent. */
export type TokenPrices = {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
  /** Writes that live an hour or longer; its parent is `cacheWrite`. */
  cacheWrite1h?: number;
  inputAudio?: number;
  inputImage?: number;
  outputAudio?: number;
  outputImage?: number;
  reasoning?: number;
};

/** `steps`, in ascending order, replace the prices when the whole prompt is longer than `aboveTokens`. */
export type SteppedPrices = TokenPrices & { steps?: ({ aboveTokens: number } & TokenPrices)[] };

/**
 * What a model costs. `perSearch`, `perRequest`, `perImage` (one made) and `perCodeRun` are picodollars each;
 * `perContainer` is for each five minutes begun in which a container ran code, times its memory in GB where the provider
 * asks by size. `tiers` stand in for the token prices and steps when the answer names that service tier (`flex`,
 * `priority`), in lower case.
 */
export type Price = SteppedPrices & {
  perSearch?: number;
  perRequest?: number;
  perImage?: number;
  perContainer?: number;
  perCodeRun?: number;
  tiers?: Record<string, SteppedPrices>;
  /**
   * What the token prices of the model and its tiers are multiplied by, in ten-thousandths, where the answer says that it
   * ran in this geography, in lower case.
   */
  inferenceGeo?: Record<string, number>;
  /** Where the figure is from and when it was read there. */
  source: string;
  asOf: string;
  /** When it comes into force, milliseconds since 1970; undefined: it always was. */
  fromMs?: number;
};

/** A model at one provider under the name it has there. `format` overrides the provider's preferred one. */
export type Deployment = {
  provider: string;
  model: string;
  format?: FormatId;
  weight: number;
  /** What the provider asks of us, in picodollars per token; absent: taken to be the model's price. */
  cost?: { input: number; output: number };
  /** What keys can require of it, beside the provider's own tags. */
  tags?: string[];
};

export type Model = {
  id: string;
  aliases: string[];
  displayName: string;
  /** Who made it: `anthropic`, `openai` … */
  ownedBy: string;
  /** Seconds since 1970. */
  createdS: number;
  contextTokens: number | undefined;
  maxOutputTokens: number | undefined;
  capabilities: Capabilities;
  /** The earliest one; undefined: not sellable until the file sets one. `priceAt` finds the one in force. */
  price: Price | undefined;
  /** Prices that take over later, by date. */
  laterPrices?: Price[];
  deployments: Deployment[];
};
