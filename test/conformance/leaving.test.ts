// T59, clients that leave: their provider is stopped within a second, what was said is billed, nobody else is asked.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { balanceOf, CLIENTS, lastCharge, send } from '../support/billed.ts';
import { answerIn } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { chargeAfter } from '../support/ledger.ts';
import type { WireFormat } from '../support/script.ts';
import { startTeller, type Telling } from '../support/teller.ts';

// USD per million: a token in costs 10,000 nanodollars, one out 100,000
const PRICE = { input: 10, output: 100 };
const PAIRS = CLIENTS.flatMap((client) =>
  CLIENTS.map((provider): [WireFormat, WireFormat] => [client, provider]),
);
const SILENT: Telling = { frames: [': nothing yet\n\n'], stays: true };

const first = startTeller();
const second = startTeller();
let gateway: Gateway;
beforeAll(async () => {
  const provider = (id: string, format: WireFormat, baseUrl: string) => ({
    ...{ provider: `${id}-${format}`, format, baseUrl, apiKey: 'made-up' },
    ...{ model: `${id}-${format}`, upstreamModel: 'm' },
  });
  const model = (format: WireFormat) => ({
    price: PRICE,
    deployments: ['first', 'second'].map((id) => ({ provider: `${id}-${format}`, model: 'm' })),
  });
  gateway = await startGateway({
    upstreams: CLIENTS.flatMap((format) => [
      provider('first', format, first.baseUrl),
      provider('second', format, second.baseUrl),
    ]),
    credit: 100,
    sections: {
      billing: { minimum_charge: 0 },
      // who fails for one client is asked by the next one all the same
      routing: { retries: 0, cooldown: '1ms' },
      models: Object.fromEntries(CLIENTS.map((format) => [`model-${format}`, model(format)])),
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([first.stop(), second.stop()]);
});

/** Asks for a stream, leaves when `until` says so, and looks at what it came to. */
async function leave(
  client: WireFormat,
  provider: WireFormat,
  until: (response: Promise<Response>) => Promise<void>,
  asked = first,
) {
  const before = await balanceOf(gateway);
  const last = BigInt(String(lastCharge(gateway).id ?? 0));
  const { signal, abort } = leaving();
  const response = send(gateway, client, { model: `model-${provider}`, stream: true, signal });
  response.catch(() => undefined);
  await until(response);
  abort();
  await asked.left;
  const row = await chargeAfter(`${gateway.directory}/state`, last);
  expect(row).toMatchObject({ rule: 'client-left' });
  const paid = before - (await balanceOf(gateway));
  expect(paid).toBe(row.amount_nano as unknown as bigint);
  return { row, paid, asked: [first.requests, second.requests] };
}

function leaving() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe.each(PAIRS)('T59 a client of %s on a provider of %s', (client, provider) => {
  test('T59 that leaves after three pieces pays for them', async () => {
    const usage = { input_tokens: 1000, output_tokens: 100 };
    const { frames } = answerIn(provider, { usage });
    const at = frames.findIndex((frame) => frame.includes('An answer.'));
    const text = frames[at] ?? '';
    first.tell({ frames: [...frames.slice(0, at), text, text, text], stays: true });
    second.tell(SILENT);
    const { row, paid, asked } = await leave(client, provider, async (response) =>
      untilSaid(await response, 3),
    );
    // thirty characters are nine tokens; only Anthropic says at the beginning what the prompt is
    expect(Number(row.output)).toBeWithin(3, 15);
    if (provider === 'anthropic-messages') expect(row.input_uncached as unknown).toBe(1000n);
    else expect(Number(row.input_uncached)).toBeWithin(5, 60);
    const [input, output] = [BigInt(String(row.input_uncached)), BigInt(String(row.output))];
    expect(paid).toBe(input * 10_000n + output * 100_000n);
    expect(asked).toEqual([1, 0]);
  });

  test('T59 that leaves before the first token pays nothing', async () => {
    first.tell(SILENT);
    second.tell(SILENT);
    const { row, paid, asked } = await leave(client, provider, () => first.asked);
    expect(row).toMatchObject({ amount_nano: 0n, output: 0n });
    expect({ paid, asked }).toEqual({ paid: 0n, asked: [1, 0] });
  });

  test('T59 that leaves during the failover pays nothing, and nobody is asked again', async () => {
    first.tell({ json: { error: { type: 'overloaded_error', message: 'overloaded' } }, status: 503 });
    second.tell(SILENT);
    const { row, paid, asked } = await leave(client, provider, () => second.asked, second);
    expect(row).toMatchObject({ amount_nano: 0n, output: 0n });
    expect({ paid, asked }).toEqual({ paid: 0n, asked: [1, 1] });
  });
});

/** Reads until the text has come so often and leaves the rest. */
async function untilSaid(response: Response, times: number): Promise<void> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (let said = ''; reader && said.split('An answer.').length <= times; ) {
    const { done, value } = await reader.read();
    if (done) break;
    said += decoder.decode(value, { stream: true });
  }
}
