// A price that changes while an answer is on its way: the call is charged by the one it was admitted at.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '../../src/catalog/model.ts';
import { formatDay } from '../../src/lib/calendar.ts';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { ask } from '../support/asking.ts';
import { balanceOf, priceOf, send, shownIn } from '../support/billed.ts';
import { answerIn, SAID } from '../support/counted-answers.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { rowsIn } from '../support/ledger.ts';
import { startTeller } from '../support/teller.ts';

// 1,000 in and 100 out: 10 + 10 millidollars at $10 and $100 per million tokens, 30 + 40 at $30 and $400
const OLD = { input: 10, output: 100 };
const NEW = { input: 30, output: 400 };
const OLD_BILL = { total: 20_000_000n, request: 20_000_000n, input: 10_000_000n, output: 10_000_000n };
const NEW_BILL = { total: 70_000_000n, request: 70_000_000n, input: 30_000_000n, output: 40_000_000n };
const USAGE = {
  'openai-chat': { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
  'anthropic-messages': { input_tokens: 1000, output_tokens: 100 },
};
const CLIENTS = ['openai-chat', 'anthropic-messages'] as const;
type Format = (typeof CLIENTS)[number];
/** Frames up to the one that says something. */
const FRAMES_UNTIL_SAID = { 'openai-chat': 1, 'anthropic-messages': 3 };
const WAYS = CLIENTS.flatMap((client) =>
  CLIENTS.flatMap((provider) =>
    [false, true].map((stream): [Format, Format, boolean] => [client, provider, stream]),
  ),
);

const teller = startTeller();
afterAll(() => teller.stop());

/** An answer that stops half-way until the teller goes on, then one that does not. */
function tellHalf(provider: Format, stream: boolean): void {
  const { json, frames } = answerIn(provider, { usage: USAGE[provider] });
  if (stream) teller.tell({ frames, pausesAfter: FRAMES_UNTIL_SAID[provider] }, { frames });
  else teller.tell({ json, waits: true }, { json });
}

/** What has come of a stream when it has said something; the rest comes with `rest`. */
async function readUntilSaid(response: Response): Promise<{ rest(): Promise<string> }> {
  const body = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (body === undefined) throw new Error('no body');
  let text = '';
  while (!text.includes(SAID)) text += (await body.read()).value ?? '';
  return {
    async rest() {
      for (;;) {
        const { value, done } = await body.read();
        if (done) return text;
        text += value;
      }
    },
  };
}

type Row = JsonObject & { price: bigint };
const chargesIn = (directory: string) =>
  rowsIn<Row>(directory, "SELECT * FROM entries WHERE kind = 'charge' ORDER BY id DESC LIMIT 2");

describe('with a file that is taken over in the middle of an answer', () => {
  let gateway: Gateway;
  let path: string;
  beforeAll(async () => {
    gateway = await startGateway({
      upstreams: CLIENTS.map((format) => upstreamOf(format, teller.baseUrl)),
      price: OLD,
      credit: 1000,
    });
    path = join(gateway.directory, 'osiris.yaml');
  }, 60_000);
  afterAll(() => gateway.stop());

  async function reprice(price: unknown): Promise<void> {
    const file = JSON.parse(readFileSync(path, 'utf8')) as { models: Record<string, object> };
    for (const [id, model] of Object.entries(file.models)) file.models[id] = { ...model, price };
    writeFileSync(`${path}.new`, JSON.stringify(file));
    renameSync(`${path}.new`, path);
    const unix = join(gateway.directory, 'state', 'osiris.sock');
    const response = await fetch('http://osiris/admin/config/reload', { unix, method: 'POST' });
    expect(asObject(await response.json()).ok).toBe(true);
  }

  const yesterday = formatDay(Math.floor(Date.now() / 86_400_000) - 1);
  const changes: [how: string, price: unknown][] = [
    ['another price', NEW],
    ['a second price with a date that has come', [OLD, { from: yesterday, ...NEW }]],
  ];
  describe.each(changes)('that has %s', (_, after) => {
    test.each(WAYS)('a client of %s on a provider of %s (stream: %p)', async (client, provider, stream) => {
      await reprice(OLD);
      const bill = { model: `model-${provider}`, stream };
      const before = await balanceOf(gateway);
      tellHalf(provider, stream);
      const asked = send(gateway, client, bill);
      await teller.asked;
      const begun = stream ? await readUntilSaid(await asked) : undefined;
      await reprice(after);
      const later = await (await send(gateway, client, bill)).text();
      teller.goOn();
      const first = begun ? await begun.rest() : await (await asked).text();
      expect(shownIn(first, stream)).toMatchObject(OLD_BILL);
      expect(shownIn(later, stream)).toMatchObject(NEW_BILL);
      const [second, oldest] = chargesIn(join(gateway.directory, 'state'));
      expect(oldest).toMatchObject({ amount_nano: 20_000_000n, cost_nano: 20_000_000n });
      expect(second).toMatchObject({ amount_nano: 70_000_000n, cost_nano: 70_000_000n });
      // picodollars per token
      expect(priceOf(gateway, oldest ?? {})).toMatchObject({ input: 10_000_000, output: 100_000_000 });
      expect(priceOf(gateway, second ?? {})).toMatchObject({ input: 30_000_000, output: 400_000_000 });
      expect(before - (await balanceOf(gateway))).toBe(90_000_000n);
    });
  });

  test('the ledger agrees with every price it names', async () => {
    const { code, stdout } = await gateway.command(['ledger', 'verify', '--json']);
    expect({ code, violations: JSON.parse(stdout).violations }).toEqual({ code: 0, violations: [] });
  });
});

describe('with a price whose moment comes in the middle of an answer', () => {
  const models = new Map<string, Model>();
  let here: InProcess;
  beforeAll(async () => {
    here = await openHere({
      sections: {
        providers: Object.fromEntries(
          CLIENTS.map((format) => [`up-${format}`, { base_url: teller.baseUrl, format, auth: 'none' }]),
        ),
        models: Object.fromEntries(
          CLIENTS.map((format) => [
            `model-${format}`,
            { price: OLD, deployments: [{ provider: `up-${format}`, model: 'm' }] },
          ]),
        ),
      },
      adapt: (model) => {
        models.set(model.id, { ...model });
        return models.get(model.id) ?? model;
      },
    });
  });
  afterAll(() => here.stop());

  test.each(WAYS)('a client of %s on a provider of %s (stream: %p)', async (client, provider, stream) => {
    const model = models.get(`model-${provider}`);
    if (model?.price === undefined) throw new Error('no price');
    const { key, stored } = here.makeKey({}, { creditNano: 1_000_000_000n });
    const asking = { model: model.id, stream, key };
    delete model.laterPrices;
    tellHalf(provider, stream);
    const asked = ask(here, client, asking);
    await teller.asked;
    const begun = stream ? await readUntilSaid(await asked) : undefined;
    // as of now
    model.laterPrices = [{ ...model.price, input: 30_000_000, output: 400_000_000, fromMs: Date.now() }];
    await (await ask(here, client, asking)).text();
    teller.goOn();
    await (begun ? begun.rest() : (await asked).text());
    const [second, first] = rowsIn<{ amount_nano: bigint }>(
      here.dataDir,
      `SELECT amount_nano FROM entries WHERE kind = 'charge' AND key = '${stored.id}' ORDER BY id DESC`,
    );
    expect([first?.amount_nano, second?.amount_nano]).toEqual([20_000_000n, 70_000_000n]);
    expect(here.store.ledger.purse(stored.purse)).toMatchObject({ balanceNano: 910_000_000n, heldNano: 0n });
  });
});
