// LangChain's OpenAI (both formats) and Anthropic models, plain and streamed.

import { ChatAnthropic } from '@langchain/anthropic';
import type { AIMessageChunk, BaseMessage, UsageMetadata } from '@langchain/core/messages';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import type { Client, Outcome, Target, ToolBox } from '../support/client.ts';
import { matrix } from '../support/matrix.ts';
import { PROMPT, SYSTEM, TOOLS } from '../support/scenarios.ts';
import type { WireFormat } from '../support/script.ts';

type Bound = {
  invoke(messages: BaseMessage[]): Promise<AIMessageChunk>;
  stream(messages: BaseMessage[]): Promise<AsyncIterable<AIMessageChunk>>;
};

const DEFINITIONS = TOOLS.map(({ name, description, parameters }) => ({
  type: 'function' as const,
  function: { name, description, parameters },
}));

const LIBRARIES: { name: string; format: WireFormat; open(target: Target): Bound }[] = [
  {
    name: 'langchain-chat',
    format: 'openai-chat',
    open: ({ baseUrl, key, model }) =>
      new ChatOpenAI({
        model,
        apiKey: key,
        configuration: { baseURL: baseUrl },
        maxRetries: 0,
        useResponsesApi: false,
      }).bindTools(DEFINITIONS) as unknown as Bound,
  },
  {
    name: 'langchain-responses',
    format: 'openai-responses',
    open: ({ baseUrl, key, model }) =>
      new ChatOpenAI({
        model,
        apiKey: key,
        configuration: { baseURL: baseUrl },
        maxRetries: 0,
        useResponsesApi: true,
        zdrEnabled: true,
      }).bindTools(DEFINITIONS) as unknown as Bound,
  },
  {
    name: 'langchain-anthropic',
    format: 'anthropic-messages',
    open: ({ origin, key, model }) =>
      new ChatAnthropic({
        model,
        apiKey: key,
        anthropicApiUrl: origin,
        maxTokens: 1024,
        maxRetries: 0,
      }).bindTools(
        TOOLS.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
      ) as unknown as Bound,
  },
];

async function loop(
  ask: (messages: BaseMessage[]) => Promise<AIMessageChunk>,
  tools: ToolBox,
): Promise<Outcome> {
  const messages: BaseMessage[] = [new SystemMessage(SYSTEM), new HumanMessage(PROMPT)];
  const tokens = { input: 0, output: 0, cached: 0 };
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await ask(messages);
    const usage = answer.usage_metadata as UsageMetadata | undefined;
    tokens.input += usage?.input_tokens ?? 0;
    tokens.output += usage?.output_tokens ?? 0;
    tokens.cached += usage?.input_token_details?.cache_read ?? 0;
    messages.push(answer);
    const calls = answer.tool_calls ?? [];
    if (calls.length === 0) return { text: answer.text, tokens };
    for (const call of calls) {
      const content = tools.run(call.name, call.args);
      messages.push(new ToolMessage({ content, tool_call_id: call.id ?? '' }));
    }
  }
  throw new Error('the model never stopped calling tools');
}

async function fold(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error('the stream was empty');
  return whole;
}

const CLIENTS = LIBRARIES.flatMap((library): Client[] => [
  {
    name: `${library.name}-plain`,
    format: library.format,
    converse: (target, tools) => loop((messages) => library.open(target).invoke(messages), tools),
  },
  {
    name: `${library.name}-stream`,
    format: library.format,
    // It adds the output tokens of message_start to those of message_delta, and takes no input from the latter.
    ...(library.format === 'anthropic-messages' ? { overcount: 2, countsInputAtStart: true as const } : {}),
    converse: (target, tools) =>
      loop(async (messages) => fold(await library.open(target).stream(messages)), tools),
  },
]);

matrix(CLIENTS);
