// The surfaces of the libraries that stand on the official ones: LangChain and OpenAI's Agents.

import { ChatAnthropic } from '@langchain/anthropic';
import type { AIMessageChunk } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import { openOpenAI } from './openai-chat.ts';
import { FORECAST, type Job, LOOK_UP, LOOK_UP_ABOUT, lookUp, type Surface } from './surface.ts';

setTracingDisabled(true);

function openChat({ target, retries }: Job, useResponsesApi: boolean): ChatOpenAI {
  const { model, key, baseUrl } = target;
  const configuration = { baseURL: baseUrl };
  return new ChatOpenAI({ model, apiKey: key, configuration, maxRetries: retries, useResponsesApi });
}

function openClaude({ target: { model, key, origin }, retries }: Job): ChatAnthropic {
  return new ChatAnthropic({
    model,
    apiKey: key,
    anthropicApiUrl: origin,
    maxTokens: 1024,
    maxRetries: retries,
  });
}

async function readChunks(chunks: AsyncIterable<AIMessageChunk>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk.text;
  return text;
}

function agentOf(job: Job, mode: 'chat' | 'responses'): Agent {
  const client = openOpenAI(job);
  const { model } = job.target;
  return new Agent({
    name: 'forecaster',
    model:
      mode === 'chat'
        ? new OpenAIChatCompletionsModel(client, model)
        : new OpenAIResponsesModel(client, model),
    ...(mode === 'chat' ? {} : { modelSettings: { store: false } }),
    tools: [
      tool({
        name: 'look_up',
        description: LOOK_UP_ABOUT,
        parameters: LOOK_UP,
        execute: (args) => lookUp(args),
      }),
    ],
  });
}

async function runAgent(job: Job, mode: 'chat' | 'responses'): Promise<unknown> {
  return (await run(agentOf(job, mode), job.prompt, { maxTurns: 4 })).finalOutput;
}

async function runAgentStreamed(job: Job, mode: 'chat' | 'responses'): Promise<unknown> {
  const result = await run(agentOf(job, mode), job.prompt, { maxTurns: 4, stream: true });
  for await (const _event of result) {
    // Reading is what drives the run.
  }
  await result.completed;
  return result.finalOutput;
}

export const FRAMEWORK_SURFACES: Surface[] = [
  {
    name: 'langchain ChatOpenAI.invoke',
    format: 'openai-chat',
    task: 'text',
    use: async (job) => (await openChat(job, false).invoke(job.prompt)).text,
  },
  {
    name: 'langchain ChatOpenAI.stream',
    format: 'openai-chat',
    task: 'text',
    use: async (job) => readChunks(await openChat(job, false).stream(job.prompt)),
  },
  {
    name: 'langchain ChatOpenAI.withStructuredOutput',
    format: 'openai-chat',
    task: 'value',
    use: (job) => openChat(job, false).withStructuredOutput(FORECAST).invoke(job.prompt),
  },
  {
    name: 'langchain ChatOpenAI.stream (responses)',
    format: 'openai-responses',
    task: 'text',
    use: async (job) => readChunks(await openChat(job, true).stream(job.prompt)),
  },
  {
    name: 'langchain ChatAnthropic.invoke',
    format: 'anthropic-messages',
    task: 'text',
    use: async (job) => (await openClaude(job).invoke(job.prompt)).text,
  },
  {
    name: 'langchain ChatAnthropic.stream',
    format: 'anthropic-messages',
    task: 'text',
    use: async (job) => readChunks(await openClaude(job).stream(job.prompt)),
  },
  {
    name: 'langchain ChatAnthropic.withStructuredOutput',
    format: 'anthropic-messages',
    task: 'value',
    use: (job) => openClaude(job).withStructuredOutput(FORECAST).invoke(job.prompt),
  },
  { name: 'agents run (chat)', format: 'openai-chat', task: 'tools', use: (job) => runAgent(job, 'chat') },
  {
    name: 'agents run({ stream }) (responses)',
    format: 'openai-responses',
    task: 'tools',
    use: (job) => runAgentStreamed(job, 'responses'),
  },
];
