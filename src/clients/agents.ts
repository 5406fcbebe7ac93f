// Hermes Agent and aider: one YAML file each, with the address, the key and the model.

import type { Client } from './client.ts';
import { ANY_MODEL } from './models.ts';

export const HERMES: Client = {
  id: 'hermes',
  name: 'Hermes Agent',
  kind: 'agent',
  format: 'openai-chat',
  calledAs: ['hermes', 'openai-python'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'yaml',
      place: {
        folder: { linux: '~/.hermes', macos: '~/.hermes', windows: '%LOCALAPPDATA%\\hermes' },
        moved: { variable: 'HERMES_HOME' },
        names: ['config.yaml'],
      },
      text: ({ origin, key, model }) => `model:
  default: "${model.id}"
  provider: custom
  base_url: "${origin}/v1"
  api_key: "${key}"
  context_length: ${model.contextTokens}
`,
    },
    { kind: 'code', title: 'Then', language: 'shell', text: () => 'hermes chat -q "Say hello."\n' },
  ],
};

export const AIDER: Client = {
  id: 'aider',
  name: 'aider',
  kind: 'agent',
  format: 'openai-chat',
  calledAs: ['aider', 'litellm', 'openai-python'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'yaml',
      place: {
        folder: { linux: '~', macos: '~', windows: '%USERPROFILE%' },
        names: ['.aider.conf.yml'],
      },
      // `openai/` picks aider's client for this format; what follows it is the model's name here
      text: ({ origin, key, model }) => `model: "openai/${model.id}"
openai-api-base: "${origin}/v1"
openai-api-key: "${key}"
`,
    },
    {
      kind: 'variables',
      alternative: true,
      title: 'For one terminal',
      values: ({ origin, key }) => ({ OPENAI_API_BASE: `${origin}/v1`, OPENAI_API_KEY: key }),
      command: ({ model }) => `aider --model openai/${model.id}`,
    },
  ],
  notes: () => ['A warning that aider does not know the model does no harm.'],
};
