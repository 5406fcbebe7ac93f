// The day somebody begins: `osiris setup` in an empty home, then the program itself, with nothing but what that wrote.

import type { FilledBlock } from '../../src/clients/fill.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type HeadlessRun, type RunDirectory, runDirectory, runHeadless } from './headless.ts';
import type { Newcomer } from './newcomers.ts';
import type { Row } from './row.ts';
import type { LoggedCall } from './stage.ts';
import { pythonWith } from './venv.ts';

const PROMPT = 'Say hello.';
const MODEL = 'sandbox/echo';
const UPSTREAM = 'sandbox';
const DAY = 'set-up';

/** Sets it up, and asks it to say hello. */
export async function setUpDay(newcomer: Newcomer): Promise<Row> {
  const program = await newcomer.install();
  return onNewGround(newcomer.name, async (gateway, directory, faults) => {
    await setUp(newcomer, program, gateway, directory, faults);
    const run = await runHeadless(
      [...program, ...newcomer.flags(PROMPT)],
      directory,
      newcomer.env ?? {},
      120_000,
    );
    newcomer.clear?.(directory);
    return run;
  });
}

async function setUp(
  { id, typed, env = {} }: Newcomer,
  program: string[],
  gateway: Gateway,
  directory: RunDirectory,
  faults: string[],
): Promise<void> {
  const words = ['setup', id, '--url', gateway.url, '--key', gateway.key, '--model', MODEL];
  if (typed === undefined) {
    const { code, stdout, stderr } = await gateway.command([...words, '--write']);
    if (code !== 0) faults.push(`osiris setup ended with ${code}: ${stdout}${stderr}`);
    return;
  }
  for (const { text } of await codeOf(gateway, words))
    for (const line of text.split('\n')) {
      const [first, ...rest] = line.split(' ');
      if (first !== typed || rest.join(' ').includes(PROMPT)) continue;
      const { code, stderr } = await runHeadless([...program, ...rest], directory, env, 60_000);
      if (code !== 0) faults.push(`${line} ended with ${code}: ${stderr}`);
    }
}

/** The packages of the Python snippets, for all of them. */
const LIBRARIES = ['openai==3.57.0', 'anthropic==2.14.0', 'openai-agents==0.24.0', 'langchain-openai==1.7.4'];

/** Runs the Python that is printed for a library, as it is. */
export async function snippetDay(id: string, name: string): Promise<Row> {
  const python = await pythonWith('libraries-1', LIBRARIES);
  return onNewGround(`${name} (Python)`, async (gateway, directory) => {
    const words = ['setup', id, '--url', gateway.url, '--key', gateway.key, '--model', MODEL];
    const code = (await codeOf(gateway, words)).find(({ language }) => language === 'python');
    const env = { OSIRIS_API_KEY: gateway.key, PYTHONUTF8: '1' };
    return runHeadless([python, '-c', code?.text ?? ''], directory, env, 60_000);
  });
}

type Code = Extract<FilledBlock, { kind: 'code' }>;

async function codeOf({ command }: Gateway, words: string[]): Promise<Code[]> {
  const { stdout } = await command([...words, '--no-proof', '--json']);
  const { blocks } = JSON.parse(stdout) as { blocks: FilledBlock[] };
  return blocks.filter((block): block is Code => block.kind === 'code');
}

async function onNewGround(
  client: string,
  act: (gateway: Gateway, directory: RunDirectory, faults: string[]) => Promise<HeadlessRun>,
): Promise<Row> {
  const directory = runDirectory();
  const faults: string[] = [];
  // as the command finds the home of who calls it
  const gateway = await startGateway({ upstreams: [], env: { HOME: directory.home } });
  try {
    const { code, stdout, stderr, durationMs } = await act(gateway, directory, faults);
    const calls = await callsOf(gateway);
    if (code !== 0) faults.push(`exit code ${code}`);
    if (!stdout.includes(PROMPT)) faults.push('it does not show the answer');
    if (calls.length === 0) faults.push('it did not call the server');
    for (const { path, status } of calls) if (status !== 200) faults.push(`${path} was answered ${status}`);
    if (faults.length > 0) faults.push(`stdout: ${stdout.slice(-800)}`, `stderr: ${stderr.slice(-800)}`);
    const shown = stdout.includes(PROMPT) ? PROMPT : stdout;
    const [seconds, requests] = [durationMs / 1_000, calls.length];
    return { client, upstream: UPSTREAM, day: DAY, seconds, requests, shown, faults };
  } finally {
    await gateway.stop();
    directory.remove();
  }
}

/** Without those by which `osiris setup` proved itself. */
async function callsOf({ command }: Gateway): Promise<LoggedCall[]> {
  const { stdout } = await command(['logs', '--json', '--limit', '1000']);
  const calls = JSON.parse(stdout) as (LoggedCall & { client: string | null })[];
  return calls.filter(({ client }) => client !== 'osiris-setup');
}
