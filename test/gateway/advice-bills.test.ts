// Advice that Claude asks another model for: charged at that model's price, in the one charge of the call.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { JsonObject } from '../../src/lib/json.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { chargeAfter, rowsIn } from '../support/ledger.ts';

const answer = (advisor: string): JsonObject => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'small', stop_reason: 'end_turn' },
  stop_sequence: null,
  content: [{ type: 'text', text: 'Done.' }],
  usage: {
    ...{ input_tokens: 10, output_tokens: 5 },
    iterations: [
      { type: 'message', input_tokens: 10, output_tokens: 5 },
      { type: 'advisor_message', model: advisor, input_tokens: 100, output_tokens: 50 },
    ],
  },
});

const frame = (type: string, members: JsonObject) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

function streamed({ content: _, usage, ...message }: JsonObject): string {
  return [
    frame('message_start', {
      message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
    }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Done.' } }),
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: usage ?? null }),
    frame('message_stop', {}),
  ].join('');
}

const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const body = (await request.json()) as JsonObject;
    const said = answer(body.model === 'plain' ? 'nobody-knows' : 'large-1');
    return body.stream === true
      ? new Response(streamed(said), { headers: { 'content-type': 'text/event-stream' } })
      : Response.json(said);
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const model = (name: string, price: number) => ({
    price: { input: price, output: price },
    deployments: [{ provider: 'claude', model: name }],
  });
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: {
        claude: {
          ...{ format: 'anthropic-messages', base_url: `${provider.url.origin}/v1`, api_key: 'made-up' },
        },
      },
      models: {
        small: model('small', 1000),
        plain: model('plain', 1000),
        large: { ...model('large-1', 5000), aliases: ['large-1'] },
      },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

const PATHS = ['/v1/messages', '/v1/chat/completions'];
const CELLS = PATHS.flatMap((path) => [false, true].map((stream) => ({ path, stream })));

describe.each(CELLS)('by $path, streamed: $stream', ({ path, stream }) => {
  const ask = async (model: string) => {
    const messages = [{ role: 'user', content: 'Do it.' }];
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: 100, stream, messages }),
    });
    expect(response.status).toBe(200);
    await response.text();
  };
  type Row = { id: bigint; amount_nano: bigint; losses: string | null };
  const last = () =>
    rowsIn<Row>(
      join(gateway.directory, 'state'),
      "SELECT id, amount_nano, losses FROM entries WHERE kind = 'charge' ORDER BY id DESC LIMIT 1",
    )[0];
  const billed = async (model: string) => {
    const before = last()?.id ?? 0n;
    await ask(model);
    await chargeAfter(join(gateway.directory, 'state'), before);
    return last();
  };

  test('the advice costs what its model costs', async () => {
    // 15 tokens at a tenth of a cent and 150 at half a cent
    expect(await billed('small')).toMatchObject({ amount_nano: 765_000_000n });
  });

  test('of a model that has no price it costs what the answering one does, and the ledger says so', async () => {
    const { amount_nano, losses } = (await billed('plain')) ?? {};
    expect(amount_nano).toBe(165_000_000n);
    expect(losses).toContain('changed=usage.iterations');
  });
});

test('what was charged for advice can be computed again from the ledger alone', () => {
  const { ok, checks, violations } = verifyLedger(join(gateway.directory, 'state'), {
    minimumChargeNano: 1_000_000n,
  });
  expect(violations).toEqual([]);
  expect(ok).toBe(true);
  expect(checks.costs.checked).toBeGreaterThanOrEqual(8);
});
