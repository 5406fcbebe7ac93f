// The AI SDK with its three providers: OpenAI-compatible, OpenAI (both of its formats) and Anthropic.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  generateText,
  jsonSchema,
  type LanguageModel,
  stepCountIs,
  streamText,
  type ToolSet,
  tool,
} from 'ai';
import type { Client, Target, ToolBox } from '../support/client.ts';
import { matrix } from '../support/matrix.ts';
import { PROMPT, SYSTEM, TOOLS } from '../support/scenarios.ts';
import type { WireFormat } from '../support/script.ts';

type ProviderRow = { name: string; format: WireFormat; open(target: Target): LanguageModel };

const PROVIDERS: ProviderRow[] = [
  {
    name: 'ai-compatible',
    format: 'openai-chat',
    open: ({ baseUrl, key, model }) =>
      createOpenAICompatible({ name: 'osiris', baseURL: baseUrl, apiKey: key, includeUsage: true })(model),
  },
  {
    name: 'ai-openai-chat',
    format: 'openai-chat',
    open: ({ baseUrl, key, model }) => createOpenAI({ baseURL: baseUrl, apiKey: key }).chat(model),
  },
  {
    name: 'ai-openai-responses',
    format: 'openai-responses',
    open: ({ baseUrl, key, model }) => createOpenAI({ baseURL: baseUrl, apiKey: key }).responses(model),
  },
  {
    name: 'ai-anthropic',
    format: 'anthropic-messages',
    open: ({ baseUrl, key, model }) => createAnthropic({ baseURL: baseUrl, apiKey: key })(model),
  },
];

function requestOf(model: LanguageModel, tools: ToolBox) {
  const set: ToolSet = {};
  for (const { name, description, parameters } of TOOLS) {
    set[name] = tool({
      description,
      inputSchema: jsonSchema(parameters as Parameters<typeof jsonSchema>[0]),
      execute: (args: unknown) => tools.run(name, args),
    });
  }
  return {
    model,
    system: SYSTEM,
    prompt: PROMPT,
    tools: set,
    stopWhen: stepCountIs(4),
    maxRetries: 0,
  };
}

const CLIENTS = PROVIDERS.flatMap((provider): Client[] => [
  {
    name: `${provider.name}-plain`,
    format: provider.format,
    async converse(target, tools) {
      const result = await generateText(requestOf(provider.open(target), tools));
      return { text: result.text, tokens: tokensOf(result.totalUsage) };
    },
  },
  {
    name: `${provider.name}-stream`,
    format: provider.format,
    async converse(target, tools) {
      let failure: unknown;
      const result = streamText({
        ...requestOf(provider.open(target), tools),
        onError: ({ error }) => {
          failure ??= error;
        },
      });
      await result.consumeStream();
      if (failure !== undefined) throw failure;
      return { text: await result.text, tokens: tokensOf(await result.totalUsage) };
    },
  },
]);

type TotalUsage = Awaited<ReturnType<typeof generateText>>['totalUsage'];

function tokensOf(usage: TotalUsage) {
  return {
    input: usage.inputTokens ?? 0,
    output: usage.outputTokens ?? 0,
    cached: usage.inputTokenDetails.cacheReadTokens,
  };
}

matrix(CLIENTS);
