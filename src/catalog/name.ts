// The rules by which two spellings of a model name are the same: dots and dashes are interchangeable, and vendors add a date.

/** The spelling all equal names share. */
export function sameName(name: string): string {
  return name.replaceAll('.', '-');
}

/**
 * Whether a provider that was asked for a model by one name may call it by the other, which may have a date behind it.
 * OpenRouter calls `anthropic/claude-opus-4.6` by its words in another order (`anthropic/claude-4.6-opus-20260205`).
 */
export function isSameModel(asked: string, told: string): boolean {
  const [one, other] = [sameName(asked), sameName(told)];
  if (one === other || (other.startsWith(`${one}-`) && DATE.test(other.slice(one.length)))) return true;
  if (!asked.includes('/') || !told.includes('/')) return false;
  const words = wordsOf(asked);
  return words === wordsOf(told) || words === wordsOf(told.replace(DATE_BEHIND, ''));
}

const DATE = /^-20\d\d-?\d\d-?\d\d$/;
const DATE_BEHIND = /-20\d\d-?\d\d-?\d\d$/;

/** Its words in one order, a version as one word. */
function wordsOf(name: string): string {
  const [vendor = '', ...rest] = name.split('/');
  const words = rest.join('/').replace(/-(\d{1,2})-(?=\d{1,2}(-|$))/g, '-$1.');
  return [vendor, ...words.split('-').toSorted()].join(' ');
}

/** Whether `id` matches `pattern`: the same name, or the same beginning when the pattern ends in `*`. */
export function nameMatches(pattern: string, id: string): boolean {
  const wanted = sameName(pattern);
  return wanted.endsWith('*') ? sameName(id).startsWith(wanted.slice(0, -1)) : sameName(id) === wanted;
}
