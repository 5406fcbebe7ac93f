// The architecture as rules over a source tree; each answers with the places that break it.

import { importsOf, lineAt, type SourceFile, type SourceTree } from './source-tree.ts';

export type Breach = { file: string; line: number; message: string };
export type Rule = (tree: SourceTree) => Breach[];

const FLOORS: Record<string, number> = {
  lib: 0,
  canonical: 1,
  formats: 2,
  providers: 2,
  catalog: 2,
  clients: 2,
  billing: 2,
  routing: 2,
  store: 3,
  alerts: 3,
  gateway: 4,
  accounts: 4,
  http: 5,
  cli: 5,
  dashboard: 5,
  sandbox: 5,
  app: 6,
};
/** Reads the file and knows the names it may mention, so it stands on the catalogue's floor, yet all may read it. */
const CONFIG_FLOOR = 2;
/** The only file in src itself. */
const ROOT_FLOORS: Record<string, number> = { 'src/main.ts': 7 };
const LINES_MAX = 400;

/** A folder imports only from lower floors; siblings share types only. */
export const keepsToFloors: Rule = (tree) =>
  eachImport(tree, 'src/', (file, target, typesOnly) => {
    const from = homeOf(file.path);
    const to = homeOf(target);
    if (from.floor === undefined) return noFloor(file.path, from.folder);
    if (to.folder === 'db') {
      return ['store', 'catalog'].includes(from.folder)
        ? undefined
        : 'db is for store and catalog: go through them';
    }
    if (to.folder === 'package.json') return undefined;
    if (to.floor === undefined) return target.startsWith('src/') ? noFloor(target, to.folder) : OUTSIDE;
    if (to.folder === from.folder) return withinFolder(file.path, target, typesOnly);
    if (to.folder === 'lib') return undefined;
    if (to.folder === 'config' && from.floor > 0) return undefined;
    if (to.floor > from.floor)
      return `${from.folder} stands below ${to.folder}: pass the value in from above`;
    const reads = from.folder === 'routing' && to.folder === 'catalog';
    const sibling = to.floor === from.floor && from.folder !== 'config';
    if (sibling && !typesOnly && !reads) {
      return `${from.folder} and ${to.folder} share a floor: import types only, or pass the value in from above`;
    }
    return undefined;
  });

const OUTSIDE = 'imports from outside src: move what is needed into it';

function noFloor(path: string, folder: string): string {
  return path.split('/').length === 2
    ? `${path}: only main.ts stands in src itself: move it into a folder`
    : `src/${folder} is no known folder: give it a floor in the design first`;
}

function withinFolder(path: string, target: string, typesOnly: boolean): string | undefined {
  const from = formatOf(path);
  const to = formatOf(target);
  if (from === undefined || to === undefined || from === to || typesOnly) return undefined;
  return `the formats ${from} and ${to} are siblings: move what they share into src/formats/`;
}

/** Posts alerts to wherever the operator wants them. */
const POSTER = 'src/alerts/webhook.ts';
/** Calls providers without Bun’s fetch. */
const CLIENT = 'src/lib/http-client/client.ts';

/** Puts everything together. */
const ROOT = 'src/app/';

/** Only src/app picks a store, what posts alerts, and what calls providers: no way around the gateway leads to a provider. */
export const namesAdaptersInAppOnly: Rule = (tree) =>
  eachImport(tree, 'src/', (file, target, typesOnly) => {
    if (file.path.startsWith(ROOT)) return undefined;
    if (target === POSTER || target === CLIENT)
      return typesOnly ? undefined : `only src/app may name ${target}: take it as a port`;
    const adapter = /^src\/store\/([^/]+)\//.exec(target)?.[1];
    if (adapter === undefined) return undefined;
    if (file.path.startsWith(`src/store/${adapter}/`)) return undefined;
    return `only src/app may name the ${adapter} store: import the port from src/store/ports.ts`;
  });

/** The gateway knows of a format what its codec says of it: a new one changes nothing there. */
export const namesNoFormatInGateway: Rule = (tree) => [
  ...eachImport(tree, 'src/gateway/', (_, target) =>
    formatOf(target) === undefined ? undefined : `${OWN_FORMAT} in src/formats/codec.ts`,
  ),
  ...eachFile(tree, (file) => {
    if (!file.path.startsWith('src/gateway/')) return undefined;
    const found = FORMAT_NAME.exec(file.text);
    return found ? { line: lineAt(file.text, found.index), message: `${OWN_FORMAT} by a member` } : undefined;
  }),
];

const FORMAT_NAME = /(['"`])(openai-chat|openai-responses|anthropic-messages|google-generate-content)\1/;
const OWN_FORMAT = 'the gateway names no format: have every codec say it';

/** No file reaches itself through its imports, types included. */
export const hasNoCycles: Rule = (tree) => {
  const breaches: Breach[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const file = tree.get(path);
    if (file === undefined || done.has(path)) return;
    for (const { target, line } of importsOf(file)) {
      if (target === undefined) continue;
      const start = target === path ? trail.length : trail.indexOf(target);
      if (start >= 0) {
        const ring = [...trail.slice(start), path, target].join(' → ');
        breaches.push({
          file: path,
          line,
          message: `import cycle ${ring}: move what both need into a file below`,
        });
      } else visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return breaches;
};

/** Runs on a page, which has this server and its own clock only. */
const isForBrowsers = (path: string): boolean => path.endsWith('.js') || /\/browser\//.test(path);

/** One file, or one folder, is the only place for each thing that makes code hard to test. */
export const keepsEffectsInPlace: Rule = (tree) => [
  ...eachMatch(
    tree,
    ['src/'],
    /(?<![.\w]|typeof )fetch\b(?!\s*[:?])|\b(?:globalThis|Bun)\.fetch\b/g,
    (path) =>
      ['src/gateway/upstream.ts', POSTER].includes(path) || path.startsWith('src/cli/') || isForBrowsers(path)
        ? undefined
        : `only src/gateway/upstream.ts calls a provider, and ${POSTER} receivers of alerts: hand it the request`,
  ),
  ...eachMatch(tree, ['src/'], /\bBun\.connect\b/g, (path) =>
    path.startsWith('src/lib/http-client/') || path === 'src/gateway/health/reach.ts'
      ? undefined
      : 'only src/lib/http-client opens connections: send a request by it',
  ),
  ...eachMatch(tree, ['src/'], /\b(?:process|Bun|import\.meta)\.env\b/g, (path) =>
    path.startsWith('src/config/')
      ? undefined
      : 'only src/config reads the environment: take the value from Config',
  ),
  ...eachMatch(
    tree,
    ['src/'],
    /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bset(?:Timeout|Interval)\b|\bBun\.(?:sleep|nanoseconds)\b/g,
    (path) =>
      path === 'src/lib/clock.ts' || isForBrowsers(path)
        ? undefined
        : 'only src/lib/clock.ts knows the time: use it',
  ),
  ...eachMatch(
    tree,
    ['src/'],
    /\brandomUUID(?:v7)?\b|\bgetRandomValues\b|\bMath\.random\b|\brandom(?:Bytes|Int)\b/g,
    (path) => (path === 'src/lib/id.ts' ? undefined : 'only src/lib/id.ts draws random values: use it'),
  ),
  ...eachMatch(tree, ['src/'], /\bprocess\.(?:argv|exit)\b|\bBun\.argv\b/g, (path) =>
    path === 'src/main.ts' ? undefined : 'only src/main.ts reads argv and exits: return the outcome to it',
  ),
];

/** `any` switches the compiler off. */
export const hasNoAny: Rule = (tree) =>
  eachMatch(
    tree,
    ['src/', 'test/', 'scripts/'],
    /(?<![.\w])any\b(?!\s*[:(])/g,
    () => '`any`: write the type, or `unknown` and narrow it',
  );

/** Everything is imported by the name it has. */
export const hasNoDefaultExport: Rule = (tree) =>
  eachMatch(
    tree,
    ['src/', 'test/', 'scripts/'],
    /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
    () => 'default export: export it by name',
  );

/** A reader learns from the first line what the file is. */
export const saysWhatItIs: Rule = (tree) =>
  eachFile(tree, (file) => {
    const [first = '', second = ''] = file.text.split('\n');
    const line = first.startsWith('#!') ? second : first;
    if (/^\/\/ \S.*[.]$/.test(line) || (file.path.endsWith('.css') && /^\/\* \S.*[.] \*\/$/.test(line)))
      return undefined;
    return { line: 1, message: 'the first line must be one comment sentence that says what the file is' };
  });

/** A longer file holds more than one thing. */
export const staysShort: Rule = (tree) =>
  eachFile(tree, (file) => {
    const lines = file.text.trimEnd().split('\n').length;
    if (lines <= LINES_MAX) return undefined;
    return { line: LINES_MAX + 1, message: `${lines} lines: split it by concept, ${LINES_MAX} at most` };
  });

const TRACKED = [
  ...['package.json', 'tsconfig.json', 'bunfig.toml', 'bun.lock', 'README.md', 'LICENSE', 'CHANGELOG.md'],
  ...['CONTRIBUTING.md', 'src', 'db', 'test', 'scripts', '.ci', '.gitignore'],
];
const UNTRACKED = ['node_modules', 'dist', 'osiris-data', '.git'];

/** What may stand at the top of the project. */
export function strangersAtTop(entries: readonly string[]): Breach[] {
  return entries
    .filter((entry) => !TRACKED.includes(entry) && !UNTRACKED.includes(entry))
    .map((entry) => ({
      file: entry,
      line: 1,
      message: 'may not stand at the top: move it into a folder or delete it',
    }));
}

/** A lock file with addresses in it installs only where those can be reached. */
export function addressesInLock(text: string): Breach[] {
  return [...text.matchAll(/"https?:\/\//g)].map((match) => ({
    file: 'bun.lock',
    line: lineAt(text, match.index),
    message: 'holds a package address: lock against the default registry, or replace the address by ""',
  }));
}

/** `src/http/docs.ts:12: what is wrong`, one line each. */
export function report(breaches: readonly Breach[]): string {
  return breaches.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
}

function homeOf(path: string): { folder: string; floor: number | undefined } {
  if (path in ROOT_FLOORS) return { folder: path, floor: ROOT_FLOORS[path] };
  const [top = '', folder = ''] = path.split('/');
  if (top !== 'src') return { folder: top, floor: undefined };
  return { folder, floor: folder === 'config' ? CONFIG_FLOOR : FLOORS[folder] };
}

/** In folders of formats that are none themselves stands what several share. */
const SHARED = ['schema'];

function formatOf(path: string): string | undefined {
  const folder = /^src\/formats\/([^/]+)\//.exec(path)?.[1];
  return folder === undefined || SHARED.includes(folder) ? undefined : folder;
}

function eachImport(
  tree: SourceTree,
  prefix: string,
  judge: (file: SourceFile, target: string, typesOnly: boolean) => string | undefined,
): Breach[] {
  const breaches: Breach[] = [];
  for (const file of tree.values()) {
    if (!file.path.startsWith(prefix)) continue;
    for (const { target, typesOnly, line } of importsOf(file)) {
      const message = target === undefined ? undefined : judge(file, target, typesOnly);
      if (message !== undefined) breaches.push({ file: file.path, line, message });
    }
  }
  return breaches;
}

function eachMatch(
  tree: SourceTree,
  prefixes: readonly string[],
  pattern: RegExp,
  judge: (path: string) => string | undefined,
): Breach[] {
  const breaches: Breach[] = [];
  for (const { path, code } of tree.values()) {
    const message = prefixes.some((prefix) => path.startsWith(prefix)) ? judge(path) : undefined;
    if (message === undefined || path.endsWith('.css')) continue;
    for (const match of code.matchAll(pattern))
      breaches.push({ file: path, line: lineAt(code, match.index), message });
  }
  return breaches;
}

function eachFile(tree: SourceTree, judge: (file: SourceFile) => Omit<Breach, 'file'> | undefined): Breach[] {
  const breaches: Breach[] = [];
  for (const file of tree.values()) {
    if (file.path.startsWith('db/')) continue;
    const breach = judge(file);
    if (breach !== undefined) breaches.push({ file: file.path, ...breach });
  }
  return breaches;
}
