// Tells a server that cannot be reached from a process that cannot open anything more.

import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** Why nothing can be opened, `EMFILE` or `ENFILE`; undefined when something can. */
export function shortageOfDescriptors(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    return /^E[MN]FILE$/.test(code) ? code : undefined;
  }
}
