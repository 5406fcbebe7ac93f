// A strict hold may not cover all that a call costs: what is charged then is what its client was told.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { formatUsd } from '../../src/lib/money.ts';
import { nanoOf } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';

const MESSAGE = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null };
const frame = (type: string, members: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
/** A ping behind the count brings it to the client before the end. */
const COUNTED = [
  frame('message_start', { message: { ...MESSAGE, usage: { input_tokens: 10, output_tokens: 1 } } }),
  frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Done.' } }),
  frame('content_block_stop', { index: 0 }),
  frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5000 } }),
  frame('ping'),
].join('');

/** Lets the last call end. */
let end = () => {};
/** Hears of a call that the provider keeps waiting, with what refuses it. */
let waits: (refuse: () => void) => void = () => {};
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { stream: isTold } = (await request.json()) as { stream: boolean };
    const { promise, resolve } = Promise.withResolvers<void>();
    if (!isTold) {
      waits(resolve);
      return promise.then(() => new Response('{}', { status: 400 }));
    }
    end = resolve;
    const stream = new ReadableStream({
      async start(controller) {
        controller.enqueue(COUNTED);
        await promise;
        controller.enqueue(frame('message_stop'));
        controller.close();
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: [],
    // each call may have 100 tokens, which are 0.0015, and has 5,000, which are 0.075
    credit: 0.01,
    sections: {
      providers: {
        claude: { format: 'anthropic-messages', base_url: `${provider.url.origin}/v1`, auth: 'none' },
      },
      models: {
        claude: { price: { input: 3, output: 15 }, deployments: [{ provider: 'claude', model: 'm' }] },
        thinker: {
          price: { input: 3, output: 15 },
          capabilities: { thinking: 'budget' },
          deployments: [{ provider: 'claude', model: 'm' }],
        },
      },
      billing: { hold: 'strict' },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

function ask(stream: boolean): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: 'claude', stream, max_tokens: 100 },
      messages: [{ role: 'user', content: 'Go on.' }],
    }),
  });
}

/** A call under way, whose client has read what it costs. */
async function begin() {
  const response = await ask(true);
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
  let text = '';
  for (let isOver = false; reader && !isOver && !text.includes('event: message_delta'); ) {
    const { done, value } = await reader.read();
    text += String(value);
    isOver = done;
  }
  const finish = async () => {
    end();
    while (reader && !(await reader.read()).done);
  };
  return { told: nanoOf(Number(/"output_tokens":5000,"cost_usd_total":([\d.e-]+)/.exec(text)?.[1])), finish };
}

function lastCharge(): bigint | undefined {
  const sql = "SELECT amount_nano FROM entries WHERE rule = 'finished' ORDER BY id DESC";
  return rowsIn<{ amount_nano: bigint }>(join(gateway.directory, 'state'), sql)[0]?.amount_nano;
}

test('what other calls give back meanwhile is not charged beside what was told', async () => {
  const waiting = new Promise<() => void>((resolve) => {
    waits = resolve;
  });
  const other = ask(false);
  const refuse = await waiting;
  const { told, finish } = await begin();
  expect(told).toBeLessThan(10_000_000n);
  refuse();
  await other;
  await finish();
  expect(lastCharge()).toBe(told);
  expect((await gateway.command(['keys', 'credit', 'harness', formatUsd(told)])).code).toBe(0);
});

test('what was told is put aside: no other call can take it', async () => {
  const { told, finish } = await begin();
  expect(told).toBe(10_000_000n);
  const key = await fetch(`${gateway.url}/v1/key`, { headers: { authorization: `Bearer ${gateway.key}` } });
  expect(await key.json()).toMatchObject({ balance_usd: 0.01, held_usd: 0.01 });
  await finish();
  expect(lastCharge()).toBe(told);
});

test('thoughts that raise the cap in the format of the provider are held for too', async () => {
  expect((await gateway.command(['keys', 'credit', 'harness', '0.01'])).code).toBe(0);
  // one token costs 0.000015, which is there; the 16,385 that Anthropic is asked for are not
  const request = {
    ...{ model: 'thinker', max_completion_tokens: 1, reasoning_effort: 'high' },
    messages: [{ role: 'user', content: 'Go on.' }],
  };
  const post = async (path: string, secret: string, body: object) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const response = await fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const refusal = { code: 'insufficient_quota', message: expect.stringContaining('needs about $0.24') };
  expect(await post('/v1/chat/completions', gateway.key, request)).toMatchObject({
    status: 402,
    json: { error: refusal },
  });
  expect(await post('/admin/explain', gateway.adminSecret, { key: 'harness', request })).toMatchObject({
    status: 200,
    json: { answered: false, refusals: [refusal] },
  });
});
