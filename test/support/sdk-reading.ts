// What the vendors' own libraries make of a streamed answer, byte for byte as a client received it.

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { WireFormat } from './script.ts';

export type Call = { name: string; input: unknown };

/** An answer in the words all formats share; `finish` is the format's own word. */
export type Reading = { text: string; calls: Call[]; finish: string; input: number; output: number };

/** Rejects with the library's error where it reports one. */
export async function readWithSdk(format: WireFormat, stream: string): Promise<Reading> {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
  });
  try {
    return await READERS[format](`http://127.0.0.1:${server.port}`);
  } finally {
    await server.stop(true);
  }
}

const READERS: Record<WireFormat, (origin: string) => Promise<Reading>> = {
  'openai-chat': readChat,
  'openai-responses': readResponses,
  'anthropic-messages': readMessages,
  'google-generate-content': readGoogle,
};

const KEY = 'sk-replayed';
const QUESTION = { role: 'user' as const, content: 'x' };

async function readChat(origin: string): Promise<Reading> {
  const client = new OpenAI({ baseURL: origin, apiKey: KEY, maxRetries: 0 });
  const request = { model: 'm', messages: [QUESTION], stream_options: { include_usage: true } };
  const done = await client.chat.completions.stream(request).finalChatCompletion();
  const [choice] = done.choices;
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ name: call.function.name, input: parsed(call.function.arguments) }] : [],
  );
  return {
    text: choice?.message.content ?? '',
    calls,
    finish: choice?.finish_reason ?? '',
    input: done.usage?.prompt_tokens ?? 0,
    output: done.usage?.completion_tokens ?? 0,
  };
}

async function readResponses(origin: string): Promise<Reading> {
  const client = new OpenAI({ baseURL: origin, apiKey: KEY, maxRetries: 0 });
  const done = await client.responses.stream({ model: 'm', input: 'x' }).finalResponse();
  if (done.status === 'failed') throw new Error(`${done.error?.code}: ${done.error?.message}`);
  const calls = done.output.flatMap((item) =>
    item.type === 'function_call' ? [{ name: item.name, input: parsed(item.arguments) }] : [],
  );
  return {
    text: done.output_text,
    calls,
    finish: done.incomplete_details?.reason ?? done.status ?? '',
    input: done.usage?.input_tokens ?? 0,
    output: done.usage?.output_tokens ?? 0,
  };
}

async function readMessages(origin: string): Promise<Reading> {
  const client = new Anthropic({ baseURL: origin, apiKey: KEY, maxRetries: 0 });
  const request = { model: 'm', max_tokens: 9, messages: [QUESTION] };
  const done = await client.messages.stream(request).finalMessage();
  const calls = done.content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
  );
  return {
    text: done.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls,
    finish: done.stop_reason ?? '',
    input: done.usage.input_tokens + (done.usage.cache_read_input_tokens ?? 0),
    output: done.usage.output_tokens,
  };
}

async function readGoogle(origin: string): Promise<Reading> {
  const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: origin } });
  const reading: Reading = { text: '', calls: [], finish: '', input: 0, output: 0 };
  for await (const piece of await client.models.generateContentStream({ model: 'm', contents: 'x' })) {
    const candidate = piece.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.text !== undefined && part.thought !== true) reading.text += part.text;
      if (part.functionCall)
        reading.calls.push({ name: part.functionCall.name ?? '', input: part.functionCall.args });
    }
    reading.finish = candidate?.finishReason ?? reading.finish;
    const {
      promptTokenCount = 0,
      candidatesTokenCount = 0,
      thoughtsTokenCount = 0,
    } = piece.usageMetadata ?? {};
    reading.input = promptTokenCount;
    reading.output = candidatesTokenCount + thoughtsTokenCount;
  }
  return reading;
}

/** Arguments cut short are what they are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
