// Tool loops over the real client libraries that send back whatever reasoning they were given, and one that does not.

import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import type { Content, Part } from '@google/genai';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { ResponseInputItem, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { Target } from './client.ts';
import { openGoogle } from './google-client.ts';
import type { WireFormat } from './script.ts';
import { openAnthropic } from './stream-clients.ts';

const SCHEMA = { type: 'object' as const, properties: { place: { type: 'string' } }, required: ['place'] };
const QUESTION = 'Will it rain?';
const RESULT = 'rain';

/** A conversation that goes on: `ask` sends all of it, takes the answer in, and runs the tools it calls. */
export type Talk = { ask(target: Target): Promise<{ calls: number }> };

export type ThinkingClient = {
  name: string;
  format: WireFormat;
  /** It sends the reasoning of earlier answers back. */
  echoes: boolean;
  begin(): Talk;
};

function openai(target: Target): OpenAI {
  return new OpenAI({ baseURL: target.baseUrl, apiKey: target.key, maxRetries: 0 });
}

function chat(stream: boolean, echoes: boolean): ThinkingClient {
  const how = `${stream ? 'streamed' : 'plain'}${echoes ? '' : ', forgetful'}`;
  return {
    name: `openai chat, ${how}`,
    format: 'openai-chat',
    echoes,
    begin() {
      const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }];
      return {
        async ask(target) {
          const request = {
            model: target.model,
            messages,
            reasoning_effort: 'medium' as const,
            tools: [{ type: 'function' as const, function: { name: 'look_up', parameters: SCHEMA } }],
          };
          const { completions } = openai(target).chat;
          const answer = stream
            ? await completions.stream(request).finalChatCompletion()
            : await completions.create(request);
          const message = answer.choices[0]?.message;
          if (!message) throw new Error('an answer without a message');
          const { role, content, tool_calls } = message;
          const bare = tool_calls?.map(({ id, type, ...call }) => ({
            id,
            type,
            ...('function' in call ? { function: call.function } : {}),
          }));
          const kept = { role, content, ...(bare ? { tool_calls: bare } : {}) };
          messages.push((echoes ? message : kept) as ChatCompletionMessageParam);
          const calls = tool_calls ?? [];
          for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: RESULT });
          return { calls: calls.length };
        },
      };
    },
  };
}

function responses(stream: boolean): ThinkingClient {
  return {
    name: `openai responses, ${stream ? 'streamed' : 'plain'}`,
    format: 'openai-responses',
    echoes: true,
    begin() {
      const input: ResponseInputItem[] = [{ role: 'user', content: QUESTION }];
      return {
        async ask(target) {
          const request = {
            model: target.model,
            input,
            store: false,
            include: ['reasoning.encrypted_content' as const],
            reasoning: { effort: 'medium' as const, summary: 'auto' as const },
            tools: [{ type: 'function' as const, name: 'look_up', parameters: SCHEMA, strict: false }],
          };
          const output: ResponseOutputItem[] = [];
          if (stream) {
            for await (const event of await openai(target).responses.create({ ...request, stream: true }))
              if (event.type === 'response.output_item.done') output.push(event.item);
          } else output.push(...(await openai(target).responses.create(request)).output);
          input.push(...(output as ResponseInputItem[]));
          const calls = output.filter((item) => item.type === 'function_call');
          for (const { call_id } of calls)
            input.push({ type: 'function_call_output', call_id, output: RESULT });
          return { calls: calls.length };
        },
      };
    },
  };
}

function messages(stream: boolean): ThinkingClient {
  return {
    name: `anthropic messages, ${stream ? 'streamed' : 'plain'}`,
    format: 'anthropic-messages',
    echoes: true,
    begin() {
      const history: MessageParam[] = [{ role: 'user', content: QUESTION }];
      return {
        async ask(target) {
          const request = {
            model: target.model,
            max_tokens: 4096,
            thinking: { type: 'enabled' as const, budget_tokens: 2048 },
            messages: history,
            tools: [{ name: 'look_up', input_schema: SCHEMA }],
          };
          const library = openAnthropic(target).messages;
          const { content } = stream
            ? await library.stream(request).finalMessage()
            : await library.create(request);
          history.push({ role: 'assistant', content });
          const calls = content.filter((block) => block.type === 'tool_use');
          const results = calls.map(({ id }) => ({
            type: 'tool_result' as const,
            tool_use_id: id,
            content: RESULT,
          }));
          history.push({ role: 'user', content: results.length > 0 ? results : 'And then?' });
          return { calls: calls.length };
        },
      };
    },
  };
}

function google(stream: boolean): ThinkingClient {
  return {
    name: `genai, ${stream ? 'streamed' : 'plain'}`,
    format: 'google-generate-content',
    echoes: true,
    begin() {
      const contents: Content[] = [{ role: 'user', parts: [{ text: QUESTION }] }];
      return {
        async ask(target) {
          const request = {
            model: target.model,
            contents,
            config: {
              thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 },
              tools: [{ functionDeclarations: [{ name: 'look_up', parametersJsonSchema: SCHEMA }] }],
            },
          };
          const parts: Part[] = [];
          const { models } = openGoogle(target);
          if (stream) {
            for await (const piece of await models.generateContentStream(request))
              parts.push(...(piece.candidates?.[0]?.content?.parts ?? []));
          } else
            parts.push(...((await models.generateContent(request)).candidates?.[0]?.content?.parts ?? []));
          contents.push({ role: 'model', parts });
          const results = parts.flatMap(({ functionCall: call }): Part[] =>
            call
              ? [
                  {
                    functionResponse: {
                      ...(call.id === undefined ? {} : { id: call.id }),
                      name: call.name ?? '',
                      response: { result: RESULT },
                    },
                  },
                ]
              : [],
          );
          if (results.length > 0) contents.push({ role: 'user', parts: results });
          return { calls: results.length };
        },
      };
    },
  };
}

export const THINKING_CLIENTS: ThinkingClient[] = [false, true].flatMap((stream) => [
  chat(stream, true),
  chat(stream, false),
  responses(stream),
  messages(stream),
  google(stream),
]);
