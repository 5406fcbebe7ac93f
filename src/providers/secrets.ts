// What of a provider is ours alone: no client, log or journal may show it.

import type { Provider } from './provider.ts';

/** Shorter words of a header of the operator's own are switches and versions. */
const SECRET_CHARS_MIN = 12;

/** Its credentials, and the words of its headers that may be one: `Bearer x` is repeated without its first word, too. */
export function secretsOf({ credentials, headers }: Pick<Provider, 'credentials' | 'headers'>): string[] {
  const said = Object.values(headers).flatMap((value) => value.split(/\s+/));
  return [...credentials, ...said.filter(({ length }) => length >= SECRET_CHARS_MIN)];
}
