// Tells whether this program may still open files and connections.

import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** Why nothing can be opened any more (EMFILE, ENFILE); undefined when it can. Bun 1.4.5 says of a connection then that the server refuses it. */
export function lackOfDescriptors(): unknown {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
