// The sandbox as a provider: always there, answered inside the gateway. No network, no secret, no cost.

import type { Provider } from './provider.ts';

export const SANDBOX: Provider = {
  id: 'sandbox',
  aliases: [],
  displayName: 'Sandbox',
  baseUrl: '',
  auth: 'none',
  formats: ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'],
  credentials: [],
  headers: {},
  ca: undefined,
  builtIn: true,
  // it plays one answer a request: several are asked for one by one
  quirks: { refuses: ['n', 'generationConfig.candidateCount'] },
};
