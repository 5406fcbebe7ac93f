// OpenClaw, headless, with the Node that it needs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import type { ScriptedCall } from '../support/script.ts';
import type { Agent, AgentAnswer } from './agent.ts';
import { type RunDirectory, runBeside, runHeadless } from './headless.ts';
import { MACHINE } from './install.ts';

export const OPENCLAW: Agent = {
  id: 'openclaw',
  name: 'OpenClaw',
  version: '2026.9.6',
  packages: { openclaw: '2026.9.6', [`node-${MACHINE}`]: '24.21.0' },
  program: [`node-${MACHINE}/bin/node`, 'openclaw/openclaw.mjs'],
  format: 'openai-chat',
  model: 'claude-opus-4.6',
  asides: 0,
  patience: { seconds: 240, requests: 10 },
  read: (path) => ({ id: 'call_read0', name: 'read', args: JSON.stringify({ path }) }),
  write: (path, text) => ({
    id: 'call_write0',
    name: 'write',
    args: JSON.stringify({ path, content: text }),
  }),
  // it shows the gateway's words for 4xx and an overload only
  ownWords: /request failed \(provider internal error/,
  delegation: {
    call: (task) => rarely(`call_${task.replaceAll(/\W/g, '')}`, 'sessions_spawn', { task, collect: true }),
    gather(body) {
      const begun = Array.from(body.matchAll(/runId\W+([\w-]+)/g), ([, id = '']) => id);
      const ids = begun.filter((id) => !new RegExp(`${id}\\W+status\\W+done`).test(body));
      const waits = body.split('agents_wait').length;
      return rarely(`call_wait${waits}`, 'agents_wait', { ids: [...new Set(ids)], timeoutSeconds: 20 });
    },
    // they run in its daemon only
    async begin(program, directory, target) {
      const daemon = async (): Promise<() => Promise<void>> => {
        const port = await freePort();
        const gateway = { mode: 'local', port, auth: { mode: 'token', token: 'of-the-client-runs' } };
        configure(directory, { ...configuration(target), gateway });
        return runBeside([...program, 'gateway', 'run'], directory, {}, port);
      };
      // on a busy machine it gives itself up when a part of it takes more than 5 s to begin
      const stop = await daemon().catch(daemon).catch(daemon);
      return { run: (words, own, _, prompt) => ask(words, own, [], prompt), stop };
    },
  },
  run(program, directory, target, prompt) {
    configure(directory, configuration(target));
    return ask(program, directory, ['--local'], prompt);
  },
};

/** Tools that are seldom wanted are called through one that finds them. */
function rarely(id: string, tool: string, args: Record<string, unknown>): ScriptedCall {
  return { id, name: 'tool_call', args: JSON.stringify({ id: tool, args }) };
}

function configure({ home }: RunDirectory, settings: Record<string, unknown>): void {
  const folder = join(home, '.openclaw');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'openclaw.json'), JSON.stringify(settings, null, 2));
}

async function ask(
  program: string[],
  directory: RunDirectory,
  flags: string[],
  prompt: string,
): Promise<AgentAnswer> {
  const argv = [...program, 'agent', ...flags, '--agent', 'main', '--json', '--message', prompt];
  const run = await runHeadless(argv, directory, {});
  const start = run.stdout.indexOf('{');
  const whole = (start < 0 ? {} : JSON.parse(run.stdout.slice(start))) as Said & { result?: Said };
  const said = whole.result ?? whole;
  const usage = said.meta?.agentMeta?.usage;
  const cached = usage?.cacheRead ?? 0;
  return {
    run,
    ...wordsOf(said),
    tokens: usage && { input: (usage.input ?? 0) + cached, output: usage.output ?? 0, cached },
  };
}

function wordsOf({ payloads, error }: Said): { answer: string; complaint: string } {
  if (error) return { answer: '', complaint: error.message ?? '' };
  const { text = '', isError = false } = payloads?.at(-1) ?? {};
  return isError ? { answer: '', complaint: text } : { answer: text, complaint: '' };
}

type Said = {
  payloads?: { text?: string; isError?: boolean }[];
  error?: { message?: string };
  meta?: { agentMeta?: { usage?: { input?: number; output?: number; cacheRead?: number } } };
};

/** What the pages of the products say to put there. */
function configuration({ baseUrl, key, model }: Target): Record<string, unknown> {
  return {
    models: {
      mode: 'merge',
      providers: {
        osiris: {
          baseUrl,
          apiKey: key,
          api: 'openai-completions',
          models: [{ id: model, name: 'Claude Opus 4.6' }],
        },
      },
    },
    agents: { defaults: { model: { primary: `osiris/${model}` } } },
  };
}
