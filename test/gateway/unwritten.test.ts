// Calls whose charge could not be written: nothing is told or counted as paid that is not in the ledger.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { RUNNERS } from '../support/hosted-code.ts';
import { type InProcess, openHere } from '../support/in-process.ts';

let streams = false;
let container = 0;
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: () =>
    new Response(
      (streams ? RUNNERS.gpt.stream : JSON.stringify(RUNNERS.gpt.body)).replaceAll(
        'cntr_1',
        `cntr_${container}`,
      ),
      { headers: { 'content-type': streams ? 'text/event-stream' : 'application/json' } },
    ),
});

let here: InProcess;
let restore = () => {};
beforeAll(async () => {
  here = await openHere({
    sections: {
      providers: { up: { base_url: `${provider.url.origin}/v1`, format: 'openai-responses', auth: 'none' } },
      models: {
        gpt: {
          price: { input: 1000, output: 1000, per_container: 1 },
          deployments: [{ provider: 'up', model: 'gpt' }],
        },
      },
    },
  });
});
afterEach(() => restore());
afterAll(async () => {
  await here.stop();
  await provider.stop(true);
});

/** From now on, until the test is over, nothing can be written. */
function breakDisk(): void {
  const { ledger } = here.store;
  const { settle } = ledger;
  restore = () => {
    ledger.settle = settle;
  };
  ledger.settle = (_, decided) => {
    const durable = Promise.reject(new Error('the disk is full'));
    durable.catch(() => {});
    queueMicrotask(() => decided?.(false));
    return { chargedNano: 1_000n, durable };
  };
}

async function ask(key: string, stream: boolean): Promise<string> {
  streams = stream;
  const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];
  const response = await fetch(`${here.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt', input: 'Look around.', tools, stream }),
  });
  return response.text();
}

describe.each([false, true])('a call (stream: %p) whose charge cannot be written', (stream) => {
  test('has a row that says so, and cost nothing', async () => {
    const { key, stored } = here.makeKey({}, { creditNano: 100_000_000_000n });
    breakDisk();
    expect(await ask(key, stream)).toContain('could not be recorded');
    const { rows } = await here.journal.find({ limit: 1, keyId: stored.id });
    expect(rows).toMatchObject([
      {
        rule: 'our-failure',
        status: 503,
        code: 'storage_fault',
        costNano: 0n,
        outputTokens: expect.any(Number),
      },
    ]);
  });

  test('ends in an error of the answer that was begun', async () => {
    const { key } = here.makeKey({}, { creditNano: 100_000_000_000n });
    breakDisk();
    const text = await ask(key, stream);
    expect(text).not.toContain('cost_usd');
    if (!stream) return;
    expect(text.match(/^event: response\.(created|failed)$/gm)).toEqual([
      'event: response.created',
      'event: response.failed',
    ]);
    expect(new Set(text.match(/"id":"resp_[^"]*"/g))).toEqual(new Set(['"id":"resp_1"']));
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  test('has not paid for the container that it used', async () => {
    const { key, stored } = here.makeKey({}, { creditNano: 100_000_000_000n });
    const balance = () => here.store.ledger.purse(stored.purse)?.balanceNano ?? 0n;
    const paysForContainer = async () => {
      const before = balance();
      await ask(key, stream);
      return before - balance() > 1_000_000_000n;
    };
    container += 1;
    breakDisk();
    expect(await paysForContainer()).toBe(false);
    restore();
    expect(await paysForContainer()).toBe(true);
    expect(await paysForContainer()).toBe(false);
  });
});
