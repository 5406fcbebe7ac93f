// The code that `osiris setup` prints for libraries, run as it is printed, in an empty directory, against the program.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilledBlock } from '../../../src/clients/fill.ts';
import { CLIENTS } from '../../../src/clients/index.ts';
import { type Gateway, programArgv, startGateway } from '../../support/gateway.ts';
import { osiris } from '../../support/osiris.ts';

const ROOT = join(import.meta.dir, '../../..');
const LIBRARIES = CLIENTS.filter(({ kind }) => kind === 'library').map(({ id }) => id);
const PYTHON = Bun.which('python3');
/** What they ask the echo to say, whole and streamed. */
const SAID = /^(?:Say hello\.\n)?(?:Say it again, slowly\.|Say hello\.)\n?$/;

let gateway: Gateway;
let program: string[];
let directory: string;

beforeAll(async () => {
  program = await programArgv();
  gateway = await startGateway({ upstreams: [] });
  directory = mkdtempSync(join(tmpdir(), 'osiris-snippets-'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'dir');
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe.each(LIBRARIES)('%s', (id) => {
  test('prints code that begins at the margin', async () => {
    const words = ['setup', id, '--url', gateway.url, '--model', 'sandbox/echo', '--no-proof'];
    const own = { cwd: directory, env: { OSIRIS_KEY: gateway.key, HOME: directory }, program };
    const { stdout } = await osiris(words, own);
    for (const { text } of await codeOf(id)) expect(stdout).toContain(`\n${text}`);
  });

  test('in TypeScript says what the model answers', async () => {
    const [code] = (await codeOf(id)).filter(({ language }) => language === 'typescript');
    expect(await run([process.execPath], `${id}.ts`, code?.text ?? '')).toMatch(SAID);
  });

  test.skipIf(PYTHON === null)('in Python can be read', async () => {
    for (const { text } of (await codeOf(id)).filter(({ language }) => language === 'python'))
      expect(await run([PYTHON ?? '', '-m', 'py_compile'], `${id.replaceAll('-', '_')}.py`, text)).toBe('');
  });
});

type Code = Extract<FilledBlock, { kind: 'code' }>;

async function codeOf(id: string): Promise<Code[]> {
  const words = ['setup', id, '--url', gateway.url, '--model', 'sandbox/echo', '--no-proof', '--json'];
  const own = { cwd: directory, env: { OSIRIS_KEY: gateway.key, HOME: directory }, program };
  const { blocks } = JSON.parse((await osiris(words, own)).stdout) as { blocks: FilledBlock[] };
  return blocks.filter((block): block is Code => block.kind === 'code');
}

/** What it writes; throws with what it complains of. */
async function run(argv: string[], file: string, text: string): Promise<string> {
  writeFileSync(join(directory, file), text);
  const child = Bun.spawn([...argv, file], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', HOME: directory, OSIRIS_API_KEY: gateway.key },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${file}: ${stderr.slice(-600)}`);
  return stdout;
}
