// Claude Code: the `env` of its settings, or the same variables in a terminal.

import type { Client, Fill } from './client.ts';
import { dashed, HAIKU, OPUS, SONNET } from './models.ts';

/**
 * The address goes without `/v1`, which it appends. `ANTHROPIC_AUTH_TOKEN` stands over a claude.ai login and is taken
 * without a question, unlike `ANTHROPIC_API_KEY`. The haiku model writes titles and summaries beside the work.
 */
function variables({ origin, key, model, models }: Fill): Record<string, string> {
  const small = models.find(({ id }) => id.includes('haiku')) ?? model;
  return {
    ANTHROPIC_BASE_URL: origin,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_MODEL: model.id,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: small.id,
  };
}

export const CLAUDE_CODE: Client = {
  id: 'claude-code',
  name: 'Claude Code',
  kind: 'agent',
  format: 'anthropic-messages',
  calledAs: ['claude-code'],
  prefers: [dashed(OPUS), dashed(SONNET), dashed(HAIKU)],
  blocks: [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: { linux: '~/.claude', macos: '~/.claude', windows: '%USERPROFILE%\\.claude' },
        moved: { variable: 'CLAUDE_CONFIG_DIR' },
        names: ['settings.json'],
      },
      text: (fill) => `${JSON.stringify({ env: variables(fill) }, null, 2)}\n`,
    },
    {
      kind: 'variables',
      alternative: true,
      title: 'For one terminal',
      values: variables,
      command: () => 'claude',
    },
  ],
  notes: () => [
    'Name Claude models with dashes (claude-opus-4-6): with dots Claude Code does not know them and asks for less.',
    'Remove ANTHROPIC_API_KEY from your environment, or Claude Code sends it beside this key.',
  ],
};
