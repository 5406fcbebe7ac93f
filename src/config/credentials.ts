// Our own secrets at the providers, which may stand in no log, journal or answer.

import type { Config } from './config.ts';

/** A header of the operator's may hold one too; what is shorter is no secret. */
const SECRET_CHARS_MIN = 8;

export function credentialsOf({ providers }: Config): string[] {
  return [...providers.values()].flatMap(({ credentials, headers }) => [
    ...credentials,
    ...Object.values(headers).filter((value) => value.length >= SECRET_CHARS_MIN),
  ]);
}
