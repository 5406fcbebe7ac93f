// Measures one text in code points, as citations count, and in bytes of UTF-8, as Google does.

/** Made for a text that many sources point into: it is gone through once, when the first of them is measured. */
export class Ruler {
  readonly text: string;
  #bytes: Buffer | undefined;
  /** By code point, one more than there are: where it begins, in bytes and in the text's own units. */
  #marks: { bytes: Uint32Array; units: Uint32Array; count: number } | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }

  /** How many code points begin before this byte. */
  pointsBefore(byte: number): number {
    const { bytes, count } = this.#measured();
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bytes[middle] ?? 0) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The piece between two code points, and where it begins, in bytes. Without `end` it goes on to the end. */
  piece(start: number, end: number | undefined): { text: string; startByte: number } {
    const { bytes, units, count } = this.#measured();
    const from = placeIn(count, start);
    const to = end === undefined ? count : Math.max(from, placeIn(count, end));
    return { text: this.text.slice(units[from], units[to]), startByte: bytes[from] ?? 0 };
  }

  #measured() {
    this.#marks ??= measure(this.text);
    return this.#marks;
  }
}

/** From the end where it is below zero, as everywhere in JavaScript. */
function placeIn(count: number, at: number): number {
  return Math.min(count, Math.max(0, at < 0 ? count + at : at));
}

function measure(text: string) {
  const bytes = new Uint32Array(text.length + 1);
  const units = new Uint32Array(text.length + 1);
  let [count, byte, unit] = [0, 0, 0];
  for (const point of text) {
    bytes[count] = byte;
    units[count] = unit;
    byte += bytesOf(point.codePointAt(0) ?? 0);
    unit += point.length;
    count++;
  }
  bytes[count] = byte;
  units[count] = unit;
  return { bytes, units, count };
}

/** In UTF-8; halves of characters are written as the one that stands for unknown ones. */
function bytesOf(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
