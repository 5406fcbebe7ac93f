// Money without floats: amounts in nanodollars (bigint), token prices in picodollars per token (integer number).

export const NANO_PER_USD = 1_000_000_000n;
const NANO_DIGITS = 9;
/** 1 USD per million tokens is 1,000,000 picodollars per token: six digits behind the point are exact. */
const PICO_PER_TOKEN_DIGITS = 6;
const PICO_DIGITS = 12;
/** In picodollars: above them a price is a slip of the pen, and what a lying provider counts could overflow the ledger. */
const TOKEN_PRICE_MAX = 100_000_000_000;
const UNIT_PRICE_MAX = 1_000_000_000_000_000;

/** `"5.00"` USD in nanodollars. Undefined when it is no decimal number or has more than nine digits behind the point. */
export function parseUsd(text: string): bigint | undefined {
  return parseScaled(text, NANO_DIGITS);
}

/**
 * A price in USD per million tokens (`5`, `"0.075"`) in picodollars per token.
 * Undefined when it is negative, no decimal number, finer than six digits or above 100,000.
 */
export function parseTokenPrice(usdPerMillion: string | number): number | undefined {
  return asNumberUpTo(TOKEN_PRICE_MAX, parseScaled(String(usdPerMillion), PICO_PER_TOKEN_DIGITS));
}

/** A price in USD for one thing (`0.01` a search) in picodollars; finer than twelve digits or above 1,000 it is undefined. */
export function parseUnitPrice(usd: string | number): number | undefined {
  return asNumberUpTo(UNIT_PRICE_MAX, parseScaled(String(usd), PICO_DIGITS));
}

const FACTOR_DIGITS = 4;

/** A factor above 0 (`1.15`) in ten-thousandths; undefined for more than four digits behind the point and above `most`. */
export function parseFactor(written: string | number, most: number): number | undefined {
  return (
    asNumberUpTo(most * 10 ** FACTOR_DIGITS, parseScaled(String(written).trim(), FACTOR_DIGITS)) || undefined
  );
}

/** Nanodollars as USD text with at least two digits behind the point and no superfluous ones: `5.00`, `0.0015`. */
export function formatUsd(nano: bigint): string {
  return formatScaled(nano, NANO_DIGITS);
}

/** Nanodollars as USD for JSON: a number, which is exact to the nine decimals below some millions. */
export function usd(nano: bigint): number {
  return Number(formatUsd(nano));
}

/** Picodollars per token as USD per million tokens: `5.00`, `0.075`. */
export function formatTokenPrice(pico: number): string {
  return formatScaled(BigInt(pico), PICO_PER_TOKEN_DIGITS);
}

/** Picodollars as USD: `0.01`. */
export function formatUnitPrice(pico: number): string {
  return formatScaled(BigInt(pico), PICO_DIGITS);
}

function parseScaled(text: string, digits: number): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return undefined;
  const magnitude = BigInt(`${match[2]}${fraction.padEnd(digits, '0')}`);
  return match[1] === '-' ? -magnitude : magnitude;
}

function asNumberUpTo(most: number, value: bigint | undefined): number | undefined {
  return value === undefined || value < 0n || value > BigInt(most) ? undefined : Number(value);
}

function formatScaled(value: bigint, digits: number): string {
  const magnitude = textOf(value < 0n ? -value : value).padStart(digits + 1, '0');
  const whole = magnitude.slice(0, -digits);
  const fraction = magnitude.slice(-digits).replace(/0+$/, '').padEnd(2, '0');
  return `${value < 0n ? '-' : ''}${whole}.${fraction}`;
}

/** The same digits as `toString`, which takes ten times as long for a bigint as for a number. */
function textOf(magnitude: bigint): string {
  const number = Number(magnitude);
  return Number.isSafeInteger(number) ? String(number) : String(magnitude);
}
