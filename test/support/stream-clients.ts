// One streaming client for each format, for tests that care about the stream and not about the library.

import Anthropic from '@anthropic-ai/sdk';
import { anthropicClients } from './anthropic-client.ts';
import type { Client, Target } from './client.ts';
import { GOOGLE_CLIENTS } from './google-client.ts';
import { OPENAI_CHAT_CLIENTS } from './openai-chat-client.ts';
import { OPENAI_RESPONSES_CLIENTS } from './openai-responses-client.ts';

export function openAnthropic(target: Target): Anthropic {
  return new Anthropic({ baseURL: target.origin, apiKey: target.key, maxRetries: 0 });
}

const NAMES = ['openai-chat-stream', 'openai-responses-stream', 'anthropic1-stream', 'genai-stream'];

export const STREAM_CLIENTS: Client[] = [
  ...OPENAI_CHAT_CLIENTS,
  ...OPENAI_RESPONSES_CLIENTS,
  ...anthropicClients('anthropic1', openAnthropic),
  ...GOOGLE_CLIENTS,
].filter((client) => NAMES.includes(client.name));
