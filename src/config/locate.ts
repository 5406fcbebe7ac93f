// Finds the file and the data directory of an installation, also while its file is full of mistakes.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { expandText } from './expand.ts';
import { findFile, type LoadOptions } from './load.ts';

export type Installation = { file: string | undefined; dataDir: string };

/** Never throws: what cannot be made out is taken to be the default. */
export function locate(options: LoadOptions): Installation {
  const { overrides, env, cwd } = options;
  const file = findFile(options);
  const named = overrides?.dataDir || env.OSIRIS_DATA_DIR;
  if (named) return { file, dataDir: resolve(cwd, named) };
  if (file === undefined) return { file, dataDir: resolve(cwd, 'osiris-data') };
  const baseDir = dirname(file);
  const written = dataDirIn(file);
  const text = written === undefined ? '' : expandText(written, { env, baseDir }).text;
  return { file, dataDir: resolve(baseDir, text === '' ? 'osiris-data' : text) };
}

function dataDirIn(file: string): string | undefined {
  try {
    const written: unknown = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: false }).get(
      'data_dir',
    );
    return typeof written === 'string' ? written : undefined;
  } catch {
    return undefined;
  }
}
