// Headers as they are written in the configuration file, checked.

import { pointerTo, type Report } from './problem.ts';

/** `pointer` is that of the section they stand in. */
export function readHeaders(
  written: Record<string, string> | undefined,
  pointer: string,
  report: Report,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(written ?? {})) {
    const where = `${pointer}/headers${pointerTo(name)}`;
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) report(where, 'is not a name a header can have', 'name');
    else if (!/^[\x20-\x7e]*$/.test(value)) report(where, 'has characters that no header can carry');
    headers[name] = value;
  }
  return headers;
}
