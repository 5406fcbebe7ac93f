// Fills `${NAME}`, `${NAME:-default}` and `${file:/path}` into one string of the configuration.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from './environment.ts';

export type Surroundings = { env: Environment; baseDir: string };

/** The text with everything filled in, and what could not be. Complaints name variables and paths, never values. */
export type Expansion = { text: string; changed: boolean; complaints: string[] };

const REFERENCE = /\$?\$\{([^}]*)(\}?)/g;
/** A variable as a shell has it, which would be sent as it stands. */
export const SHELL_VARIABLE = /^\$[A-Z][A-Z0-9_]{2,}$/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** Expands one string; `$${` stands for a literal `${`. */
export function expandText(text: string, surroundings: Surroundings): Expansion {
  const complaints: string[] = [];
  const expanded = text.replace(REFERENCE, (whole: string, inside: string, brace: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    if (brace === '') {
      complaints.push('has a `${` without its `}`; write `$${` for a literal `${`');
      return '';
    }
    const filled = fill(inside, surroundings);
    if ('complaint' in filled) complaints.push(filled.complaint);
    return 'complaint' in filled ? '' : filled.text;
  });
  return { text: expanded, changed: expanded !== text, complaints };
}

function fill(inside: string, { env, baseDir }: Surroundings): { text: string } | { complaint: string } {
  if (inside.startsWith('file:')) return readSecretFile(inside.slice('file:'.length), baseDir);
  const match = VARIABLE.exec(inside);
  const name = match?.[1];
  if (name === undefined) {
    // What stands there may be a secret pasted in the wrong place, so it is not repeated.
    return { complaint: 'has a `${…}` that is none of `${NAME}`, `${NAME:-default}`, `${file:/path}`' };
  }
  const value = env[name];
  if (value !== undefined && value !== '') return { text: value };
  if (match?.[2] !== undefined) return { text: match[2] };
  return {
    complaint: `needs the environment variable ${name}, which is not set; set it or write \`\${${name}:-default}\``,
  };
}

function readSecretFile(path: string, baseDir: string): { text: string } | { complaint: string } {
  try {
    return { text: readFileSync(resolve(baseDir, path), 'utf8').replace(/\r?\n$/, '') };
  } catch {
    return {
      complaint: `names the file \`${path}\`, which cannot be read; relative paths start at the configuration file`,
    };
  }
}
