// OpenCode, and the Kilo CLI, which is built from it: one configuration, one stream of events, other names.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../support/client.ts';
import type { Agent, AgentAnswer } from './agent.ts';
import { runHeadless } from './headless.ts';
import { MACHINE } from './install.ts';

type Fork = Pick<Agent, 'id' | 'name' | 'version' | 'packages' | 'program' | 'patienceUnfinished'> & {
  file: string;
  flags: string[];
  env: Record<string, string>;
};

export const OPENCODE = agentOf({
  id: 'opencode',
  name: 'OpenCode',
  version: '1.18.33',
  packages: { 'opencode-ai': '1.18.33' },
  program: [`opencode-${MACHINE}/bin/opencode`],
  file: 'opencode.json',
  flags: [],
  env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
  // six tries, between which it waits for 2, 4, 8, 16 and 30 s and up to a quarter more: 60 to 68 s of them
  patienceUnfinished: { seconds: 90, requests: 8 },
});

export const KILO = agentOf({
  id: 'kilo',
  name: 'Kilo CLI',
  version: '7.7.7',
  packages: { '@kilocode/cli': '7.7.7' },
  program: [`@kilocode/cli-${MACHINE}/bin/kilo`],
  file: 'kilo.json',
  flags: ['--auto'],
  env: { KILO_DISABLE_AUTOUPDATE: '1', KILO_DISABLE_MODELS_FETCH: '1', KILO_TELEMETRY: 'off' },
});

function agentOf({ file, flags, env, ...fork }: Fork): Agent {
  return {
    ...fork,
    format: 'openai-chat',
    model: 'claude-opus-4.6',
    // it asks for a title
    asides: 1,
    patience: { seconds: 150, requests: 9 },
    read: (path) => ({ id: 'call_read0', name: 'read', args: JSON.stringify({ filePath: path }) }),
    write: (path, text) => ({
      id: 'call_write0',
      name: 'write',
      args: JSON.stringify({ filePath: path, content: text }),
    }),
    delegation: {
      call: (task) => ({
        id: `call_${task.replaceAll(/\W/g, '')}`,
        name: 'task',
        args: JSON.stringify({ description: 'A part of it', prompt: task, subagent_type: 'general' }),
      }),
    },
    async run(program, directory, target, prompt) {
      writeFileSync(join(directory.work, file), JSON.stringify(configuration(target), null, 2));
      const argv = [...program, 'run', '--format', 'json', ...flags, prompt];
      return read(await runHeadless(argv, directory, env));
    },
  };
}

/** What the pages of the products say to put there. */
function configuration({ baseUrl, key, model }: Target): Record<string, unknown> {
  return {
    $schema: 'https://opencode.ai/config.json',
    provider: {
      osiris: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Osiris',
        options: { baseURL: baseUrl, apiKey: key },
        models: { [model]: { name: 'Claude Opus 4.6' } },
      },
    },
    model: `osiris/${model}`,
  };
}

type RunEvent = {
  type: string;
  error?: { name?: string; data?: { message?: string } };
  part?: {
    text?: string;
    tokens?: {
      input?: number;
      output?: number;
      reasoning?: number;
      cache?: { read?: number; write?: number };
    };
  };
};

function read(run: AgentAnswer['run']): AgentAnswer {
  let answer = '';
  let complaint = '';
  const tokens = { input: 0, output: 0, cached: 0 };
  for (const line of run.stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { type, part, error } = JSON.parse(line) as RunEvent;
    if (type === 'text') answer = part?.text ?? '';
    if (type === 'error') complaint = error?.data?.message ?? error?.name ?? '';
    if (type !== 'step_finish') continue;
    const { input = 0, output = 0, reasoning = 0, cache } = part?.tokens ?? {};
    tokens.input += input + (cache?.read ?? 0) + (cache?.write ?? 0);
    tokens.cached += cache?.read ?? 0;
    tokens.output += output + reasoning;
  }
  return { run, answer, complaint, tokens };
}
