// OpenCode and Kilo, which came from it: a provider of the OpenAI-compatible kind, with its models by name.

import type { Block, Client, Fill } from './client.ts';
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

/** The two differ in their names: `id` is that of the folder, the file and the program. */
function blocksOf(id: string, schema: string): [Block, Block] {
  const folder = `~/.config/${id}`;
  return [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: { linux: folder, macos: folder, windows: `%USERPROFILE%\\.config\\${id}` },
        moved: { variable: 'XDG_CONFIG_HOME', below: id },
        names: [`${id}.jsonc`, `${id}.json`],
      },
      text: (fill) => text(schema, fill),
      keeps: ['$schema'],
    },
    { kind: 'code', title: 'Then', language: 'shell', text: () => `${id}\n` },
  ];
}

export const OPENCODE: Client = {
  id: 'opencode',
  name: 'OpenCode',
  kind: 'agent',
  format: 'openai-chat',
  calledAs: ['opencode'],
  prefers: ANY_MODEL,
  blocks: blocksOf('opencode', 'https://opencode.ai/config.json'),
};

export const KILO: Client = {
  id: 'kilo',
  name: 'Kilo Code',
  kind: 'agent',
  format: 'openai-chat',
  calledAs: ['kilo', 'openai-js'],
  prefers: ANY_MODEL,
  blocks: [
    ...blocksOf('kilo', 'https://app.kilo.ai/config.json'),
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
