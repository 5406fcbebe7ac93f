// Completes a usage from the ledger, which has no column for everything that costs, by the cost it came to.

import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';
import { billOf, costOf, type SettleRule, WHOLE_SHARE } from './charge.ts';
import { ratesFor } from './rates.ts';

const EXACT_PER_PICO = 10_000n;
const EXACT_PER_NANO = 1000n * EXACT_PER_PICO;

/**
 * The usage that costs exactly `costNano` by this price and rule: as it is, or with the pictures made or the lifetime
 * of its cache writes that the ledger does not keep. Undefined when nothing of that kind explains the cost.
 */
export function recoverUsage(
  usage: Usage,
  price: Price,
  rule: SettleRule,
  costNano: bigint,
): Usage | undefined {
  const fits = (candidate: Usage) => billOf(rule, candidate, price, 0n).costNano === costNano;
  if (fits(usage)) return usage;
  const missing = costNano * EXACT_PER_NANO - exactCost(usage, price);
  const missingPico = missing / EXACT_PER_PICO;
  return [withLongWrites(usage, price, missingPico), withImages(usage, price, missingPico)].find(
    (candidate) => candidate !== undefined && fits(candidate),
  );
}

/**
 * The share of its cost that an answer out of the cache was charged, in ten-thousandths: the ledger has the charge
 * only. Undefined when none explains it.
 */
export function recoverShare(
  usage: Usage,
  price: Price,
  minimumNano: bigint,
  chargedNano: bigint,
): number | undefined {
  const charge = (share: number) => billOf('cache', usage, price, minimumNano, share).chargeNano;
  const whole = charge(WHOLE_SHARE);
  const about = whole === 0n ? 0 : Number((chargedNano * BigInt(WHOLE_SHARE)) / whole);
  return [about, about - 1].find((share) => share >= 0 && charge(share) === chargedNano);
}

function withLongWrites(usage: Usage, price: Price, missingPico: bigint): Usage | undefined {
  const rates = ratesFor(price, usage.input, usage.tier);
  const gapPico = BigInt(rates.cacheWrite1h - rates.cacheWrite);
  if (gapPico === 0n || usage.cacheWrite.unknown === 0) return undefined;
  const ttl12h = Number(missingPico / gapPico);
  if (ttl12h < 0 || ttl12h > usage.cacheWrite.unknown) return undefined;
  return {
    ...usage,
    cacheWrite: { ...usage.cacheWrite, ttl12h, unknown: usage.cacheWrite.unknown - ttl12h },
  };
}

function withImages(usage: Usage, price: Price, missingPico: bigint): Usage | undefined {
  const { perImage = 0 } = price;
  if (perImage === 0 || missingPico <= 0n) return undefined;
  const image_generation = Number(missingPico / BigInt(perImage));
  return { ...usage, serverTools: { ...usage.serverTools, image_generation } };
}

function exactCost(usage: Usage, price: Price): bigint {
  const { input, cachedInput, output, other } = costOf(usage, price);
  return input + cachedInput + output + other;
}
