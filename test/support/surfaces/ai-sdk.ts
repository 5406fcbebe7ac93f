// The surfaces of the AI SDK, over its providers for every format.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  generateObject,
  generateText,
  type LanguageModel,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from 'ai';
import type { WireFormat } from '../script.ts';
import { FORECAST, type Job, LOOK_UP, LOOK_UP_ABOUT, lookUp, type Surface } from './surface.ts';

type Open = (job: Job) => LanguageModel;

const compatible: Open = ({ target: { baseUrl, key, model } }) =>
  createOpenAICompatible({ name: 'osiris', baseURL: baseUrl, apiKey: key, includeUsage: true })(model);
const chat: Open = ({ target: { baseUrl, key, model } }) =>
  createOpenAI({ baseURL: baseUrl, apiKey: key }).chat(model);
const responses: Open = ({ target: { baseUrl, key, model } }) =>
  createOpenAI({ baseURL: baseUrl, apiKey: key }).responses(model);
const claude: Open = ({ target: { baseUrl, key, model } }) =>
  createAnthropic({ baseURL: baseUrl, apiKey: key })(model);

function question(open: Open, job: Job) {
  return {
    model: open(job),
    prompt: job.prompt,
    maxRetries: job.retries,
    // Nothing is stored here, so history must travel whole instead of as references.
    providerOptions: { openai: { store: false } },
  };
}

const tools = () => ({
  tools: { look_up: tool({ description: LOOK_UP_ABOUT, inputSchema: LOOK_UP, execute: lookUp }) },
  stopWhen: stepCountIs(4),
});

const text = async (open: Open, job: Job): Promise<string> =>
  (await generateText({ ...question(open, job) })).text;
const textWithTools = async (open: Open, job: Job): Promise<string> =>
  (await generateText({ ...question(open, job), ...tools() })).text;

/** As its documentation tells to read a stream: errors come as parts of it. */
async function streamed(open: Open, job: Job, more: object = {}): Promise<string> {
  let said = '';
  const result = streamText({ ...question(open, job), ...more, onError: () => undefined });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'start-step') said = '';
    if (part.type === 'text-delta') said += part.text;
  }
  return said;
}

const value = async (open: Open, job: Job): Promise<unknown> =>
  (await generateObject({ ...question(open, job), schema: FORECAST })).object;

async function streamedValue(open: Open, job: Job): Promise<unknown> {
  let failure: unknown;
  const result = streamObject({
    ...question(open, job),
    schema: FORECAST,
    onError: ({ error }) => {
      failure ??= error;
    },
  });
  for await (const _partial of result.partialObjectStream) {
    // Reading is what drives it.
  }
  if (failure !== undefined) throw failure;
  return await result.object;
}

function row(
  name: string,
  format: WireFormat,
  task: Surface['task'],
  use: (job: Job) => Promise<unknown>,
): Surface {
  return { name: `ai ${name}`, format, task, use };
}

export const AI_SURFACES: Surface[] = [
  row('generateText (openai-compatible)', 'openai-chat', 'text', (job) => text(compatible, job)),
  row('streamText with tools (openai-compatible)', 'openai-chat', 'tools', (job) =>
    streamed(compatible, job, tools()),
  ),
  row('generateObject (openai chat)', 'openai-chat', 'value', (job) => value(chat, job)),
  row('streamText (openai responses)', 'openai-responses', 'text', (job) => streamed(responses, job)),
  row('streamObject (openai responses)', 'openai-responses', 'value', (job) => streamedValue(responses, job)),
  row('generateText with tools (anthropic)', 'anthropic-messages', 'tools', (job) =>
    textWithTools(claude, job),
  ),
];
