// Both living generations of the Anthropic library, used in one way: they differ in headers and threads only.

import type Anthropic from '@anthropic-ai/sdk';
import type { MessageParam, Tool, ToolResultBlockParam } from '@anthropic-ai/sdk/resources/messages';
import type { Client, Outcome, Target, ToolBox } from './client.ts';
import { PROMPT, SYSTEM, TOOLS } from './scenarios.ts';

/** The part of a library generation that these clients use. */
export type MessagesLibrary = {
  messages: Pick<Anthropic['messages'], 'create' | 'stream'>;
  beta: { messages: Pick<Anthropic['beta']['messages'], 'toolRunner'> };
};

const MESSAGES_TOOLS: Tool[] = TOOLS.map(({ name, description, parameters }) => ({
  name,
  description,
  input_schema: parameters,
}));

/** Its plain, streamed, helper and tool-runner ways; `open` makes a library client without retries. */
export function anthropicClients(name: string, open: (target: Target) => MessagesLibrary): Client[] {
  return [
    {
      name: `${name}-plain`,
      format: 'anthropic-messages',
      echoesReasoning: true,
      converse: (target, tools) =>
        messagesLoop((messages) => open(target).messages.create(requestOf(target, messages)), tools),
    },
    {
      name: `${name}-stream`,
      format: 'anthropic-messages',
      echoesReasoning: true,
      converse: (target, tools) =>
        messagesLoop(
          async (messages) =>
            foldEvents(await open(target).messages.create({ ...requestOf(target, messages), stream: true })),
          tools,
        ),
    },
    {
      name: `${name}-helper`,
      format: 'anthropic-messages',
      echoesReasoning: true,
      converse: (target, tools) =>
        messagesLoop(
          (messages) => open(target).messages.stream(requestOf(target, messages)).finalMessage(),
          tools,
        ),
    },
    ...[false, true].map(
      (stream): Client => ({
        name: `${name}-runner-${stream ? 'stream' : 'plain'}`,
        format: 'anthropic-messages',
        echoesReasoning: true,
        converse: (target, tools) => runTools(open(target), target, tools, stream),
      }),
    ),
  ];
}

function requestOf(target: Target, messages: MessageParam[]) {
  return { model: target.model, max_tokens: 1024, system: SYSTEM, messages, tools: MESSAGES_TOOLS };
}

type Answer = Pick<Anthropic.Message, 'content' | 'stop_reason' | 'usage'>;

async function messagesLoop(
  ask: (messages: MessageParam[]) => Promise<Answer>,
  tools: ToolBox,
): Promise<Outcome> {
  const messages: MessageParam[] = [{ role: 'user', content: PROMPT }];
  const tokens = { input: 0, output: 0, cached: 0 };
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await ask(messages);
    addTokens(tokens, answer.usage);
    if (answer.stop_reason !== 'tool_use') return { text: textOf(answer), tokens };
    messages.push({ role: 'assistant', content: answer.content });
    const results: ToolResultBlockParam[] = [];
    for (const block of answer.content) {
      if (block.type !== 'tool_use') continue;
      if (!/^[a-zA-Z0-9_-]+$/.test(block.id)) throw new Error(`an id Anthropic never gives: ${block.id}`);
      results.push({
        type: 'tool_result',
        tool_use_id: block.id,
        content: tools.run(block.name, block.input),
      });
    }
    messages.push({ role: 'user', content: results });
  }
  throw new Error('the model never stopped calling tools');
}

/** Reads raw events by index, as a client without the helper does. */
async function foldEvents(stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): Promise<Answer> {
  let answer: Answer | undefined;
  let stopped = false;
  const inputs: string[] = [];
  for await (const event of stream) {
    switch (event.type) {
      case 'message_start':
        answer = { content: [], stop_reason: null, usage: event.message.usage };
        break;
      case 'content_block_start':
        if (answer?.content.length !== event.index) throw new Error(`block ${event.index} out of order`);
        answer.content.push(event.content_block);
        inputs[event.index] = '';
        break;
      case 'content_block_delta': {
        const block = answer?.content[event.index];
        const { delta } = event;
        if (delta.type === 'text_delta' && block?.type === 'text') block.text += delta.text;
        else if (delta.type === 'thinking_delta' && block?.type === 'thinking')
          block.thinking += delta.thinking;
        else if (delta.type === 'signature_delta' && block?.type === 'thinking')
          block.signature = delta.signature;
        else if (delta.type === 'input_json_delta') inputs[event.index] += delta.partial_json;
        else throw new Error(`a ${delta.type} in a ${block?.type} block`);
        break;
      }
      case 'content_block_stop': {
        const block = answer?.content[event.index];
        if (block?.type === 'tool_use') block.input = JSON.parse(inputs[event.index] || '{}');
        break;
      }
      case 'message_delta':
        if (answer === undefined) throw new Error('message_delta before message_start');
        answer.stop_reason = event.delta.stop_reason;
        answer.usage = {
          ...answer.usage,
          output_tokens: event.usage.output_tokens,
          input_tokens: event.usage.input_tokens ?? answer.usage.input_tokens,
          cache_read_input_tokens:
            event.usage.cache_read_input_tokens ?? answer.usage.cache_read_input_tokens,
        };
        break;
      case 'message_stop':
        stopped = true;
        break;
      default:
        event satisfies never;
    }
  }
  if (answer === undefined || !stopped) throw new Error('the stream had no message_stop');
  return answer;
}

/** The library's own loop; generation 1 first asks for a server-held thread and must be talked out of it. */
async function runTools(
  library: MessagesLibrary,
  target: Target,
  tools: ToolBox,
  stream: boolean,
): Promise<Outcome> {
  const tokens = { input: 0, output: 0, cached: 0 };
  const request = {
    model: target.model,
    max_tokens: 1024,
    system: SYSTEM,
    messages: [{ role: 'user' as const, content: PROMPT }],
    tools: TOOLS.map(({ name, description, parameters }) => ({
      type: 'custom' as const,
      name,
      description,
      input_schema: parameters,
      parse: (args: unknown): unknown => args,
      run: (args: unknown): string => tools.run(name, args),
    })),
  };
  let text = '';
  if (stream) {
    for await (const turn of library.beta.messages.toolRunner({ ...request, stream: true })) {
      const message = await turn.finalMessage();
      addTokens(tokens, message.usage);
      text = textOf(message);
    }
  } else {
    for await (const message of library.beta.messages.toolRunner({ ...request, stream: false })) {
      addTokens(tokens, message.usage);
      text = textOf(message);
    }
  }
  return { text, tokens };
}

function addTokens(
  tokens: { input: number; output: number; cached: number },
  usage: { input_tokens: number; output_tokens: number; cache_read_input_tokens: number | null },
): void {
  const cached = usage.cache_read_input_tokens ?? 0;
  tokens.input += usage.input_tokens + cached;
  tokens.output += usage.output_tokens;
  tokens.cached += cached;
}

function textOf(answer: { content: { type: string; text?: string }[] }): string {
  return answer.content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join('');
}
