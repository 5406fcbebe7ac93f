// Law 7, of charges: a cost is linear in the tokens, is rounded up once, and its parts add up to it.

import fc from 'fast-check';
import { type Charge, chargeOf, costOf, type ExactCost } from '../../src/billing/charge.ts';
import { noUsage, settleUsage, type Usage } from '../../src/canonical/usage.ts';
import type { Price, TokenPrices } from '../../src/catalog/model.ts';
import { type Choices, drawn } from './choices.ts';
import type { Law } from './law.ts';

const STEP_TOKENS = 272_000;
const MINIMUM_NANO = 1_000_000n;
/** A nanodollar in the unit of exact costs, 1e-16 USD. */
const EXACT_PER_NANO = 10_000_000n;

type Billing = { costOf: typeof costOf; chargeOf: typeof chargeOf };

const conservation = (billing: Billing) =>
  fc.property(
    drawn((c) => {
      const long = c.chance(30);
      return { price: priceOf(c), first: usageOf(c, long), second: usageOf(c, long), times: 1 + c.below(9) };
    }),
    ({ price, first, second, times }) => {
      const costs = [first, second].map((usage) => total(billing.costOf(usage, price)));
      const [one = 0n, other = 0n] = costs;
      expectSame('two calls and their sum', one + other, total(billing.costOf(sum(first, second), price)));
      expectSame('a multiple', one * BigInt(times), total(billing.costOf(multiple(first, times), price)));
      checkCharge(billing.chargeOf(first, price, MINIMUM_NANO), one);
    },
  );

/** The charge must be the exact cost rounded up once, in parts that add up, with the minimum on top. */
function checkCharge({ costNano, chargeNano, parts }: Charge, exact: bigint): void {
  const whole = parts.inputNano + parts.cachedInputNano + parts.outputNano + parts.otherNano;
  expectSame('the parts and the cost', whole, costNano);
  if (Object.values(parts).some((part) => part < 0n)) throw new Error('a part is negative');
  const over = costNano * EXACT_PER_NANO - exact;
  if (over < 0n || over >= EXACT_PER_NANO) throw new Error(`the cost is ${over} units from exact`);
  const wanted = costNano > MINIMUM_NANO ? costNano : MINIMUM_NANO;
  expectSame('the charge and the cost or the minimum', chargeNano, wanted);
}

function expectSame(what: string, left: bigint, right: bigint): void {
  if (left !== right) throw new Error(`${what} differ: ${left} and ${right}`);
}

function total(cost: ExactCost): bigint {
  return cost.input + cost.cachedInput + cost.output + cost.other;
}

/** Prices of any size, some classes without one; never free, nothing for the request itself. */
function priceOf(c: Choices): Price {
  return {
    ...tokenPrices(c),
    ...(c.chance(50) ? { perSearch: c.below(2 ** 30) } : {}),
    ...(c.chance(50) ? { steps: [{ aboveTokens: STEP_TOKENS, ...tokenPrices(c) }] } : {}),
    ...(c.chance(50) ? { tiers: { flex: tokenPrices(c) } } : {}),
    ...(c.chance(50) ? { inferenceGeo: { us: 1 + c.below(30_000) } } : {}),
    ...(c.chance(50) ? { perContainer: c.below(2 ** 30), perCodeRun: c.below(2 ** 30) } : {}),
    source: 'drawn',
    asOf: '2026-11-25',
  };
}

function tokenPrices(c: Choices): TokenPrices {
  const prices: TokenPrices = { input: 1 + c.below(2 ** 24), output: c.below(2 ** 24) };
  for (const name of OPTIONAL) if (c.chance(50)) prices[name] = c.below(2 ** 24);
  return prices;
}

const OPTIONAL = [
  ...(['cachedInput', 'cacheWrite', 'cacheWrite1h', 'inputAudio', 'inputImage'] as const),
  ...(['outputAudio', 'outputImage', 'reasoning'] as const),
];

/** A usage below the step, even twice or nine times of it, or one above. */
function usageOf(c: Choices, long: boolean): Usage {
  const some = () => (c.chance(30) ? 0 : c.below(2000));
  const [text, audio, image] = [some(), some(), some()];
  const [said, reasoned, sounded, drew] = [some(), some(), some(), some()];
  return settleUsage({
    ...noUsage(),
    inputUncached: text + audio + image + (long ? STEP_TOKENS + 1 : 0),
    inputAudio: audio,
    inputImage: image,
    cacheRead: some(),
    cacheWrite: { ttl5m: some(), ttl1h: some(), ttl30m: some(), ttl12h: some(), unknown: some() },
    output: said + reasoned + sounded + drew,
    outputReasoning: reasoned,
    outputAudio: sounded,
    outputImage: drew,
    serverTools: { web_search: c.below(4), container: 16 * (audio % 3), code_execution: audio % 3 },
    tier: 'flex',
    geo: 'us',
  });
}

function sum(a: Usage, b: Usage): Usage {
  return combine(a, (name) => a[name] + b[name], {
    cacheWrite: writes((name) => a.cacheWrite[name] + b.cacheWrite[name]),
    serverTools: eachTool((name) => (a.serverTools[name] ?? 0) + (b.serverTools[name] ?? 0)),
  });
}

function multiple(a: Usage, by: number): Usage {
  return combine(a, (name) => a[name] * by, {
    cacheWrite: writes((name) => a.cacheWrite[name] * by),
    serverTools: eachTool((name) => (a.serverTools[name] ?? 0) * by),
  });
}

const COUNTS = [
  ...(['input', 'inputUncached', 'cacheRead', 'inputAudio', 'inputImage'] as const),
  ...(['output', 'outputReasoning', 'outputAudio', 'outputImage'] as const),
];

function combine(
  base: Usage,
  count: (name: (typeof COUNTS)[number]) => number,
  more: Pick<Usage, 'cacheWrite' | 'serverTools'>,
): Usage {
  const combined = { ...base, ...more };
  for (const name of COUNTS) combined[name] = count(name);
  return combined;
}

function writes(count: (name: keyof Usage['cacheWrite']) => number): Usage['cacheWrite'] {
  return {
    ttl5m: count('ttl5m'),
    ttl1h: count('ttl1h'),
    ttl30m: count('ttl30m'),
    ttl12h: count('ttl12h'),
    unknown: count('unknown'),
  };
}

const up = (exact: bigint): bigint => (exact + EXACT_PER_NANO - 1n) / EXACT_PER_NANO;

/** A charge that rounds each part on its own. */
const roundsParts: typeof chargeOf = (usage, price, minimumNano) => {
  const cost = costOf(usage, price);
  const parts = {
    inputNano: up(cost.input),
    cachedInputNano: up(cost.cachedInput),
    outputNano: up(cost.output),
    otherNano: up(cost.other),
  };
  return { ...chargeOf(usage, price, minimumNano), parts };
};

export const LAW_7_CHARGES: Law[] = [
  {
    name: 'law 7, conservation: a charge is linear before its one rounding, and its parts add up to it',
    property: () => conservation({ costOf, chargeOf }),
    mutants: [
      {
        name: 'a cost that is rounded for each class',
        complaint: /(two calls and their sum|a multiple) differ: \d+ and \d+$/,
        property: () =>
          conservation({
            chargeOf,
            costOf: (usage, price) => {
              const cost = costOf(usage, price);
              return { ...cost, input: up(cost.input) * EXACT_PER_NANO };
            },
          }),
      },
      {
        name: 'a charge whose parts are rounded one by one',
        complaint: /the parts and the cost differ: \d+ and \d+$/,
        property: () => conservation({ costOf, chargeOf: roundsParts }),
      },
      {
        name: 'a cost that bills reasoning beside the output it is part of',
        complaint: /the cost is \d+ units from exact$/,
        property: () =>
          conservation({
            costOf,
            chargeOf: (usage, price, minimumNano) =>
              chargeOf({ ...usage, output: usage.output + usage.outputReasoning }, price, minimumNano),
          }),
      },
    ],
  },
];

function eachTool(count: (name: string) => number): Record<string, number> {
  const names = ['web_search', 'container', 'code_execution'];
  return Object.fromEntries(names.map((name) => [name, count(name)]));
}
