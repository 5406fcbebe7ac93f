// The fault that something is refused with.

import { Fault } from '../../src/canonical/fault.ts';

/** Throws when nothing is refused, and whatever else is thrown. */
export function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}
