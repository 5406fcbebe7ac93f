// Remembers the highest minimum charge ever in force, by which old charges are judged.

import type { Directory } from './ports.ts';

export const HIGHEST_MINIMUM = 'highest_minimum_charge_nano';

/** To be told before anything is charged by this minimum. */
export function rememberMinimum(directory: Directory, minimumNano: bigint): void {
  const known = directory.getFact(HIGHEST_MINIMUM);
  if (known === undefined || BigInt(known) < minimumNano)
    directory.setFact(HIGHEST_MINIMUM, String(minimumNano));
}
