// Our own secrets at all providers, which may not stand in the journal.

import { secretsOf } from '../providers/secrets.ts';
import type { Config } from './config.ts';

/** Bodies need no word of a header to be read: here whole values that are shorter are taken out, too. */
const VALUE_CHARS_MIN = 8;

/** The longest first, since one may be a part of another. */
export function credentialsOf({ providers }: Config): string[] {
  return [...providers.values()]
    .flatMap((provider) => [
      ...secretsOf(provider),
      ...Object.values(provider.headers).filter((value) => value.length >= VALUE_CHARS_MIN),
    ])
    .sort((one, other) => other.length - one.length);
}
