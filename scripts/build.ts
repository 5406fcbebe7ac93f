// Builds the executable: dist/osiris for this machine, or one file per platform with --target.

import { mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dir, '..');
const DIST = join(ROOT, 'dist');
const TARGETS = [
  'linux-x64',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-arm64',
  'darwin-x64',
  'windows-x64',
] as const;

/** The program, then its threads: each is found again by its path from the root. */
const ENTRYPOINTS = [
  'src/main.ts',
  'src/store/sqlite/ledger-thread.ts',
  'src/store/sqlite/journal-worker.ts',
  'src/store/sqlite/verify-thread.ts',
  'src/store/sqlite/backup-thread.ts',
];

type Target = (typeof TARGETS)[number];

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { target: { type: 'string', multiple: true }, help: { type: 'boolean' } },
});

if (values.help) {
  console.log(`bun run build [--target ${TARGETS.join('|')}|all]   (several with commas)`);
  process.exit(0);
}

const targets = targetsOf(values.target ?? []);
mkdirSync(DIST, { recursive: true });
// Bun leaves its temporary files in the working directory when it is interrupted.
process.chdir(DIST);
if (targets.length === 0) {
  await build(join(DIST, process.platform === 'win32' ? 'osiris.exe' : 'osiris'), undefined);
} else {
  const sums: string[] = [];
  for (const target of targets) {
    const name = `osiris-${target}${target.startsWith('windows') ? '.exe' : ''}`;
    await build(join(DIST, name), target);
    sums.push(`${await sha256Of(join(DIST, name))}  ${name}\n`);
  }
  await Bun.write(join(DIST, 'SHA256SUMS'), sums.join(''));
  console.log('dist/SHA256SUMS');
}

async function build(outfile: string, target: Target | undefined): Promise<void> {
  const startedMs = performance.now();
  // Renamed when it is whole: a running program's file cannot be written to, but it can be replaced.
  const unfinished = join(DIST, `${process.pid}-${basename(outfile)}`);
  const result = await Bun.build({
    entrypoints: ENTRYPOINTS.map((path) => join(ROOT, path)),
    root: ROOT,
    compile: {
      outfile: unfinished,
      // Found again as folders of the same name at the root of the executable.
      assets: [join(ROOT, 'db/migrations'), join(ROOT, 'db/journal-migrations')],
      // Both would run what lies in the directory of whoever starts it.
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(target === undefined ? {} : { target: `bun-${target}` }),
    },
    // ESM keeps top-level await and the real import.meta.dir together with bytecode.
    format: 'esm',
    bytecode: true,
    minify: true,
    define: { OSIRIS_COMMIT: JSON.stringify(commitOf(ROOT)) },
    throw: false,
  });
  for (const message of result.logs) console.error(String(message));
  if (!result.success) process.exit(1);
  renameSync(unfinished, outfile);
  const megabytes = (Bun.file(outfile).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${outfile.slice(ROOT.length + 1)}  ${megabytes} MB  ${seconds} s`);
}

function targetsOf(words: string[]): Target[] {
  const names = words.flatMap((word) => word.split(','));
  if (names.includes('all')) return [...TARGETS];
  return names.map((name) => TARGETS.find((each) => each === name) ?? refuseTarget(name));
}

function refuseTarget(name: string): never {
  console.error(`Unknown target ${name}. The targets are ${TARGETS.join(', ')} and all.`);
  process.exit(2);
}

/** Empty where there is no git or no commit. */
function commitOf(directory: string): string {
  try {
    const git = Bun.spawnSync(['git', 'rev-parse', '--short=12', 'HEAD'], {
      cwd: directory,
      stderr: 'ignore',
    });
    return git.success ? git.stdout.toString().trim() : '';
  } catch {
    return '';
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest('hex');
}
