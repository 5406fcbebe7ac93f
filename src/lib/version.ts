// Which Osiris this is.

import manifest from '../../package.json' with { type: 'json' };

declare const OSIRIS_COMMIT: string | undefined;

/** `1.2.3`. */
export const VERSION: string = manifest.version;

/** The commit it was built from; undefined when run from source or built without git. */
export const COMMIT: string | undefined =
  typeof OSIRIS_COMMIT === 'string' && OSIRIS_COMMIT !== '' ? OSIRIS_COMMIT : undefined;
