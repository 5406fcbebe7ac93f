// A sum of money that is exact however large it gets, and quick as long as it is small.

/** What prices in picodollars are multiplied by where no factor is told: factors are in ten-thousandths. */
export const FACTOR_ONE = 10_000;

const UNITS_PER_NANO = FACTOR_ONE * 1000;
const LARGE_UNITS_PER_NANO = BigInt(UNITS_PER_NANO);

/**
 * Grows by whole counts at whole prices. Its unit is a ten-thousandth of a picodollar (1e-16 USD). As long as all of it
 * is an integer that a number holds, below 0.9 USD, no bigint is made: those take ten times as long.
 */
export class Exact {
  #small = 0;
  #large = 0n;

  /** Whole numbers of at least 0; `pico` is picodollars each. */
  add(count: number, pico: number | undefined, factor = FACTOR_ONE): void {
    if (count === 0 || !pico) return;
    const sum = this.#small + count * pico * factor;
    // a product or a sum that had to be rounded on the way is not below this
    if (sum <= Number.MAX_SAFE_INTEGER) this.#small = sum;
    else this.#large += BigInt(count) * BigInt(pico) * BigInt(factor);
  }

  include(other: Exact): void {
    const sum = this.#small + other.#small;
    if (sum <= Number.MAX_SAFE_INTEGER) this.#small = sum;
    else this.#large += BigInt(other.#small);
    this.#large += other.#large;
  }

  exceeds(other: Exact): boolean {
    return this.units > other.units;
  }

  get units(): bigint {
    return BigInt(this.#small) + this.#large;
  }

  /** Nanodollars, rounded up. */
  get nano(): bigint {
    // exact: the quotient of such a number differs from a whole one by more than a number is rounded by, or not at all
    if (this.#large === 0n) return BigInt(Math.ceil(this.#small / UNITS_PER_NANO));
    return (this.units + LARGE_UNITS_PER_NANO - 1n) / LARGE_UNITS_PER_NANO;
  }
}
