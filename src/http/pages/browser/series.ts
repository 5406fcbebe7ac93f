// Rows of a usage report as stacked series: every day there, the largest names first, the rest together.

export type Bar = { name: string; values: number[]; total: number };
export type Stack = { days: string[]; bars: Bar[] };
type Point = { day: string; name: string; usd: number };

const NAMES_MAX = 6;
export const OTHERS = 'everything else';
const DAY_MS = 86_400_000;

/** `from` and `to` are dates, both included. Names that cost nothing have no bar. */
export function stackOf(points: readonly Point[], from: string, to: string): Stack {
  const days = daysBetween(from, to);
  const place = new Map(days.map((day, index) => [day, index]));
  const totals = new Map<string, number>();
  for (const { name, usd } of points) totals.set(name, (totals.get(name) ?? 0) + usd);
  const names = [...totals].filter(([, usd]) => usd > 0).sort((left, right) => right[1] - left[1]);
  // A seventh name alone takes no more room than the rest of one
  const kept = names
    .slice(0, names.length === NAMES_MAX + 1 ? NAMES_MAX + 1 : NAMES_MAX)
    .map(([name]) => name);
  const labels = names.length > kept.length ? [...kept, OTHERS] : kept;
  const bars = labels.map((name) => ({ name, values: days.map(() => 0), total: 0 }));
  for (const { day, name, usd } of points) {
    const index = kept.indexOf(name);
    const bar = bars[index < 0 ? kept.length : index];
    const at = place.get(day);
    if (bar === undefined || at === undefined) continue;
    bar.values[at] = exact((bar.values[at] ?? 0) + usd);
    bar.total = exact(bar.total + usd);
  }
  return { days, bars };
}

/** What a sum of amounts is, to the ninth decimal: all of them are whole nanodollars. */
export function exact(usd: number): number {
  return Number(usd.toFixed(9));
}

/** The next round amount at or above `most`: 1, 2 or 5 times a power of ten. */
export function roundTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= most * 0.999_999) ?? 10;
  return step * power;
}

function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
