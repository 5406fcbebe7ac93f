// What the file system says against a command, in words that tell what to do.

import { Failure } from './failure.ts';

/** What `act` returns; `folder` is where it writes. Throws Failure with `ending` for what is explained. */
export function inFolder<T>(folder: string, ending: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw explainFiles(folder, ending, thrown);
  }
}

/** The Failure for a full disk, a missing permission or a file in the way; anything else as it is. */
export function explainFiles(folder: string, ending: string, thrown: unknown): unknown {
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return new Failure(
        `No room left in ${folder}. ${ending}\nIt takes the database and its backup side by side.`,
        1,
        'disk_full',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure(
        `No permission to write into ${folder}. ${ending}\nName another, or run this as its owner.`,
      );
    case 'EEXIST':
    case 'ENOTDIR':
      return new Failure(`A file is in the way of the directory ${folder}. ${ending}`);
    default:
      return thrown;
  }
}
