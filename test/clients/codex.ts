// Codex, headless.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptedCall } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { runHeadless } from './headless.ts';

export const CODEX: Agent = {
  id: 'codex',
  name: 'Codex',
  version: '0.169.0',
  packages: { '@openai/codex': '0.169.0' },
  program: ['.bin/codex'],
  format: 'openai-responses',
  model: 'gpt-5',
  asides: 0,
  patience: { seconds: 60, requests: 6 },
  read: (path) => shell('call_read0', `cat ${path}`),
  write: (path, text) => shell('call_write0', `printf %s '${text}' > ${path}`),
  // it tells the status in place of the body
  ownWords: /last status: 429 Too Many Requests/,
  delegation: {
    call: (task) => ({
      id: `call_${task.replaceAll(/\W/g, '')}`,
      name: 'spawn_agent',
      namespace: SUB_AGENTS,
      args: JSON.stringify({ message: task }),
    }),
    gather(body) {
      const begun = Array.from(body.matchAll(/agent_id\W+([\w-]+)/g), ([, id = '']) => id);
      const targets = begun.filter((id) => !new RegExp(`${id}\\W+completed`).test(body));
      const waits = body.split('call_wait').length;
      const args = JSON.stringify({ targets: [...new Set(targets)], timeout_ms: 10_000 });
      return { id: `call_wait${waits}`, name: 'wait_agent', namespace: SUB_AGENTS, args };
    },
  },
  async run(program, directory, target, prompt) {
    const folder = join(directory.home, '.codex');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.toml'), configuration(target));
    const argv = [...program, 'exec', '--json', '--skip-git-repo-check'];
    argv.push('--dangerously-bypass-approvals-and-sandbox', prompt);
    const run = await runHeadless(argv, directory, { OSIRIS_API_KEY: target.key });
    let answer = '';
    let complaint = '';
    const tokens = { input: 0, output: 0, cached: 0 };
    for (const line of run.stdout.split('\n')) {
      if (!line.startsWith('{')) continue;
      const event = JSON.parse(line) as CodexEvent;
      if (event.type === 'item.completed' && event.item?.type === 'agent_message')
        answer = event.item.text ?? '';
      if (event.type === 'turn.failed') complaint = event.error?.message ?? '';
      if (event.type !== 'turn.completed') continue;
      tokens.input += event.usage?.input_tokens ?? 0;
      tokens.cached += event.usage?.cached_input_tokens ?? 0;
      tokens.output += event.usage?.output_tokens ?? 0;
    }
    return { run, answer, complaint, tokens };
  },
};

const SUB_AGENTS = 'multi_agent_v1';

/** It has no tools for files: models use the shell. */
function shell(id: string, cmd: string): ScriptedCall {
  return { id, name: 'exec_command', args: JSON.stringify({ cmd }) };
}

type CodexEvent = {
  type: string;
  item?: { type: string; text?: string };
  error?: { message?: string };
  usage?: { input_tokens?: number; cached_input_tokens?: number; output_tokens?: number };
};

function configuration(target: { model: string; baseUrl: string }): string {
  return `model = ${JSON.stringify(target.model)}
model_provider = "osiris"

[model_providers.osiris]
name = "osiris"
base_url = ${JSON.stringify(target.baseUrl)}
env_key = "OSIRIS_API_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
`;
}
