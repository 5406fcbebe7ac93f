// The OpenAI library on Chat Completions: plain, chunks read by hand, and its own helpers.

import OpenAI from 'openai';
import type { JSONSchema } from 'openai/lib/jsonschema';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { Client, Outcome, Target, ToolBox } from './client.ts';
import { PROMPT, SYSTEM, TOOLS } from './scenarios.ts';

const CHAT_TOOLS: ChatCompletionTool[] = TOOLS.map(({ name, description, parameters }) => ({
  type: 'function',
  function: { name, description, parameters },
}));
const OPENING: ChatCompletionMessageParam[] = [
  { role: 'system', content: SYSTEM },
  { role: 'user', content: PROMPT },
];
function clientOf(target: Target): OpenAI {
  return new OpenAI({ baseURL: target.baseUrl, apiKey: target.key, maxRetries: 0 });
}
/** Loops as people write them: a chunk without a choice, which nobody asked for, breaks them. */
async function* everyChunkHasAChoice(
  stream: AsyncIterable<OpenAI.Chat.ChatCompletionChunk>,
): AsyncIterable<OpenAI.Chat.ChatCompletionChunk> {
  for await (const chunk of stream) {
    if (chunk.choices.length === 0) throw new Error('a chunk without a choice');
    if (chunk.usage) throw new Error('usage that nobody asked for');
    yield chunk;
  }
}

type ChatTurn = OpenAI.Chat.ChatCompletion;

/** Asks until the model stops calling tools. */
async function chatLoop(
  ask: (messages: ChatCompletionMessageParam[]) => Promise<ChatTurn>,
  tools: ToolBox,
): Promise<Outcome> {
  const messages = [...OPENING];
  const tokens = { input: 0, output: 0, cached: 0 };
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await ask(messages);
    tokens.input += answer.usage?.prompt_tokens ?? 0;
    tokens.output += answer.usage?.completion_tokens ?? 0;
    tokens.cached += answer.usage?.prompt_tokens_details?.cached_tokens ?? 0;
    const choice = answer.choices[0];
    const calls = choice?.message.tool_calls ?? [];
    if (choice === undefined || calls.length === 0) return { text: choice?.message.content ?? '', tokens };
    if (choice.finish_reason !== 'tool_calls') throw new Error(`calls with finish ${choice.finish_reason}`);
    messages.push(choice.message);
    for (const call of calls) {
      if (call.type !== 'function') throw new Error(`a call of type ${call.type}`);
      const content = tools.run(call.function.name, JSON.parse(call.function.arguments));
      messages.push({ role: 'tool', tool_call_id: call.id, content });
    }
  }
  throw new Error('the model never stopped calling tools');
}

/** A naive reader of chunks, as in the libraries' own examples. */
async function foldChunks(stream: AsyncIterable<OpenAI.Chat.ChatCompletionChunk>): Promise<ChatTurn> {
  let content = '';
  let finish: ChatTurn['choices'][number]['finish_reason'] | null = null;
  let last: OpenAI.Chat.ChatCompletionChunk | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  const calls: OpenAI.Chat.ChatCompletionMessageFunctionToolCall[] = [];
  for await (const chunk of stream) {
    last = chunk;
    if (chunk.usage) usage = chunk.usage;
    const choice = chunk.choices[0];
    if (choice === undefined) continue;
    finish = choice.finish_reason ?? finish;
    content += choice.delta.content ?? '';
    for (const delta of choice.delta.tool_calls ?? []) {
      const call = calls[delta.index] ?? { id: '', type: 'function', function: { name: '', arguments: '' } };
      calls[delta.index] = call;
      call.id += delta.id ?? '';
      call.function.name += delta.function?.name ?? '';
      call.function.arguments += delta.function?.arguments ?? '';
    }
  }
  if (last === undefined || finish === null) throw new Error('the stream had no finish');
  return {
    id: last.id,
    object: 'chat.completion',
    created: last.created,
    model: last.model,
    choices: [
      {
        index: 0,
        finish_reason: finish,
        logprobs: null,
        message: {
          role: 'assistant',
          content: content === '' ? null : content,
          refusal: null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
const runnable = (tools: ToolBox): RunnableToolFunctionWithParse<object>[] =>
  TOOLS.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    function: {
      name,
      description,
      parameters: parameters as JSONSchema,
      parse: (text: string): object => JSON.parse(text) as object,
      function: (args: object): string => tools.run(name, args),
    },
  }));
export const OPENAI_CHAT_CLIENTS: Client[] = [
  {
    name: 'openai-chat-plain',
    format: 'openai-chat',
    converse: (target, tools) =>
      chatLoop(
        (messages) =>
          clientOf(target).chat.completions.create({ model: target.model, messages, tools: CHAT_TOOLS }),
        tools,
      ),
  },
  {
    name: 'openai-chat-stream',
    format: 'openai-chat',
    converse: (target, tools) =>
      chatLoop(
        async (messages) =>
          foldChunks(
            await clientOf(target).chat.completions.create({
              model: target.model,
              messages,
              tools: CHAT_TOOLS,
              stream: true,
              stream_options: { include_usage: true },
            }),
          ),
        tools,
      ),
  },
  {
    name: 'openai-chat-naive-stream',
    format: 'openai-chat',
    async converse(target, tools) {
      const ask = async (messages: ChatCompletionMessageParam[]) => {
        const request = { model: target.model, messages, tools: CHAT_TOOLS, stream: true as const };
        return foldChunks(everyChunkHasAChoice(await clientOf(target).chat.completions.create(request)));
      };
      return { ...(await chatLoop(ask, tools)), tokens: undefined };
    },
  },
  {
    name: 'openai-chat-helper',
    format: 'openai-chat',
    converse: (target, tools) =>
      chatLoop(async (messages) => {
        const helper = clientOf(target).chat.completions.stream({
          model: target.model,
          messages,
          tools: CHAT_TOOLS,
          stream_options: { include_usage: true },
        });
        const done = await helper.finalChatCompletion();
        // The helper adds parsed values to the message; they are no part of the wire format.
        const choices = done.choices.map((choice) => {
          const { parsed: _parsed, ...message } = choice.message;
          return { ...choice, message };
        });
        return { ...done, choices };
      }, tools),
  },
  {
    name: 'openai-chat-runtools-plain',
    format: 'openai-chat',
    async converse(target, tools) {
      const runner = clientOf(target).chat.completions.runTools({
        model: target.model,
        messages: OPENING,
        tools: runnable(tools),
      });
      const text = (await runner.finalContent()) ?? '';
      const usage = await runner.totalUsage();
      return { text, tokens: { input: usage.prompt_tokens, output: usage.completion_tokens } };
    },
  },
  {
    name: 'openai-chat-runtools-stream',
    format: 'openai-chat',
    async converse(target, tools) {
      const runner = clientOf(target).chat.completions.runTools({
        model: target.model,
        messages: OPENING,
        tools: runnable(tools),
        stream: true,
        stream_options: { include_usage: true },
      });
      const text = (await runner.finalContent()) ?? '';
      const usage = await runner.totalUsage();
      return { text, tokens: { input: usage.prompt_tokens, output: usage.completion_tokens } };
    },
  },
];
