// OpenClaw, headless, with the Node that it needs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../support/client.ts';
import type { Agent } from './agent.ts';
import { runHeadless } from './headless.ts';
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
  delegate: {
    absent: 'its sub-agents need its daemon: under `agent --local` it says "published reply runtime missing"',
  },
  async run(program, directory, target, prompt) {
    const folder = join(directory.home, '.openclaw');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'openclaw.json'), JSON.stringify(configuration(target), null, 2));
    const argv = [...program, 'agent', '--local', '--agent', 'main', '--json', '--message', prompt];
    const run = await runHeadless(argv, directory, {});
    const start = run.stdout.indexOf('{');
    const said = (start < 0 ? {} : JSON.parse(run.stdout.slice(start))) as Said;
    const usage = said.meta?.agentMeta?.usage;
    const cached = usage?.cacheRead ?? 0;
    return {
      run,
      ...wordsOf(said),
      tokens: usage && { input: (usage.input ?? 0) + cached, output: usage.output ?? 0, cached },
    };
  },
};

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
