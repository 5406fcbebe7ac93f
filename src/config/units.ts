// Durations and sizes as people write them, in milliseconds and bytes.

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|[KMG]i?B|[KMG])$/i;

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A request that may be no larger than this was meant with a unit. */
export const BODY_BYTES_MIN = 1024;
export const BODY_WANTED =
  'must be a size of at least `1KB`, such as `512KB` or `10MB` (a plain number is bytes)';

/** `"120s"`, `"1.5h"` or a plain number of seconds, in whole milliseconds; undefined when it is neither. */
export function parseDuration(value: string | number): number | undefined {
  return scale(
    typeof value === 'number' ? `${value}s` : value.trim(),
    DURATION,
    (unit) => MILLISECONDS[unit],
  );
}

/** `"10MB"`, `"512 KiB"` or a plain number of bytes, in bytes (1 KB is 1,024 bytes); undefined when it is neither. */
export function parseSize(value: string | number): number | undefined {
  return scale(typeof value === 'number' ? `${value}B` : value.trim(), SIZE, (unit) => {
    return BYTES[unit.charAt(0).toLowerCase()];
  });
}

function scale(
  text: string,
  pattern: RegExp,
  factorOf: (unit: string) => number | undefined,
): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const amount = Math.round(Number(match[1]) * (factorOf(match[2] ?? '') ?? Number.NaN));
  return Number.isSafeInteger(amount) ? amount : undefined;
}
