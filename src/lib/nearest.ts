// Finds the names somebody probably meant when they wrote one that does not exist.

/** Up to `count` of `names` that are close enough to `wanted` to be worth suggesting, nearest first. */
export function nearestNames(wanted: string, names: Iterable<string>, count = 3): string[] {
  const target = wanted.toLowerCase().slice(0, 64);
  const scored: { name: string; distance: number }[] = [];
  for (const name of names) {
    const candidate = name.toLowerCase();
    const allowed = Math.max(1, Math.floor(Math.max(target.length, candidate.length) / 3));
    const distance = completionOf(target, candidate) ?? editDistance(target, candidate, allowed);
    if (distance <= allowed) scored.push({ name, distance });
  }
  scored.sort(
    (a, b) => a.distance - b.distance || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
  return scored.slice(0, count).map((each) => each.name);
}

/** `gpt-6` is probably the beginning of `gpt-6-sol`, however many letters are missing, and sooner that than `gpt-5`. */
function completionOf(target: string, candidate: string): number | undefined {
  return target.length >= 4 && candidate.startsWith(target) ? 0.5 : undefined;
}

/** Letters to insert, delete, replace or swap with their neighbour; gives up above `limit`. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? limit + 1;
}
