// Codex: a model provider in its configuration, and the key in the file of variables beside it.

import type { Client, Place } from './client.ts';
import { dashed, GPT, GPT_MINI, OPUS } from './models.ts';

const PLACE: Omit<Place, 'names'> = {
  folder: { linux: '~/.codex', macos: '~/.codex', windows: '%USERPROFILE%\\.codex' },
  moved: { variable: 'CODEX_HOME' },
};

export const CODEX: Client = {
  id: 'codex',
  name: 'Codex',
  kind: 'agent',
  format: 'openai-responses',
  calledAs: ['codex'],
  prefers: [GPT, GPT_MINI, dashed(OPUS)],
  blocks: [
    {
      kind: 'file',
      syntax: 'toml',
      place: { ...PLACE, names: ['config.toml'] },
      text: ({ origin, model }) => `model = "${model.id}"
model_provider = "osiris"

[model_providers.osiris]
name = "Osiris"
base_url = "${origin}/v1"
env_key = "OSIRIS_API_KEY"
wire_api = "responses"
`,
    },
    {
      kind: 'file',
      syntax: 'dotenv',
      place: { ...PLACE, names: ['.env'] },
      text: ({ key }) => `OSIRIS_API_KEY=${key}\n`,
    },
    {
      kind: 'variables',
      alternative: true,
      title: 'The key for one terminal',
      values: ({ key }) => ({ OSIRIS_API_KEY: key }),
      command: () => 'codex',
    },
  ],
  notes: ({ model }) =>
    model.id.startsWith('gpt-')
      ? []
      : [`Codex says once that it has no metadata for ${model.id}; that does no harm.`],
};
