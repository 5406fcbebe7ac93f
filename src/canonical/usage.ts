// One token count for all providers, in classes that never overlap.

import { asNumber, type JsonValue } from '../lib/json.ts';

/**
 * All counts are tokens. Invariant: `input = inputUncached + cacheRead + every cacheWrite`. `outputReasoning`,
 * `outputAudio`, `outputImage` are parts of `output`; `inputAudio`, `inputImage` parts of `input`.
 */
export type Usage = {
  input: number;
  inputUncached: number;
  cacheRead: number;
  cacheWrite: { ttl5m: number; ttl1h: number; ttl30m: number; ttl12h: number; unknown: number };
  inputAudio: number;
  inputImage: number;
  output: number;
  outputReasoning: number;
  outputAudio: number;
  outputImage: number;
  /**
   * Hosted tool runs by name: `web_search`, `web_fetch`, `code_execution`. `container` counts what is paid of the
   * containers that code ran in, each as often as it has GB where the provider asks by size.
   */
  serverTools: Record<string, number>;
  /** The same by the container's id, which the same container has in another answer too; '' where it was not told. */
  containers?: Record<string, number>;
  tier?: string;
  /** Where it ran, as the provider calls it (`us`, `global`). */
  geo?: string;
  /** Where it took more than one request: what each of them used, since its provider prices each by itself. */
  requests?: Usage[];
  /** Of a request that another model took for the answering one, which asked it for advice. */
  other?: OtherModel;
  /** `reported` by the provider to the end, `partial` up to a break, `estimated` by us. */
  source: 'reported' | 'partial' | 'estimated';
  /** The provider's own object, verbatim; null when there was none. */
  raw: JsonValue;
  /** What the client is charged, for answers that show it beside the counts. */
  cost?: ShownCost;
};

/** Picodollars per token of every class; all of them times `factor`, in ten-thousandths, where there is one. */
export type TokenRates = {
  input: number;
  cachedInput: number;
  cacheWrite: number;
  cacheWrite1h: number;
  inputAudio: number;
  inputImage: number;
  output: number;
  outputAudio: number;
  outputImage: number;
  reasoning: number;
  factor?: number;
};

/** Its name, and what its tokens are charged at; without rates, at those of the model that answered. */
export type OtherModel = { model: string; rates?: TokenRates };

/**
 * USD. `total` is what was charged, `request` the computed cost before the minimum, the others parts of that: `input`
 * is all of the prompt that was not read from a cache.
 */
export type ShownCost = {
  cost_usd_total: number;
  cost_usd_request: number;
  cost_usd_input: number;
  cost_usd_cached_input: number;
  cost_usd_output: number;
  /** Only where there were any. */
  cost_usd_web_search?: number;
  cost_usd_code?: number;
};

/** What is shown beside a usage if it is the end of the answer; undefined shows nothing. */
export type CostOf = (usage: Usage) => ShownCost | undefined;

/** A usage of zero tokens. */
export function noUsage(source: Usage['source'] = 'reported'): Usage {
  return {
    input: 0,
    inputUncached: 0,
    cacheRead: 0,
    cacheWrite: { ttl5m: 0, ttl1h: 0, ttl30m: 0, ttl12h: 0, unknown: 0 },
    inputAudio: 0,
    inputImage: 0,
    output: 0,
    outputReasoning: 0,
    outputAudio: 0,
    outputImage: 0,
    serverTools: {},
    source,
    raw: null,
  };
}

/** No call has as many; a provider that says so has miscounted. */
const TOKENS_MAX = 1_000_000_000;
const TOOL_RUNS_MAX = 100_000;

/** Whether a report can be true: it counts something, and nothing beyond all measure. */
export function isBelievable({ input, output, serverTools }: Usage): boolean {
  if (input + output === 0 || input > TOKENS_MAX || output > TOKENS_MAX) return false;
  return Object.values(serverTools).every((runs) => runs <= TOOL_RUNS_MAX);
}

/** Whatever a provider wrote as a whole number of at least 0; undefined where it wrote no number. */
export function countOf(reported: unknown): number | undefined {
  const count = asNumber(reported);
  return count === undefined ? undefined : Math.max(0, Math.floor(count));
}

const SOURCES: Usage['source'][] = ['reported', 'partial', 'estimated'];

/**
 * Code that has run in an answer so far, `containers` as in a usage; and the model that has taken it over, which costs
 * what that one does.
 */
export type CodeSeen = { runs: number; containers: Record<string, number>; servedBy?: string | undefined };

/** The usage of an answer that broke off, with what had become of it by then. */
export function withCode(usage: Usage, { servedBy, ...code }: CodeSeen): Usage {
  const ran = withRuns(usage, code);
  return servedBy === undefined ? ran : { ...ran, requests: [{ ...ran, other: { model: servedBy } }] };
}

function withRuns(usage: Usage, { runs, containers }: CodeSeen): Usage {
  if (runs === 0 && Object.keys(containers).length === 0) return usage;
  const seen = { ...usage, serverTools: { ...usage.serverTools, code_execution: runs } };
  if (Object.keys(containers).length > 0) addContainers(seen, containers);
  return seen;
}

/** Notes the containers that code ran in, with what each counts. */
export function addContainers(usage: Usage, containers: Record<string, number> | undefined): void {
  if (!containers) return;
  usage.containers = containers;
  usage.serverTools.container = Object.values(containers).reduce((sum, size) => sum + size, 0);
}

/** What several requests used together; as sure as the least sure of them. A container they share is one. */
export function sumUsages(usages: readonly Usage[]): Usage {
  const [only] = usages;
  if (only && usages.length === 1) return only;
  const sum = (count: (usage: Usage) => number) => usages.reduce((total, usage) => total + count(usage), 0);
  const { tier } = usages.find((usage) => usage.tier !== undefined) ?? {};
  const { geo } = usages.find((usage) => usage.geo !== undefined) ?? {};
  const serverTools: Record<string, number> = {};
  for (const usage of usages)
    for (const [name, runs] of Object.entries(usage.serverTools))
      serverTools[name] = (serverTools[name] ?? 0) + runs;
  const containers: Record<string, number> = Object.assign({}, ...usages.map((each) => each.containers));
  const total: Usage = {
    input: sum((usage) => usage.input),
    inputUncached: sum((usage) => usage.inputUncached),
    cacheRead: sum((usage) => usage.cacheRead),
    cacheWrite: {
      ttl5m: sum(({ cacheWrite }) => cacheWrite.ttl5m),
      ttl1h: sum(({ cacheWrite }) => cacheWrite.ttl1h),
      ttl30m: sum(({ cacheWrite }) => cacheWrite.ttl30m),
      ttl12h: sum(({ cacheWrite }) => cacheWrite.ttl12h),
      unknown: sum(({ cacheWrite }) => cacheWrite.unknown),
    },
    inputAudio: sum((usage) => usage.inputAudio),
    inputImage: sum((usage) => usage.inputImage),
    output: sum((usage) => usage.output),
    outputReasoning: sum((usage) => usage.outputReasoning),
    outputAudio: sum((usage) => usage.outputAudio),
    outputImage: sum((usage) => usage.outputImage),
    serverTools,
    ...(tier === undefined ? {} : { tier }),
    ...(geo === undefined ? {} : { geo }),
    requests: usages.flatMap((usage) => usage.requests ?? [usage]),
    source: SOURCES[Math.max(0, ...usages.map(({ source }) => SOURCES.indexOf(source)))] ?? 'reported',
    raw: usages.map(({ raw }) => raw),
  };
  if (Object.keys(containers).length > 0) addContainers(total, containers);
  return total;
}

/** Σ of the cache writes of every lifetime. */
export function cacheWriteTotal(usage: Usage): number {
  const { ttl5m, ttl1h, ttl30m, ttl12h, unknown } = usage.cacheWrite;
  return ttl5m + ttl1h + ttl30m + ttl12h + unknown;
}

/**
 * The usage with its invariants enforced: whole counts of at least 0, parts no larger than their whole, input
 * equal to the sum of its classes (the classes win when they exceed the total).
 */
export function settleUsage(usage: Usage): Usage {
  const whole = (count: number) => (Number.isFinite(count) && count > 0 ? Math.floor(count) : 0);
  const cacheWrite = {
    ttl5m: whole(usage.cacheWrite.ttl5m),
    ttl1h: whole(usage.cacheWrite.ttl1h),
    ttl30m: whole(usage.cacheWrite.ttl30m),
    ttl12h: whole(usage.cacheWrite.ttl12h),
    unknown: whole(usage.cacheWrite.unknown),
  };
  const settled: Usage = { ...usage, cacheWrite, cacheRead: whole(usage.cacheRead) };
  settled.inputUncached = whole(usage.inputUncached);
  settled.input = settled.inputUncached + settled.cacheRead + cacheWriteTotal(settled);
  settled.output = whole(usage.output);
  settled.inputAudio = Math.min(whole(usage.inputAudio), settled.input);
  settled.inputImage = Math.min(whole(usage.inputImage), settled.input);
  settled.outputReasoning = Math.min(whole(usage.outputReasoning), settled.output);
  settled.outputAudio = Math.min(whole(usage.outputAudio), settled.output);
  settled.outputImage = Math.min(whole(usage.outputImage), settled.output);
  return settled;
}
