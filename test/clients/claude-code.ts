// Claude Code, headless.

import type { Agent } from './agent.ts';
import { runHeadless } from './headless.ts';
import { MACHINE } from './install.ts';

/** Its dashed model id: the dotted one is unknown to it and changes what it sends. */
export const CLAUDE_CODE: Agent = {
  id: 'claude-code',
  name: 'Claude Code',
  version: '2.1.197',
  packages: { '@anthropic-ai/claude-code': '2.1.197' },
  program: [`@anthropic-ai/claude-code-${MACHINE}/claude`],
  format: 'anthropic-messages',
  model: 'claude-opus-4-6',
  asides: 0,
  patience: { seconds: 90, requests: 6 },
  read: (path) => ({ id: 'toolu_read0', name: 'Read', args: JSON.stringify({ file_path: path }) }),
  write: (path, text) => ({
    id: 'toolu_write0',
    name: 'Write',
    args: JSON.stringify({ file_path: path, content: text }),
  }),
  delegation: {
    call: (task) => ({
      id: `toolu_${task.replaceAll(/\W/g, '')}`,
      name: 'Agent',
      args: JSON.stringify({ description: 'A part of it', prompt: task, subagent_type: 'general-purpose' }),
    }),
  },
  async run(program, directory, target, prompt) {
    const argv = [...program, '-p', prompt, '--output-format', 'json'];
    argv.push('--dangerously-skip-permissions', '--model', target.model);
    const run = await runHeadless(argv, directory, {
      IS_SANDBOX: '1',
      ANTHROPIC_BASE_URL: target.origin,
      ANTHROPIC_API_KEY: target.key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
    });
    const result = JSON.parse(run.stdout || '{}') as {
      result?: string;
      is_error?: boolean;
      usage?: { input_tokens?: number; cache_read_input_tokens?: number; output_tokens?: number };
    };
    const cached = result.usage?.cache_read_input_tokens ?? 0;
    return {
      run,
      answer: result.is_error ? '' : (result.result ?? ''),
      complaint: result.is_error ? (result.result ?? '') : '',
      tokens: {
        input: (result.usage?.input_tokens ?? 0) + cached,
        output: result.usage?.output_tokens ?? 0,
        cached,
      },
    };
  },
};
