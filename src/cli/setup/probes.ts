// The calls that prove a setup, in each wire format, and what a client looks for in their answers.

import type { Client } from '../../clients/client.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, tryParseJson } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';

export type Probe = { path: string; body: JsonObject };

/** Each reader gives what it found, in words; undefined when the answer lacks it. */
export type Probes = {
  plain: Probe & { read(body: JsonObject): string | undefined };
  stream: Probe & { read(frames: readonly SseFrame[]): string | undefined };
  tool: Probe & { read(body: JsonObject): string | undefined };
  count: Count;
};

/** Where there is no address for counting, the stream tells. */
export type Count =
  | (Probe & { by: 'address'; read(body: JsonObject): number | undefined })
  | { by: 'stream'; read(frames: readonly SseFrame[]): number | undefined };

const HELLO = 'Say hello.';
/** The sandbox understands the second sentence, everybody else the first. */
const WEATHER = 'Use the tool for the weather in Bern. Just call get_weather {"city":"Bern"}';
/** Room for models that think before they answer. */
const TOKENS_MAX = 2_000;

const SCHEMA: JsonObject = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const TOOL: JsonObject = { name: 'get_weather', description: 'The weather in a city.' };

export function probesFor(format: Client['format'], model: string): Probes {
  switch (format) {
    case 'openai-chat':
      return chat(model);
    case 'openai-responses':
      return responses(model);
    case 'anthropic-messages':
      return messages(model);
    default:
      return format satisfies never;
  }
}

function chat(model: string): Probes {
  const path = '/v1/chat/completions';
  const ask = (content: string): JsonObject => ({
    model,
    messages: [{ role: 'user', content }],
    max_completion_tokens: TOKENS_MAX,
  });
  const messageOf = (body: JsonObject) => asObject(asObject(asArray(body.choices)[0]).message);
  const chunksOf = (frames: readonly SseFrame[]) => frames.map(({ data }) => asObject(tryParseJson(data)));
  return {
    plain: { path, body: ask(HELLO), read: (body) => asString(messageOf(body).content) },
    stream: {
      path,
      body: { ...ask(HELLO), stream: true, stream_options: { include_usage: true } },
      read(frames) {
        const choices = chunksOf(frames).map((chunk) => asObject(asArray(chunk.choices)[0]));
        const finished = choices.some((choice) => asString(choice.finish_reason) !== undefined);
        if (!finished || frames.at(-1)?.data !== '[DONE]') return undefined;
        return choices.map((choice) => asString(asObject(choice.delta).content) ?? '').join('');
      },
    },
    tool: {
      path,
      body: { ...ask(WEATHER), tools: [{ type: 'function', function: { ...TOOL, parameters: SCHEMA } }] },
      read(body) {
        const call = asObject(asObject(asArray(messageOf(body).tool_calls)[0]).function);
        return callInWords(call.name, tryParseJson(asString(call.arguments) ?? ''));
      },
    },
    count: {
      by: 'stream',
      read: (frames) =>
        chunksOf(frames)
          .map((chunk) => asNumber(asObject(chunk.usage).prompt_tokens))
          .find((count) => count !== undefined),
    },
  };
}

function responses(model: string): Probes {
  const path = '/v1/responses';
  const ask = (input: string): JsonObject => ({ model, input, store: false, max_output_tokens: TOKENS_MAX });
  const itemsOf = (body: JsonObject, type: string) =>
    asArray(body.output)
      .map(asObject)
      .filter((item) => item.type === type);
  return {
    plain: {
      path,
      body: ask(HELLO),
      read(body) {
        const [item] = itemsOf(body, 'message');
        return (
          item &&
          asArray(item.content)
            .map((part) => asString(asObject(part).text) ?? '')
            .join('')
        );
      },
    },
    stream: {
      path,
      body: { ...ask(HELLO), stream: true },
      read(frames) {
        const events = frames.map(({ data }) => asObject(tryParseJson(data)));
        if (!events.some(({ type }) => type === 'response.completed')) return undefined;
        return events
          .filter(({ type }) => type === 'response.output_text.delta')
          .map(({ delta }) => asString(delta) ?? '')
          .join('');
      },
    },
    tool: {
      path,
      body: { ...ask(WEATHER), tools: [{ type: 'function', ...TOOL, parameters: SCHEMA, strict: false }] },
      read(body) {
        const [call] = itemsOf(body, 'function_call');
        return call && callInWords(call.name, tryParseJson(asString(call.arguments) ?? ''));
      },
    },
    count: {
      by: 'address',
      path: '/v1/responses/input_tokens',
      body: { model, input: HELLO },
      read: (body) => asNumber(body.input_tokens),
    },
  };
}

function messages(model: string): Probes {
  const path = '/v1/messages';
  const turns: JsonObject = { model, messages: [{ role: 'user', content: HELLO }] };
  const ask = (content: string): JsonObject => ({
    model,
    max_tokens: TOKENS_MAX,
    messages: [{ role: 'user', content }],
  });
  const blocksOf = (body: JsonObject, type: string) =>
    asArray(body.content)
      .map(asObject)
      .filter((block) => block.type === type);
  return {
    plain: {
      path,
      body: ask(HELLO),
      read(body) {
        const blocks = blocksOf(body, 'text');
        return blocks.length === 0 ? undefined : blocks.map(({ text }) => asString(text) ?? '').join('');
      },
    },
    stream: {
      path,
      body: { ...ask(HELLO), stream: true },
      read(frames) {
        if (frames.at(-1)?.event !== 'message_stop') return undefined;
        return frames
          .filter(({ event }) => event === 'content_block_delta')
          .map(({ data }) => asString(asObject(asObject(tryParseJson(data)).delta).text) ?? '')
          .join('');
      },
    },
    tool: {
      path,
      body: { ...ask(WEATHER), tools: [{ ...TOOL, input_schema: SCHEMA }] },
      read(body) {
        const [call] = blocksOf(body, 'tool_use');
        return call && callInWords(call.name, call.input);
      },
    },
    count: {
      by: 'address',
      path: '/v1/messages/count_tokens',
      body: turns,
      read: (body) => asNumber(body.input_tokens),
    },
  };
}

function callInWords(name: unknown, input: unknown): string | undefined {
  const city = asString(asObject(input).city);
  return name === TOOL.name && city !== undefined ? `${name} ${JSON.stringify({ city })}` : undefined;
}
