// The rules by which two spellings of a model name are the same: dots and dashes are interchangeable, and vendors add a date.

/** The spelling all equal names share. */
export function sameName(name: string): string {
  return name.replaceAll('.', '-');
}

/** Whether a provider that was asked for a model by one name may call it by the other, which may have a date behind it. */
export function isSameModel(asked: string, told: string): boolean {
  const [one, other] = [sameName(asked), sameName(told)];
  return one === other || (other.startsWith(`${one}-`) && /^20\d{6}$/.test(other.slice(one.length + 1)));
}

/** Whether `id` matches `pattern`: the same name, or the same beginning when the pattern ends in `*`. */
export function nameMatches(pattern: string, id: string): boolean {
  const wanted = sameName(pattern);
  return wanted.endsWith('*') ? sameName(id).startsWith(wanted.slice(0, -1)) : sameName(id) === wanted;
}
