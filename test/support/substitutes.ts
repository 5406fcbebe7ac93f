// What tests share in which one model answers, or advises, in place of another: prices, a provider, models.

import type { JsonObject } from '../../src/lib/json.ts';

// USD per million tokens; each answer is 1,000 tokens in and 100 out
export const SMALL = { input: 10, output: 100 };
export const BIG = { input: 50, output: 500 };
/** What such an answer costs, in nanodollars. */
export const OF_SMALL = 20_000_000n;
export const OF_BIG = 100_000_000n;

/** `baseUrl`: everything before the operation. `asked`: the bodies it was sent. */
export type Provider = { baseUrl: string; asked: JsonObject[]; stop(): Promise<void> };

export function startProvider(answer: (body: JsonObject, request: Request) => Response): Provider {
  const asked: JsonObject[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = (await request.json()) as JsonObject;
      asked.push(body);
      return answer(body, request);
    },
  });
  return { baseUrl: `${server.url.origin}/v1`, asked, stop: () => server.stop(true) };
}

/** A model of the configuration file with one deployment. */
export function modelAt(provider: string, price: object, name: string) {
  return { price, deployments: [{ provider, model: name }] };
}
