// The rule by which two spellings of a model name are the same: dots and dashes are interchangeable.

/** The spelling all equal names share. */
export function sameName(name: string): string {
  return name.replaceAll('.', '-');
}

/** Whether `id` matches `pattern`: the same name, or the same beginning when the pattern ends in `*`. */
export function nameMatches(pattern: string, id: string): boolean {
  const wanted = sameName(pattern);
  return wanted.endsWith('*') ? sameName(id).startsWith(wanted.slice(0, -1)) : sameName(id) === wanted;
}
