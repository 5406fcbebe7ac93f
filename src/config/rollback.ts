// Puts a kept configuration back in the place of the file, comments and all.

import {
  copyFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Fault } from '../canonical/fault.ts';
import type { Problem } from './config.ts';
import { listKept } from './history.ts';
import type { Loaded } from './load.ts';
import { replaceFile } from './replace-file.ts';

export type RollbackOptions = {
  /** The file of the installation; undefined when it runs on the defaults. */
  file: string | undefined;
  dataDir: string;
  number: number;
  /** Reads a file as a configuration without putting it in force. */
  load: (file: string) => Loaded;
};

/** `backup` is where the file that was replaced is; undefined when there was none. `unchanged`: it held that already. */
export type RolledBack =
  | { ok: true; file: string; backup: string | undefined; unchanged?: true }
  | { ok: false; problems: Problem[] };

/**
 * Writes the text of configuration `number`, if it is still free of problems. Throws Fault `not_found` for a number
 * that is not kept and `invalid_value` where no file is in use; then and with problems the file is as it was.
 */
export function rollBack({ file, dataDir, number, load }: RollbackOptions): RolledBack {
  const kept = listKept(dataDir).find((each) => each.number === number);
  if (kept === undefined)
    throw new Fault(
      'not_found',
      `There is no configuration ${number} in the history. \`osiris config history\` lists what there is.`,
    );
  if (file === undefined)
    throw new Fault(
      'invalid_value',
      'Osiris runs without a configuration file: there is nothing to put back.',
    );
  // a link stays a link
  const real = existsSync(file) ? realpathSync(file) : file;
  const problems = problemsOf(kept.text, real, load);
  if (problems.length > 0) return { ok: false, problems };
  // a backup of what stands there already would only take the place of a better one
  if (existsSync(real) && readFileSync(real, 'utf8') === kept.text)
    return { ok: true, file: real, backup: undefined, unchanged: true };
  const backup = existsSync(real) ? `${real}.before-rollback` : undefined;
  try {
    if (backup !== undefined) copyFileSync(real, backup);
    replaceFile(real, kept.text, backup === undefined ? 0o600 : statSync(real).mode & 0o777);
  } catch (thrown) {
    throw new Fault(
      'storage_fault',
      `No permission to replace ${real}. Run \`osiris config rollback\` as the user who owns it.`,
      { cause: thrown },
    );
  }
  return { ok: true, file: real, backup };
}

/** Beside the file, since its relative paths start there; what was good once may name what is gone. */
function problemsOf(text: string, file: string, load: (file: string) => Loaded): Problem[] {
  const trial = `${file}.trial`;
  try {
    rmSync(trial, { force: true });
    writeFileSync(trial, text, { mode: 0o600, flag: 'wx' });
    const loaded = load(trial);
    if ('config' in loaded) return [];
    return loaded.problems.map((problem) => ({
      ...problem,
      file: problem.file === trial ? file : problem.file,
    }));
  } catch (thrown) {
    throw new Fault('storage_fault', `No permission to write beside ${file}.`, { cause: thrown });
  } finally {
    rmSync(trial, { force: true });
  }
}
