// OpenClaw: a provider in its configuration, with the sizes of each model, and the default model of its agents.

import type { Client, Fill } from './client.ts';
import { ANY_MODEL } from './models.ts';

/** `merge` keeps the providers it comes with. */
function members({ origin, key, model, models }: Fill) {
  return {
    models: {
      mode: 'merge',
      providers: {
        osiris: {
          baseUrl: `${origin}/v1`,
          apiKey: key,
          api: 'openai-completions',
          models: models.map(({ id, name, contextTokens, maxOutputTokens }) => ({
            id,
            name,
            contextWindow: contextTokens,
            maxTokens: maxOutputTokens,
          })),
        },
      },
    },
    agents: { defaults: { model: { primary: `osiris/${model.id}` } } },
  };
}

export const OPENCLAW: Client = {
  id: 'openclaw',
  name: 'OpenClaw',
  kind: 'agent',
  format: 'openai-chat',
  calledAs: ['openclaw', 'openai-js'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: { linux: '~/.openclaw', macos: '~/.openclaw', windows: '%USERPROFILE%\\.openclaw' },
        moved: { variable: 'OPENCLAW_STATE_DIR' },
        names: ['openclaw.json'],
      },
      text: (fill) => `${JSON.stringify(members(fill), null, 2)}\n`,
    },
    {
      kind: 'code',
      title: 'Then',
      language: 'shell',
      text: () => 'openclaw agent --local --agent main --message "Say hello."\n',
    },
  ],
  notes: ({ model }) => [
    `If your file has agents.defaults.models, which allows only what it lists, add "osiris/${model.id}": {} to it.`,
  ],
};
