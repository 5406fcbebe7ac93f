// The real server before a TCP upstream that answers in every format with the very bytes a test gives it.

import type { NewKey } from '../../src/store/ports.ts';
import { type InProcess, openHere } from './in-process.ts';
import { type RawAnswer, type RawUpstream, rawUpstream, SSE_HEAD } from './raw-upstream.ts';
import { type Asked, WIRE_FORMATS, type WireFormat } from './script.ts';
import { baseUrlOf } from './wire.ts';

/** Every client format over every upstream format, pass-through included. */
export const PAIRS: [client: WireFormat, upstream: WireFormat][] = WIRE_FORMATS.flatMap((client) =>
  WIRE_FORMATS.map((upstream): [WireFormat, WireFormat] => [client, upstream]),
);

/** A text with code points of two, three and four bytes. */
export const RAINY = 'Rain 🌧 in Bergen, é à 日本, then sun.';

export type Asking = {
  stream?: boolean;
  key?: string;
  headers?: Record<string, string>;
  /** Members of the body beside the least there can be. */
  members?: Record<string, unknown>;
};

export type Conformance = {
  here: InProcess;
  upstream: RawUpstream;
  /** Every request from now on is answered with these bytes. */
  answerWith(answer: RawAnswer): void;
  /** The same for a streamed answer, which ends with its connection. */
  streamWith(...pieces: RawAnswer['pieces']): void;
  /** Asks in one format for the model behind another one. */
  ask(client: WireFormat, upstream: WireFormat, asking?: Asking): Promise<Response>;
  makeKey(members?: Partial<NewKey>): string;
  stop(): Promise<void>;
};

const CREDENTIAL = 'c4nary-credential';

/** `price` is in USD per million tokens of input and of output. */
export async function openConformance(price = 0): Promise<Conformance> {
  const answers: RawAnswer[] = [];
  const upstream = await rawUpstream(answers);
  const origin = `http://127.0.0.1:${upstream.port}`;
  const provider = (format: WireFormat) => ({
    base_url: baseUrlOf(origin, format),
    format,
    auth: 'bearer',
    api_key: CREDENTIAL,
  });
  const model = (format: WireFormat) => ({
    price: { input: price, output: price },
    deployments: [{ provider: `up-${format}`, model: upstreamModel(format) }],
  });
  const here = await openHere({
    sections: {
      providers: Object.fromEntries(WIRE_FORMATS.map((format) => [`up-${format}`, provider(format)])),
      models: Object.fromEntries(WIRE_FORMATS.map((format) => [modelOver(format), model(format)])),
    },
  });
  const answerWith = (answer: RawAnswer) => {
    answers.splice(0, answers.length, answer);
    upstream.requests.length = 0;
  };
  return {
    here,
    upstream,
    answerWith,
    streamWith: (...pieces) => answerWith({ pieces: [SSE_HEAD, ...pieces], gapMs: 0, after: 'end' }),
    ask(client, over, { stream = true, key = here.key, headers = {}, members = {} } = {}) {
      const { path, body } = requestOf(client, modelOver(over), stream);
      return fetch(here.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...body, ...members }),
      });
    },
    makeKey: (members = {}) => here.makeKey({ requestsPerMinute: 100_000, concurrent: 100 }, members).key,
    async stop() {
      await here.stop();
      upstream.stop();
    },
  };
}

export const modelOver = (format: WireFormat): string => `${format}-model`;
export const upstreamModel = (format: WireFormat): string => `${format}-upstream`;

/** How a scripted answer is addressed; its usage is wanted. */
export function askedOf(format: WireFormat, stream = true): Asked {
  const body = { stream, stream_options: { include_usage: true } };
  return { position: 0, model: upstreamModel(format), stream, body };
}

const TOOLS = ['get_weather', 'get_time'];
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } };

/** The smallest request that offers two tools. */
export function requestOf(
  format: WireFormat,
  model: string,
  stream: boolean,
): { path: string; body: Record<string, unknown> } {
  const messages = [{ role: 'user', content: 'Hello' }];
  switch (format) {
    case 'openai-chat': {
      const tools = TOOLS.map((name) => ({ type: 'function', function: { name, parameters: PARAMETERS } }));
      const options = stream ? { stream_options: { include_usage: true } } : {};
      return { path: '/v1/chat/completions', body: { model, stream, messages, tools, ...options } };
    }
    case 'openai-responses': {
      const tools = TOOLS.map((name) => ({ type: 'function', name, parameters: PARAMETERS, strict: false }));
      return { path: '/v1/responses', body: { model, stream, input: 'Hello', tools, store: false } };
    }
    case 'anthropic-messages': {
      const tools = TOOLS.map((name) => ({ name, input_schema: PARAMETERS }));
      return { path: '/v1/messages', body: { model, stream, max_tokens: 1000, messages, tools } };
    }
    case 'google-generate-content': {
      const operation = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const declared = TOOLS.map((name) => ({ name, parametersJsonSchema: PARAMETERS }));
      const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }];
      return {
        path: `/v1beta/models/${model}:${operation}`,
        body: { contents, tools: [{ functionDeclarations: declared }] },
      };
    }
    default:
      return format satisfies never;
  }
}
