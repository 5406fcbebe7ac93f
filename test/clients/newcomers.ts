// Who is set up by `osiris setup` in an empty home: programs that take a prompt, and what is typed to give it to them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLAUDE_CODE } from './claude-code.ts';
import { CODEX } from './codex.ts';
import type { RunDirectory } from './headless.ts';
import { install, MACHINE } from './install.ts';
import { OPENCLAW } from './openclaw.ts';
import { KILO, OPENCODE } from './opencode.ts';
import { pythonWith } from './venv.ts';

export type Newcomer = {
  /** As `osiris setup` calls it. */
  id: string;
  name: string;
  install(): Promise<string[]>;
  /** Behind what starts it; its own settings, if any, are none of the server's. */
  flags(prompt: string): string[];
  env?: Record<string, string>;
  /** It is set up by the commands that are printed: this word of them is the program. */
  typed?: string;
  /** What it leaves running. */
  clear?(directory: RunDirectory): void;
};

const QUIET_CLAUDE = {
  IS_SANDBOX: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
};
const CLINE_VERSION = '3.0.65';
const CN_VERSION = '1.5.47';

export const NEWCOMERS: readonly Newcomer[] = [
  {
    ...named(CLAUDE_CODE),
    flags: (prompt) => ['-p', prompt, '--dangerously-skip-permissions'],
    env: QUIET_CLAUDE,
  },
  { ...named(CODEX), flags: (prompt) => ['exec', '--skip-git-repo-check', prompt] },
  {
    ...named(OPENCODE),
    flags: (prompt) => ['run', prompt],
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
  },
  {
    ...named(KILO),
    flags: (prompt) => ['run', '--auto', prompt],
    env: { KILO_DISABLE_AUTOUPDATE: '1', KILO_DISABLE_MODELS_FETCH: '1', KILO_TELEMETRY: 'off' },
  },
  {
    ...named(OPENCLAW),
    flags: (prompt) => ['agent', '--local', '--agent', 'main', '--message', prompt],
  },
  {
    id: 'cline',
    name: 'Cline',
    install: () =>
      install({
        id: 'cline',
        version: CLINE_VERSION,
        packages: { cline: CLINE_VERSION },
        program: [`@cline/cli-${MACHINE}/bin/cline`],
      }),
    flags: (prompt) => [prompt],
    typed: 'cline',
    clear({ home }) {
      const hub = readFileSync(join(home, '.cline/data/locks/hub/production.json'), 'utf8');
      process.kill((JSON.parse(hub) as { pid: number }).pid);
    },
  },
  {
    id: 'continue',
    name: 'Continue',
    install: () =>
      install({
        id: 'continue',
        version: CN_VERSION,
        packages: { '@continuedev/cli': CN_VERSION },
        program: ['node', '@continuedev/cli/dist/cn.js'],
      }),
    flags: (prompt) => ['-p', prompt],
  },
  {
    id: 'aider',
    name: 'aider',
    install: async () => [await pythonWith('aider-0.86.2', ['aider-chat==0.86.2']), '-m', 'aider'],
    flags: (prompt) => ['--message', prompt, '--no-git', '--no-check-update', '--analytics-disable'],
  },
  {
    id: 'hermes',
    name: 'Hermes Agent',
    install: async () => {
      const python = await pythonWith('hermes-0.19.0', ['hermes-agent==0.19.0']);
      return [python.replace(/python$/, 'hermes')];
    },
    flags: (prompt) => ['chat', '-q', prompt],
  },
];

function named(agent: typeof CODEX): Pick<Newcomer, 'id' | 'name' | 'install'> {
  return { id: agent.id, name: agent.name, install: () => install(agent) };
}
