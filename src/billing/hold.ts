// What is put aside for a call before it begins.

import type { Price } from '../catalog/model.ts';
import { roundUp } from './charge.ts';
import { everyRates, geoFactor, isFree, type Rates, ratesFor } from './rates.ts';

export type HoldRules = {
  hold: 'expected' | 'strict';
  /** Output tokens a call is expected to have. */
  expectedOutputTokens: number;
  minimumChargeNano: bigint;
};

export type HoldRequest = {
  bodyBytes: number;
  /** What the prompt is taken to be worth. */
  promptTokens: number;
  /** Output tokens the request itself allows (`max_tokens`, `max_completion_tokens`, `max_output_tokens`). */
  outputCap: number | undefined;
  /** The most the model can answer. */
  maxOutputTokens: number | undefined;
  /** How many answers it asks for (`n`); 1 when absent. */
  answers?: number;
  /** How often the prompt is paid: once an answer where each is asked for by itself; 1 when absent. */
  prompts?: number;
  /** The prompt may be written to a cache, at this price. */
  cacheWrite?: 'cacheWrite' | 'cacheWrite1h';
  /** The dearer service tier it asks for, by the name it has in the price. */
  tier?: string | undefined;
  /** Where it has to run, if it says so. */
  geo?: string;
  /** Other models that may answer in its place, as far as they differ. */
  others?: readonly (Pick<HoldRequest, 'price' | 'outputCap' | 'maxOutputTokens'> & {
    tier: string | undefined;
  })[];
  /** Only the one of them that answers is paid. */
  isOnePaid?: boolean;
  /** Of a container that code may run in, as `perContainer` counts it. */
  containers?: number;
  price: Price;
};

/** `needNano` has to be available for the call to begin; `holdNano` is put aside. */
export type Hold = { needNano: bigint; holdNano: bigint };

/** What a model is assumed to answer at most when nobody says. */
const OUTPUT_TOKENS_UNKNOWN = 8192;
/** Tiers that answer nobody who has not asked for them; others may be what the operator's project has for all calls. */
const ONLY_ASKED = ['fast', 'ultrafast'];
/** Factors are in ten-thousandths. */
const FACTOR_ONE = 10_000;
/** A token of text holds two bytes or more in all but made-up prompts. */
const BYTES_PER_TOKEN_MIN = 2;

/**
 * Expected: the estimated input and the output a call usually has; the input alone is needed to begin. Strict: the
 * most the call can cost by its tokens, all of it needed, so that no balance falls below zero. Both hold five minutes
 * of a container where code may run; more of them, hosted searches and media behind a URL are beyond what a body
 * tells, and the ledger charges no more than was held. Of models that may answer in each other's place the dearest is
 * expected to, while each of them can have said much before it left the rest to the next, unless only one is paid.
 * Free models: 0.
 */
export function holdOf(request: HoldRequest, rules: HoldRules): Hold {
  const all = [request, ...(request.others ?? []).map((other) => ({ ...request, ...other }))];
  if (all.every(({ price }) => isFree(price))) return { needNano: 0n, holdNano: 0n };
  const { minimumChargeNano } = rules;
  const { needPico, holdPico } =
    rules.hold === 'strict'
      ? all.map(dearestCost).reduce(request.isOnePaid ? dearer : both)
      : all.map((each) => expectedCost(each, rules.expectedOutputTokens)).reduce(dearer);
  return {
    needNano: atLeast(minimumChargeNano, roundUp(needPico)),
    holdNano: atLeast(minimumChargeNano, roundUp(holdPico)),
  };
}

/** What a call will likely use: the estimated input and the output a call usually has, whatever is held for it. */
export function expectedUse(request: HoldRequest, rules: HoldRules): { tokens: number; nano: bigint } {
  const { promptTokens, prompts = 1 } = request;
  const tokens = promptTokens * prompts + expectedOutput(request, rules.expectedOutputTokens);
  return { tokens, nano: holdOf(request, { ...rules, hold: 'expected' }).holdNano };
}

type Costs = { needPico: bigint; holdPico: bigint };

function both(one: Costs, other: Costs): Costs {
  return { needPico: one.needPico + other.needPico, holdPico: one.holdPico + other.holdPico };
}

function dearer(one: Costs, other: Costs): Costs {
  return other.holdPico > one.holdPico ? other : one;
}

function expectedOutput(request: HoldRequest, expectedTokens: number): number {
  const { maxOutputTokens = expectedTokens } = request;
  return Math.min(expectedTokens, capOf(request) ?? expectedTokens, maxOutputTokens) * answersOf(request);
}

function expectedCost(request: HoldRequest, expectedTokens: number): Costs {
  const { promptTokens, price, prompts = 1 } = request;
  const inputTokens = promptTokens * prompts;
  const rates = ratesFor(price, promptTokens, request.tier, request.geo);
  const inputRate = Math.max(rates.input, rates[request.cacheWrite ?? 'input']);
  const needPico = by(rates.factor, times(inputTokens, inputRate)) + times(prompts, price.perRequest ?? 0);
  const outputPico = by(rates.factor, times(expectedOutput(request, expectedTokens), rates.output));
  return { needPico, holdPico: needPico + outputPico + codeCost(request) };
}

function dearestCost(request: HoldRequest): Costs {
  const { bodyBytes, maxOutputTokens, price, prompts = 1 } = request;
  const promptTokens = Math.ceil(bodyBytes / BYTES_PER_TOKEN_MIN);
  const inputTokens = promptTokens * prompts;
  const outputTokens = (capOf(request) ?? maxOutputTokens ?? OUTPUT_TOKENS_UNKNOWN) * answersOf(request);
  let dearest = 0n;
  const mayAnswer = (tier: string) => tier === request.tier || !ONLY_ASKED.includes(tier);
  for (const rates of everyRates(price, promptTokens, mayAnswer)) {
    const cost = times(inputTokens, dearestInput(rates)) + times(outputTokens, dearestOutput(rates));
    if (cost > dearest) dearest = cost;
  }
  const most =
    by(dearestFactor(request), dearest) + times(prompts, price.perRequest ?? 0) + codeCost(request);
  return { needPico: most, holdPico: most };
}

/** Who does not say where it has to run gets what the operator's account has for all calls. */
function dearestFactor({ price, geo }: HoldRequest): number | undefined {
  if (geo !== undefined) return geoFactor(price, geo);
  return Math.max(FACTOR_ONE, ...Object.values(price.inferenceGeo ?? {}));
}

function dearestInput(rates: Rates): number {
  const { input, cachedInput, cacheWrite, cacheWrite1h, inputAudio, inputImage } = rates;
  return Math.max(input, cachedInput, cacheWrite, cacheWrite1h, inputAudio, inputImage);
}

function dearestOutput({ output, reasoning, outputAudio, outputImage }: Rates): number {
  return Math.max(output, reasoning, outputAudio, outputImage);
}

/** Five minutes of the container, or one run, where the request lets code run. */
function codeCost({ containers = 0, price }: HoldRequest): bigint {
  return containers === 0 ? 0n : times(containers, price.perContainer ?? 0) + BigInt(price.perCodeRun ?? 0);
}

/** A cap that is no number of tokens (`1e999` is one in JSON) caps nothing. */
function capOf({ outputCap }: HoldRequest): number | undefined {
  return outputCap !== undefined && Number.isFinite(outputCap) && outputCap >= 0 ? outputCap : undefined;
}

function answersOf({ answers = 1 }: HoldRequest): number {
  return Number.isFinite(answers) ? Math.max(1, answers) : 1;
}

function atLeast(minimumNano: bigint, nano: bigint): bigint {
  return nano > minimumNano ? nano : minimumNano;
}

function by(factor: number | undefined, pico: bigint): bigint {
  if (factor === undefined || factor === FACTOR_ONE) return pico;
  return (pico * BigInt(factor) + BigInt(FACTOR_ONE - 1)) / BigInt(FACTOR_ONE);
}

function times(tokens: number, pico: number): bigint {
  return BigInt(Math.ceil(tokens)) * BigInt(pico);
}
