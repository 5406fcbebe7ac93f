// The project's own source files as text, with what the architecture rules need to know of each.

import { dirname, join, normalize } from 'node:path';
import { Glob } from 'bun';

/** `code` is the text with comments and the insides of strings blanked, every offset and line kept. */
export type SourceFile = { path: string; text: string; code: string };
export type SourceTree = ReadonlyMap<string, SourceFile>;

/** `target` is a path from the project's root; undefined for a package. */
export type Import = { specifier: string; target: string | undefined; typesOnly: boolean; line: number };

const FOLDERS = ['src', 'test', 'scripts', 'db'];

/** Every .ts, .js and .css file of ours below `root`. */
export async function readTree(root: string): Promise<SourceTree> {
  const texts: Record<string, string> = {};
  for (const folder of FOLDERS) {
    for await (const path of new Glob(`${folder}/**/*.{ts,js,css}`).scan({ cwd: root })) {
      if (!path.includes('node_modules/')) texts[path] = await Bun.file(join(root, path)).text();
    }
  }
  return treeOf(texts);
}

/** A tree from texts by path, sorted. */
export function treeOf(texts: Record<string, string>): SourceTree {
  const paths = Object.keys(texts).sort();
  return new Map(paths.map((path) => [path, sourceFile(path, texts[path] ?? '')]));
}

function sourceFile(path: string, text: string): SourceFile {
  return { path, text, code: blank(text) };
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const STATIC_IMPORT = /\b(?:import|export)\b(?<names>[^'"`;()]*?)(?<quote>['"])(?<inside>[^'"]*)\k<quote>/g;
const DYNAMIC_IMPORT = /\bimport\s*\(\s*(?<quote>['"`])(?<inside>[^'"`]*)\k<quote>/g;

/** Every import and re-export of a file, type imports, `import('…')` and inline type imports too. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  for (const pattern of [STATIC_IMPORT, DYNAMIC_IMPORT]) {
    for (const match of file.code.matchAll(pattern)) {
      const { names, inside = '' } = match.groups ?? {};
      // `export const x = '…'` has no `from`; `import '…'` has no names at all
      if (names !== undefined && names.trim() !== '' && !/\bfrom\s*$/.test(names)) continue;
      const end = match.index + match[0].length - 1;
      const specifier = file.text.slice(end - inside.length, end);
      found.push({
        specifier,
        target: specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : undefined,
        typesOnly: names !== undefined && bringsTypesOnly(names),
        line: lineAt(file.text, match.index),
      });
    }
  }
  return found;
}

function bringsTypesOnly(names: string): boolean {
  if (/^\s*type\b(?!\s*(?:,|from))/.test(names)) return true;
  const listed = /^\s*\{(?<list>[^}]*)\}\s*from\s*$/.exec(names)?.groups?.list;
  if (listed === undefined) return false;
  const parts = listed.split(',').map((part) => part.trim());
  return parts.every((part) => part === '' || part.startsWith('type '));
}

/** Blanks comments, strings, regular expressions and the fixed text of templates; code in `${}` stays. */
export function blank(text: string): string {
  const out = [...text.replace(/[^\n\x20-\x7e]/g, ' ')].join('').split('');
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const wipe = (from: number, to: number) => {
    for (let i = from; i < to && i < out.length; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  const through = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.exec(text) === null ? text.length : pattern.lastIndex;
  };
  const templateText = () => {
    const end = through(/(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y);
    wipe(at, end);
    if (text[end] === '$') {
      templates.push(depth);
      at = end + 2;
    } else at = end + 1;
  };
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at];
    if (two === '//' || two === '/*') {
      const end = through(two === '//' ? /[^\n]*/y : /\/\*[\s\S]*?\*\//y);
      wipe(at, end);
      at = end;
    } else if (one === "'" || one === '"') {
      const end = through(one === "'" ? /'(?:\\[\s\S]|[^\\'\n])*'?/y : /"(?:\\[\s\S]|[^\\"\n])*"?/y);
      wipe(at + 1, end - 1);
      at = end;
    } else if (one === '/' && startsExpression(out, at)) {
      const end = through(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y);
      wipe(at, end);
      at = end;
    } else if (one === '`') {
      at += 1;
      templateText();
    } else if (one === '}' && templates.at(-1) === depth) {
      templates.pop();
      at += 1;
      templateText();
    } else {
      if (one === '{') depth += 1;
      if (one === '}') depth -= 1;
      at += 1;
    }
  }
  return out.join('');
}

/** Whether a slash here begins a regular expression rather than dividing what stands before it. */
function startsExpression(out: readonly string[], at: number): boolean {
  const before = out
    .slice(Math.max(0, at - 24), at)
    .join('')
    .trimEnd();
  return before === '' || /[(,=:[!&|?{};+<>~*%^-]$|\b(?:return|typeof|case|in|of)$/.test(before);
}
