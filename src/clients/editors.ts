// Editors and their extensions: Zed and Continue have a file, Cline and Cursor are set up by hand.

import type { Client } from './client.ts';
import { ANY_MODEL } from './models.ts';

/** Zed reads the key from the variable named after the provider, or from its own keychain; never from this file. */
export const ZED: Client = {
  id: 'zed',
  name: 'Zed',
  kind: 'editor',
  format: 'openai-chat',
  calledAs: ['zed'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'json',
      place: {
        folder: { linux: '~/.config/zed', macos: '~/.config/zed', windows: '%APPDATA%\\Zed' },
        moved: { variable: 'XDG_CONFIG_HOME', below: 'zed' },
        names: ['settings.json'],
      },
      text: ({ origin, model, models }) =>
        `${JSON.stringify(
          {
            language_models: {
              openai_compatible: {
                Osiris: {
                  api_url: `${origin}/v1`,
                  available_models: models.map(({ id, name, contextTokens, maxOutputTokens }) => ({
                    name: id,
                    display_name: name,
                    max_tokens: contextTokens,
                    max_output_tokens: maxOutputTokens,
                    capabilities: {
                      tools: true,
                      images: true,
                      parallel_tool_calls: true,
                      prompt_cache_key: false,
                    },
                  })),
                },
              },
            },
            agent: { default_model: { provider: 'Osiris', model: model.id } },
          },
          null,
          2,
        )}\n`,
    },
    {
      kind: 'steps',
      title: 'Then the key, which Zed keeps in the keychain of your system',
      steps: ({ key }) => [
        'Open the command palette and choose: agent: open settings.',
        ['LLM Providers, Osiris, API key', key],
      ],
    },
    {
      kind: 'variables',
      alternative: true,
      title: 'The key for a Zed started in this terminal',
      values: ({ key }) => ({ OSIRIS_API_KEY: key }),
      command: () => 'zed',
    },
  ],
};

export const CONTINUE: Client = {
  id: 'continue',
  name: 'Continue',
  kind: 'editor',
  format: 'openai-chat',
  calledAs: ['continue', 'openai-js', 'sdk-js'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'file',
      syntax: 'yaml',
      place: {
        folder: { linux: '~/.continue', macos: '~/.continue', windows: '%USERPROFILE%\\.continue' },
        names: ['config.yaml'],
      },
      text: ({ origin, key, models }) =>
        [
          'name: Osiris\nversion: 1.0.0\nschema: v1\nmodels:\n',
          ...models.map(
            ({ id, name }) => `  - name: "${name}"
    provider: openai
    model: "${id}"
    apiBase: "${origin}/v1"
    apiKey: "${key}"
    roles: [chat, edit, apply]
`,
          ),
        ].join(''),
      keeps: ['name', 'version', 'schema'],
    },
  ],
  notes: () => [
    'Choose the model in the list below the chat field.',
    'Its command line, cn (npm install -g @continuedev/cli), reads the same file.',
  ],
};

export const CLINE: Client = {
  id: 'cline',
  name: 'Cline',
  kind: 'editor',
  format: 'openai-chat',
  calledAs: ['cline', 'ai-sdk', 'openai-js'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'steps',
      title: 'In the panel of Cline',
      steps: ({ origin, key, model }) => [
        'Open the settings of Cline (the gear in its panel).',
        ['API Provider', 'OpenAI Compatible'],
        ['Base URL', `${origin}/v1`],
        ['API Key', key],
        ['Model ID', model.id],
        ['Context Window Size, in Model Configuration', String(model.contextTokens)],
      ],
    },
    {
      kind: 'code',
      alternative: true,
      title: 'Its command line: npm install -g cline',
      language: 'shell',
      text: ({ origin, key, model }) =>
        `cline auth -p openai-compatible -b ${origin}/v1 -k ${key} -m ${model.id}\ncline "Say hello."\n`,
    },
  ],
};

export const CURSOR: Client = {
  id: 'cursor',
  name: 'Cursor',
  kind: 'editor',
  format: 'openai-chat',
  prefers: ANY_MODEL,
  callsFromOutside: true,
  blocks: [
    {
      kind: 'steps',
      title: 'In Cursor',
      steps: ({ origin, key, model }) => [
        'Open Cursor Settings, then Models, then API Keys.',
        ['OpenAI API Key (turn it on)', key],
        ['Override OpenAI Base URL (turn it on)', `${origin}/v1`],
        ['Add Custom Model (and turn the model on)', model.id],
        'Choose that model in the chat.',
      ],
    },
  ],
  notes: () => [
    'The address applies to all OpenAI models of Cursor while it is turned on; Tab keeps to Cursor’s own model.',
  ],
};
