// What is put aside for a call follows the caps its client wrote, in every format's own words.

import { expect, test } from 'bun:test';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { CapWatch } from '../../src/gateway/admission/daily-cap.ts';
import { putAside } from '../../src/gateway/admission/put-aside.ts';
import type { Call } from '../../src/gateway/call.ts';
import { newCallId } from '../../src/lib/id.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { NewKey } from '../../src/store/ports.ts';
import { endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const tiers = { priority: { input: 0, output: 3_000_000 } };
const PRICE = { input: 0, output: 1_000_000, tiers, source: 'test', asOf: '2026-11-25' };
const BILLING = { hold: 'expected', expectedOutputTokens: 2_000, minimumChargeNano: 1n } as const;

async function setUp(members: Partial<NewKey> = {}) {
  const { directory, ledger, close } = await storeIn(scratchDir());
  const key = keyIn({ directory, ledger } as Parameters<typeof keyIn>[0], members);
  const callOf = (body: JsonObject, startedMs = 1_000_000): Call => {
    // no more of a call than its money depends on
    const call = { id: newCallId(), key, body, bytes: new Uint8Array(), promptTokens: 0, startedMs };
    return {
      ...call,
      codec: openaiChat,
      price: PRICE,
      model: { id: 'm', maxOutputTokens: undefined },
    } as unknown as Call;
  };
  return { ports: { directory, ledger, billing: BILLING, capWatch: new CapWatch() }, key, callOf, close };
}

test.each<[string, JsonObject, bigint]>([
  ['nothing is asked', {}, 2_000_000n],
  ['Chat', { max_completion_tokens: 100, n: 2 }, 200_000n],
  ['older Chat, Messages', { max_tokens: 100 }, 100_000n],
  ['a dearer tier', { max_tokens: 100, service_tier: 'priority' }, 300_000n],
  ['the same one', { max_tokens: 100, service_tier: 'fast' }, 300_000n],
  ['one without a price', { max_tokens: 100, service_tier: 'ultrafast' }, 100_000n],
  ['Responses', { max_output_tokens: 100 }, 100_000n],
  ['Gemini', { generationConfig: { maxOutputTokens: 100, candidateCount: 2 } }, 200_000n],
])('%s', async (_, body, heldNano) => {
  const { ports, key, callOf, close } = await setUp({ creditNano: 10_000_000n });
  expect(putAside(callOf(body), ports)).toBeUndefined();
  expect(ports.ledger.purse(key.purse)?.heldNano).toBe(heldNano);
  await close();
});

test('a window is begun by the first call only, however many know of none yet', async () => {
  const { ports, key, callOf, close } = await setUp({ kind: 'time', days: 1, windowFrom: 'first-use' });
  putAside(callOf({}, 5_000), ports);
  putAside(callOf({}, 9_000), ports);
  expect(ports.directory.findById(key.id)).toMatchObject({ startedAtMs: 5_000, expiresAtMs: 86_405_000 });
  await close();
});

test('an end that was set before the first call bounds the window that begins with it', async () => {
  const { ports, key, callOf, close } = await setUp({ kind: 'time', days: 1, windowFrom: 'first-use' });
  ports.directory.change(key.id, { expiresAtMs: 10_000 });
  putAside(callOf({}, 5_000), ports);
  expect(ports.directory.findById(key.id)).toMatchObject({ startedAtMs: 5_000, expiresAtMs: 10_000 });
  await close();
});

test('a balance below zero is told with its sign before the dollar', async () => {
  const { ports, key, callOf, close } = await setUp({ creditNano: 1_000n });
  const order = orderFor(key);
  ports.ledger.hold(order);
  await ports.ledger.settle(endOf(order, { chargeNano: 2_500_001_000n })).durable;
  expect(() => putAside(callOf({}), ports)).toThrow(/and the balance is -\$2\.50\. Ask the operator/);
  await close();
});

test('who leaves while others hold the money is waited with no longer', async () => {
  const { ports, callOf, close } = await setUp({ creditNano: 2_000_000n });
  putAside(callOf({}), ports);
  let hasLeft = false;
  const waiting = putAside(callOf({}), ports, undefined, () => hasLeft);
  hasLeft = true;
  expect(waiting).toBeInstanceOf(Promise);
  await expect(waiting).rejects.toMatchObject({ code: 'client_closed' });
  await close();
});
