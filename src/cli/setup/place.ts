// Where the files of a client are on this machine.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Os, Place } from '../../clients/client.ts';
import type { Environment } from '../../config/environment.ts';

export function osOf(platform: NodeJS.Platform): Os {
  if (platform === 'win32') return 'windows';
  return platform === 'darwin' ? 'macos' : 'linux';
}

/** The file of a client that exists, else the one that is to be made. */
export function locateFile({ folder, moved, names }: Place, os: Os, env: Environment): string {
  const named = moved && env[moved.variable];
  const directory = named ? join(named, moved.below ?? '') : expand(folder[os], env);
  const paths = names.map((name) => join(directory, name));
  return paths.find((path) => existsSync(path)) ?? paths.at(-1) ?? directory;
}

/** Windows' own names for folders, in case the variable is not set. */
const WINDOWS_FOLDERS: Record<string, string> = {
  USERPROFILE: '',
  APPDATA: 'AppData\\Roaming',
  LOCALAPPDATA: 'AppData\\Local',
};

function expand(folder: string, env: Environment): string {
  const home = env.HOME || env.USERPROFILE || homedir();
  return folder
    .replace(/^~/, () => home)
    .replace(/%(\w+)%/g, (_, name: string) => env[name] || join(home, WINDOWS_FOLDERS[name] ?? ''));
}
