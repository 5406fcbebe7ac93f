// OpenCode and Kilo, which came from it: a provider of the OpenAI-compatible kind, with its models by name.

import type { Client, Fill } from './client.ts';
import { ANY_MODEL } from './models.ts';

function provider({ origin, key, models }: Fill) {
  return {
    osiris: {
      npm: '@ai-sdk/openai-compatible',
      name: 'Osiris',
      options: { baseURL: `${origin}/v1`, apiKey: key },
      models: Object.fromEntries(models.map(({ id, name }) => [id, { name }])),
    },
  };
}

/** The schema is for editors. */
function text(schema: string, fill: Fill): string {
  const members = { $schema: schema, provider: provider(fill), model: `osiris/${fill.model.id}` };
  return `${JSON.stringify(members, null, 2)}\n`;
}

export const OPENCODE: Client = {
  id: 'opencode',
  name: 'OpenCode',
  kind: 'agent',
  format: 'openai-chat',
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: {
          linux: '~/.config/opencode',
          macos: '~/.config/opencode',
          windows: '%USERPROFILE%\\.config\\opencode',
        },
        moved: { variable: 'XDG_CONFIG_HOME', below: 'opencode' },
        names: ['opencode.jsonc', 'opencode.json'],
      },
      text: (fill) => text('https://opencode.ai/config.json', fill),
      keeps: ['$schema'],
    },
    { kind: 'code', title: 'Then', language: 'shell', text: () => 'opencode\n' },
  ],
};

export const KILO: Client = {
  id: 'kilo',
  name: 'Kilo Code',
  kind: 'agent',
  format: 'openai-chat',
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: {
          linux: '~/.config/kilo',
          macos: '~/.config/kilo',
          windows: '%USERPROFILE%\\.config\\kilo',
        },
        moved: { variable: 'XDG_CONFIG_HOME', below: 'kilo' },
        names: ['kilo.jsonc', 'kilo.json'],
      },
      text: (fill) => text('https://app.kilo.ai/config.json', fill),
      keeps: ['$schema'],
    },
    { kind: 'code', title: 'Then', language: 'shell', text: () => 'kilo\n' },
    {
      kind: 'steps',
      alternative: true,
      title: 'In the extension for VS Code',
      steps: ({ origin, key, model }) => [
        'Open Kilo Code, then its settings (the gear), then Providers.',
        ['API Provider', 'OpenAI Compatible'],
        ['Base URL', `${origin}/v1`],
        ['API Key', key],
        ['Model', model.id],
      ],
    },
  ],
};
