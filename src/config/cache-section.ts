// Turns the `cache` section into a CacheConfig with units resolved and defaults filled in.

import type { CacheConfig } from './config.ts';
import type { Report } from './problem.ts';
import type { CacheShape } from './schema.ts';
import { parseDuration, parseSize } from './units.ts';

const DAY_MS = 86_400_000;
const TTL_MS_MAX = 366 * DAY_MS;
const MEGABYTE = 1024 ** 2;
const MAX_BYTES = 256 * MEGABYTE;
const PRICE_DIGITS = 4;

/** Members at fault keep their default, which is never used. */
export function readCache(section: CacheShape, report: Report): CacheConfig {
  const ttlMs = section.ttl === undefined ? 0 : parseDuration(section.ttl);
  if (ttlMs === undefined || ttlMs > TTL_MS_MAX)
    report('/cache/ttl', 'must be a duration of at most `366d` such as `10m`, or `0s` to keep nothing');
  const maxBytes = section.max_size === undefined ? MAX_BYTES : parseSize(section.max_size);
  if (maxBytes === undefined || maxBytes < MEGABYTE)
    report('/cache/max_size', 'must be a size of at least `1MB` such as `256MB`');
  return {
    ttlMs: ttlMs ?? 0,
    maxBytes: maxBytes ?? MAX_BYTES,
    priceTenThousandths: readPrice(section.price, report),
    scope: section.scope ?? 'key',
    isDefault: section.default ?? true,
  };
}

function readPrice(written: string | number | undefined, report: Report): number {
  if (written === undefined) return 0;
  const match = /^([01])(?:\.(\d+))?$/.exec(String(written).trim());
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  const price = Number(`${match?.[1]}${fraction.padEnd(PRICE_DIGITS, '0')}`);
  if (match !== null && fraction.length <= PRICE_DIGITS && price <= 10 ** PRICE_DIGITS) return price;
  report(
    '/cache/price',
    'must be a part of the cost from `0` (free) to `1` (all of it) such as `0.1`, with at most four digits behind the point',
  );
  return 0;
}
