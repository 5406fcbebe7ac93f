// What the calls of the crash run cost, and how the tokens an upstream reports name the call they belong to.

/** USD per million tokens, as in the configuration file. */
export type Tariff = { input: number; output: number; cached_input?: number };

export const TARIFFS: Readonly<Record<string, Tariff>> = {
  'crash-chat': { input: 0.5, output: 8.25, cached_input: 0.0375 },
  'crash-messages': { input: 3.1, output: 15.7, cached_input: 0.310001 },
  'crash-responses': { input: 1.25, output: 10.01 },
  // nearly every call of this one costs less than the minimum
  'crash-cheap': { input: 0.001313, output: 0.0071 },
  // its first provider always fails
  'crash-second': { input: 0.8, output: 2.4, cached_input: 0.2 },
  'crash-free': { input: 0, output: 0 },
};

const MINIMUM_NANO = 1_000_000n;
const PICO_PER_NANO = 1000n;
/** Input tokens below this name no call. */
const TOKENS_BEFORE_FIRST = 1_000;

export type Tokens = { input: number; cached: number; output: number };

/** What the upstream reports for a call: no two calls have the same input. */
export function tokensOf(nonce: number): Tokens {
  const cached = nonce % 3 === 0 ? 17 + (nonce % 501) : 0;
  return { input: TOKENS_BEFORE_FIRST + nonce, cached, output: 1 + ((nonce * 7919) % 1_303) };
}

/** The call that was reported with so many input tokens. */
export function nonceOf(inputTokens: number): number {
  return inputTokens - TOKENS_BEFORE_FIRST;
}

/** What is to be charged, in nanodollars: rounded up once, the minimum applied unless the model is free. */
export function chargeOf(model: string, { input, cached, output }: Tokens): bigint {
  const tariff = TARIFFS[model];
  if (tariff === undefined) throw new Error(`no tariff for ${model}`);
  const exact =
    BigInt(input - cached) * pico(tariff.input) +
    BigInt(cached) * pico(tariff.cached_input ?? tariff.input) +
    BigInt(output) * pico(tariff.output);
  const nano = (exact + PICO_PER_NANO - 1n) / PICO_PER_NANO;
  if (tariff.input === 0 && tariff.output === 0) return 0n;
  return nano < MINIMUM_NANO ? MINIMUM_NANO : nano;
}

/** USD per million tokens are picodollars per token, six digits further. */
function pico(usdPerMillion: number): bigint {
  return BigInt(Math.round(usdPerMillion * 1_000_000));
}
