// What is put aside for a call before it begins.

import type { Price } from '../catalog/model.ts';
import { Exact, FACTOR_ONE } from './exact.ts';
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
  cacheWrite?: 'cacheWrite' | 'cacheWrite1h' | undefined;
  /** The dearer service tier it asks for, by the name it has in the price. */
  tier?: string | undefined;
  /** Where it has to run, if it says so. */
  geo?: string | undefined;
  /** Other models that may answer in its place, as far as they differ. */
  others?: readonly Other[];
  /** Only the one of them that answers is paid. */
  isOnePaid?: boolean;
  /** Models one of which the provider may choose to answer in its place. */
  oneOf?: readonly Other[];
  /** Of a container that code may run in, as `perContainer` counts it. */
  containers?: number;
  price: Price;
};

type Other = Pick<HoldRequest, 'price' | 'outputCap' | 'maxOutputTokens'> & { tier: string | undefined };

/** `needNano` has to be available for the call to begin; `holdNano` is put aside. */
export type Hold = { needNano: bigint; holdNano: bigint };

/** What a model is assumed to answer at most when nobody says. */
const OUTPUT_TOKENS_UNKNOWN = 8192;
/** Tiers that answer nobody who has not asked for them; others may be what the operator's project has for all calls. */
const ONLY_ASKED = ['fast', 'ultrafast'];
/** A token of text holds two bytes or more in all but made-up prompts. */
const BYTES_PER_TOKEN_MIN = 2;

/**
 * Expected: the estimated input and the output a call usually has; the input alone is needed to begin. Strict: the
 * most the call can cost by its tokens, all of it needed, so that no balance falls below zero. Both hold five minutes
 * of a container where code may run; more of them, hosted searches and media behind a URL are beyond what a body
 * tells, and the ledger charges no more than was held. Of models that may answer in each other's place the dearest is
 * expected to, while each of them can have said much before it left the rest to the next, unless only one is paid. One
 * that nobody has named is not expected; strictly, it is the dearest there is. Free models: 0.
 */
export function holdOf(request: HoldRequest, rules: HoldRules): Hold {
  const { others = [], isOnePaid } = request;
  const isStrict = rules.hold === 'strict';
  const oneOf = (isStrict && request.oneOf) || [];
  if ([request, ...others, ...oneOf].every(({ price }) => isFree(price)))
    return { needNano: 0n, holdNano: 0n };
  const costs = (each?: Other): Costs => {
    const asked = each ? { ...request, ...each } : request;
    return isStrict ? dearestCost(asked) : expectedCost(asked, rules.expectedOutputTokens);
  };
  const together = isStrict && !isOnePaid ? both : dearer;
  let total = costs();
  for (const other of others) total = together(total, costs(other));
  if (oneOf.length > 0) total = both(total, oneOf.map(costs).reduce(dearer));
  const { minimumChargeNano } = rules;
  return {
    needNano: atLeast(minimumChargeNano, total.need.nano),
    holdNano: atLeast(minimumChargeNano, total.hold.nano),
  };
}

/** What a call will likely use: the estimated input and the output a call usually has, whatever is held for it. */
export function expectedUse(request: HoldRequest, rules: HoldRules): { tokens: number; nano: bigint } {
  const { promptTokens, prompts = 1 } = request;
  const tokens = promptTokens * prompts + expectedOutput(request, rules.expectedOutputTokens);
  return { tokens, nano: holdOf(request, { ...rules, hold: 'expected' }).holdNano };
}

type Costs = { need: Exact; hold: Exact };

/** Of strict holds, which need all that they hold. */
function both(one: Costs, other: Costs): Costs {
  const sum = new Exact();
  sum.include(one.hold);
  sum.include(other.hold);
  return { need: sum, hold: sum };
}

function dearer(one: Costs, other: Costs): Costs {
  return other.hold.exceeds(one.hold) ? other : one;
}

function expectedOutput(request: HoldRequest, expectedTokens: number): number {
  const { maxOutputTokens = expectedTokens } = request;
  const tokens = Math.min(expectedTokens, capOf(request) ?? expectedTokens, maxOutputTokens);
  return tokens * Math.min(answersOf(request), EXPECTED_ANSWERS_MAX);
}

/** OpenAI gives no more. A request that asks for a million would hold what the day has left for all keys. */
const EXPECTED_ANSWERS_MAX = 128;

function expectedCost(request: HoldRequest, expectedTokens: number): Costs {
  const { promptTokens, price, prompts = 1 } = request;
  const rates = ratesFor(price, promptTokens, request.tier, request.geo);
  const inputRate = Math.max(rates.input, rates[request.cacheWrite ?? 'input']);
  const need = new Exact();
  need.add(Math.ceil(promptTokens * prompts), inputRate, rates.factor);
  need.add(Math.ceil(prompts), price.perRequest);
  const hold = new Exact();
  hold.include(need);
  hold.add(Math.ceil(expectedOutput(request, expectedTokens)), rates.output, rates.factor);
  addCode(hold, request);
  return { need, hold };
}

function dearestCost(request: HoldRequest): Costs {
  const { bodyBytes, maxOutputTokens, price, prompts = 1 } = request;
  const promptTokens = Math.ceil(bodyBytes / BYTES_PER_TOKEN_MIN);
  const inputTokens = Math.ceil(promptTokens * prompts);
  const outputTokens = Math.ceil(
    (capOf(request) ?? maxOutputTokens ?? OUTPUT_TOKENS_UNKNOWN) * answersOf(request),
  );
  const factor = dearestFactor(request);
  let dearest = new Exact();
  const mayAnswer = (tier: string) => tier === request.tier || !ONLY_ASKED.includes(tier);
  for (const rates of everyRates(price, promptTokens, mayAnswer)) {
    const cost = new Exact();
    cost.add(inputTokens, dearestInput(rates), factor);
    cost.add(outputTokens, dearestOutput(rates), factor);
    if (cost.exceeds(dearest)) dearest = cost;
  }
  dearest.add(Math.ceil(prompts), price.perRequest);
  addCode(dearest, request);
  return { need: dearest, hold: dearest };
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
function addCode(sum: Exact, { containers = 0, price }: HoldRequest): void {
  if (containers === 0) return;
  sum.add(Math.ceil(containers), price.perContainer);
  sum.add(1, price.perCodeRun);
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
