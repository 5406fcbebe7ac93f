// A value of a row on its way from one thread to the other and into a file.

export type Cell = string | number | null;

/** An integer of any size: beyond 2^53 as text, of which the affinity of its column makes an integer again. */
export function integerCell(value: bigint): Cell {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
