// Claude Code, headless: one prompt, one shell command, one answer.

import type { Agent } from './agent.ts';
import { runHeadless } from './headless.ts';

/** Its dashed model id: the dotted one is unknown to it and changes what it sends. */
export const CLAUDE_CODE: Agent = {
  name: 'Claude Code 2.1.197',
  format: 'anthropic-messages',
  model: 'claude-opus-4-6',
  call: (command) => ({
    id: 'toolu_scripted0',
    name: 'Bash',
    args: JSON.stringify({ command, description: 'Says hi' }),
  }),
  async run(programs, directory, target, prompt) {
    const argv = [programs.claude, '-p', prompt, '--output-format', 'json'];
    argv.push('--dangerously-skip-permissions', '--model', target.model);
    const run = await runHeadless(argv, directory, {
      IS_SANDBOX: '1',
      ANTHROPIC_BASE_URL: target.origin,
      ANTHROPIC_API_KEY: target.key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
    });
    const result = JSON.parse(run.stdout || '{}') as {
      result?: string;
      usage?: { input_tokens?: number; cache_read_input_tokens?: number; output_tokens?: number };
    };
    const cached = result.usage?.cache_read_input_tokens ?? 0;
    return {
      run,
      answer: result.result ?? '',
      tokens: {
        input: (result.usage?.input_tokens ?? 0) + cached,
        output: result.usage?.output_tokens ?? 0,
        cached,
      },
    };
  },
};
