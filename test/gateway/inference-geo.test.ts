// Geographies that cost more, in the running program: what is asked for, what is refused, what an answer costs.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { JsonObject } from '../../src/lib/json.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { billed, send } from '../support/billed.ts';
import { answerIn } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

// USD per million tokens; every answer is 1,000 tokens in and 100 out
const PLAIN = { input: 10, output: 100 };
const STANDARD = 1000n * 10_000n + 100n * 100_000n;
const PRICES = {
  plain: PLAIN,
  priced: { ...PLAIN, inference_geo: { us: 1.1 } },
  free: { input: 0, output: 0 },
};

let asked: JsonObject[] = [];
/** Where every answer runs; undefined: where it was asked for, and nothing is said of it. */
let runs: string | undefined;
beforeEach(() => {
  asked = [];
  runs = undefined;
});

const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const body = (await request.json()) as JsonObject;
    asked.push(body);
    const usage = { input_tokens: 1000, output_tokens: 100, inference_geo: runs ?? null };
    const { json, frames } = answerIn('anthropic-messages', { usage });
    if (body.stream !== true) return Response.json(json);
    return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    sections: {
      providers: {
        claude: { format: 'anthropic-messages', base_url: `${provider.url.origin}/v1`, api_key: 'made-up' },
      },
      models: Object.fromEntries(
        Object.entries(PRICES).map(([model, price]) => [
          model,
          { price, deployments: [{ provider: 'claude', model }] },
        ]),
      ),
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

describe.each([false, true])('`inference_geo` (streamed: %p)', (stream) => {
  const ask = (model: string, body = {}) => billed(gateway, 'anthropic-messages', { model, stream, body });
  const us = { inference_geo: 'us' };

  test('that has a price is asked for, and where it ran decides what it costs', async () => {
    const silent = await ask('priced', us);
    expect(asked.map(({ inference_geo }) => inference_geo)).toEqual(['us']);
    expect([silent.paid, silent.shown?.total]).toEqual([22_000_000n, 22_000_000n]);
    runs = 'us';
    expect((await ask('priced', us)).paid).toBe(22_000_000n);
    runs = 'global';
    expect((await ask('priced', us)).paid).toBe(STANDARD);
  });

  test('of an account that has it for all calls costs more unasked', async () => {
    runs = 'us';
    const found = await ask('priced');
    expect([found.paid, found.row.losses]).toEqual([22_000_000n, null]);
    expect(found.row.requests).toContain('{"geo":"us"}');
  });

  test('that has no price is refused in words for the operator, and nobody is asked', async () => {
    const response = await send(gateway, 'anthropic-messages', { model: 'plain', stream, body: us });
    expect(response.status).toBe(400);
    const { type, error } = (await response.json()) as JsonObject & { error: JsonObject };
    expect([type, error.type, error.param]).toEqual(['error', 'invalid_request_error', 'inference_geo']);
    expect(error.message).toContain('`inference_geo: { us: 1.1 }` in its price');
    expect(asked).toEqual([]);
  });

  test('of a name nobody knows is refused without repeating it', async () => {
    const body = { inference_geo: 'sk-made-up' };
    const response = await send(gateway, 'anthropic-messages', { model: 'priced', stream, body });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('sk-made-up');
  });

  test.each(['global', null])('%p and free models pass', async (inference_geo) => {
    expect((await ask('plain', { inference_geo })).paid).toBe(STANDARD);
    runs = 'us';
    const free = await ask('free', us);
    expect([free.status, free.paid, free.row.losses]).toEqual([200, 0n, null]);
  });

  test('that answered unasked without a price is told of, once in the log', async () => {
    runs = 'us';
    const found = await ask('plain');
    expect([found.paid, found.row.losses]).toEqual([STANDARD, '1; changed=usage.inference_geo']);
    // a price that is set later has something to be computed from
    expect(found.row.requests).toContain('{"geo":"us"}');
    await ask('plain');
    const told = gateway.logs().match(/an answer ran in a geography that has no price/g) ?? [];
    expect(told.length).toBe(1);
  });
});

test('every charge can be computed again from the ledger alone', () => {
  const { violations, checks } = verifyLedger(join(gateway.directory, 'state'), {
    minimumChargeNano: 1_000_000n,
  });
  expect(violations).toEqual([]);
  expect(checks.costs.checked).toBeGreaterThanOrEqual(16);
});
