// Figures in the text format that monitoring systems read (Prometheus exposition format, version 0.0.4).

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** How many values were at most as large as each bound, and their sum. */
export class Histogram {
  readonly bounds: readonly number[];
  sum = 0;
  /** Of the values between a bound and the one before it; the last are above all bounds. */
  readonly #counts: number[];

  /** `bounds` ascend. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let place = 0;
    while (place < this.bounds.length && value > (this.bounds[place] ?? 0)) place++;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.sum += value;
  }

  /** Ascending; the last is the count of all. */
  get cumulated(): number[] {
    let sum = 0;
    return this.#counts.map((count) => (sum += count));
  }
}

/** A page of figures; each name is added once, and not at all while there is no sample of it. */
export class Exposition {
  #text = '';

  add(name: string, kind: 'counter' | 'gauge', help: string, samples: Iterable<Sample>): void {
    const lines = Array.from(samples, ([labels, value]) => line(name, labels, value));
    this.#write(name, kind, help, lines);
  }

  /** Leaves out what nothing was observed of. */
  addHistogram(name: string, help: string, series: Iterable<readonly [Labels, Histogram]>): void {
    const lines: string[] = [];
    for (const [labels, { bounds, sum, cumulated }] of series) {
      const all = cumulated.at(-1) ?? 0;
      if (all === 0) continue;
      for (const [place, count] of cumulated.entries()) {
        const bound = bounds[place];
        const le = bound === undefined ? '+Inf' : String(bound);
        lines.push(line(`${name}_bucket`, { ...labels, le }, count));
      }
      lines.push(line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, all));
    }
    this.#write(name, 'histogram', help, lines);
  }

  toString(): string {
    return this.#text;
  }

  #write(name: string, kind: string, help: string, lines: string[]): void {
    if (lines.length === 0) return;
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
  }
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
