// Providers on loopback that do what a test tells them at the moment, and a gateway before them.

import { type InProcess, openHere } from './in-process.ts';

/** What a provider was asked: the name of the model there, with which of our credentials, and how. */
export type Asked = { model: string; credential: string; stream: boolean; body: Record<string, unknown> };
/** What it does with it. */
export type Act = (asked: Asked) => Response | Promise<Response>;

export type House = { baseUrl: string; asked: Asked[]; act: Act };

export const USAGE = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };

/** Answers with this text, whole or streamed, as it was asked; it used 1,000 tokens each way. */
export const says =
  (text: string): Act =>
  ({ model, stream }) => {
    const base = { id: 'chatcmpl-1', created: 1, model };
    if (!stream) {
      const choice = { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' };
      return Response.json({ ...base, object: 'chat.completion', choices: [choice], usage: USAGE });
    }
    const chunk = (members: object) =>
      `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [], ...members })}\n\n`;
    const delta = (value: object, finish_reason: string | null) =>
      chunk({ choices: [{ index: 0, delta: value, finish_reason }] });
    const begun = delta({ role: 'assistant', content: text }, null);
    const body = `${begun}${delta({}, 'stop')}${chunk({ usage: USAGE })}data: [DONE]\n\n`;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };

/** Fails with this status, in OpenAI's words. */
export const fails =
  (status: number, headers: Record<string, string> = {}, error: object = {}): Act =>
  () =>
    Response.json({ error: { message: 'no', type: 'server_error', ...error } }, { status, headers });

/** One after the other; the last one goes on. */
export function inTurn(...acts: [Act, ...Act[]]): Act {
  let turn = 0;
  return (asked) => (acts[Math.min(turn++, acts.length - 1)] as Act)(asked);
}

export type Street = {
  here: InProcess;
  houses: Record<string, House>;
  /** One question in Chat form, read to its end. */
  call(model: string, members?: Record<string, unknown>, asking?: Asking): Promise<Told>;
  stop(): Promise<void>;
};
export type Asking = { key?: string; headers?: Record<string, string> };
export type Told = {
  status: number;
  text: string;
  attempts: number;
  provider: string | null;
  model: string | null;
  code: unknown;
  headers: Headers;
};

/**
 * A provider for each name, with the credentials `NAME-1` … as many as are told, and a gateway with the given models
 * and sections of its configuration file. `settings` are more members of a provider, such as another `base_url`.
 */
export async function openStreet(
  names: Record<string, number>,
  sections: { models: Record<string, unknown>; [section: string]: unknown },
  settings: Record<string, object> = {},
  server: Record<string, unknown> = {},
): Promise<Street> {
  const houses: Record<string, House> = {};
  const servers: Bun.Server<undefined>[] = [];
  const providers: Record<string, unknown> = {};
  for (const [name, count] of Object.entries(names)) {
    const house: House = { baseUrl: '', asked: [], act: says(name) };
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      idleTimeout: 0,
      async fetch(request) {
        const body = (await request.json()) as Record<string, unknown>;
        const credential = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
        const asked = { model: String(body.model), credential, stream: body.stream === true, body };
        house.asked.push(asked);
        return house.act(asked);
      },
    });
    house.baseUrl = `http://127.0.0.1:${server.port}/v1`;
    servers.push(server);
    houses[name] = house;
    const api_keys = Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
    providers[name] = { base_url: house.baseUrl, format: 'openai-chat', api_keys, ...settings[name] };
  }
  const here = await openHere({ server, sections: { providers, ...sections } });
  return {
    here,
    houses,
    async call(model, members = {}, { key = here.key, headers = {} } = {}) {
      const response = await fetch(`${here.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], ...members }),
      });
      const text = await response.text();
      return {
        status: response.status,
        text,
        attempts: Number(response.headers.get('x-osiris-attempts')),
        provider: response.headers.get('x-osiris-provider'),
        model: response.headers.get('x-osiris-model'),
        code: /"code":"(\w+)"/.exec(text)?.[1],
        headers: response.headers,
      };
    },
    async stop() {
      await here.stop();
      for (const server of servers) await server.stop(true);
    },
  };
}

/** A free model with one deployment at each of the providers, named like the model. */
export function at(model: string, ...providers: string[]) {
  return {
    price: { input: 0, output: 0 },
    deployments: providers.map((provider) => ({ provider, model })),
  };
}
