// The real server with one model behind a provider of each format, all of them at one scripted upstream.

import type { NewKey } from '../../src/store/ports.ts';
import { PATHS } from './asking.ts';
import { type InProcess, openHere } from './in-process.ts';
import { type BodyFormat, WIRE_FORMATS, type WireFormat } from './script.ts';
import type { Json } from './strict.ts';
import { baseUrlOf } from './wire.ts';

/** The model behind the provider of a format; `able` marks the one that takes instructions in the middle. */
export const modelOver = (format: WireFormat, able = false): string => `over-${format}${able ? '-able' : ''}`;

export type Asked = { status: number; headers: Headers; text: string; json: () => Json };

export type FormatsHere = InProcess & {
  /** Sends the body in one format to the model behind another. */
  ask(
    from: BodyFormat,
    over: WireFormat,
    body: Json,
    how?: { headers?: Record<string, string>; key?: string; able?: boolean },
  ): Promise<Asked>;
  /** The same from a Gemini client. */
  askAsGoogle(
    over: WireFormat,
    body: Json,
    how?: { stream?: boolean; headers?: Record<string, string>; key?: string },
  ): Promise<Asked>;
  keyWith(members: Partial<NewKey>): string;
};

/** `price` is in USD per million tokens, in and out; `more` are sections of the configuration file. */
export async function openFormats(origin: string, price = 0, more: Json = {}): Promise<FormatsHere> {
  const provider = (format: WireFormat) => ({ base_url: baseUrlOf(origin, format), format, auth: 'none' });
  const model = (format: WireFormat, capabilities: Json) => ({
    price: { input: price, output: price },
    capabilities: { web_search: true, ...capabilities },
    deployments: [{ provider: `at-${format}`, model: `up-${format}` }],
  });
  const here = await openHere({
    sections: {
      ...more,
      providers: Object.fromEntries(WIRE_FORMATS.map((format) => [`at-${format}`, provider(format)])),
      models: Object.fromEntries(
        WIRE_FORMATS.flatMap((format) => [
          [modelOver(format), model(format, {})],
          [modelOver(format, true), model(format, { mid_system: true })],
        ]),
      ),
    },
  });
  const send = async (path: string, body: Json, key: string, headers: Record<string, string> = {}) => {
    const response = await fetch(here.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as Json,
    };
  };
  return {
    ...here,
    ask: (from, over, body, { headers = {}, key = here.key, able = false } = {}) =>
      send(PATHS[from], { model: modelOver(over, able), ...body }, key, headers),
    askAsGoogle: (over, body, { stream = false, headers = {}, key = here.key } = {}) =>
      send(
        `/v1beta/models/${modelOver(over)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        body,
        key,
        headers,
      ),
    keyWith: (members) => here.makeKey({ requestsPerMinute: 100_000, concurrent: 100 }, members).key,
  };
}

/** The bodies of the upstream's streamed frames, `[DONE]` left out. */
export function framesOf(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)) as Json);
}
