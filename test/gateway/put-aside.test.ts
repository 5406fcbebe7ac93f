// What is put aside for a call follows the caps its client wrote, in every format's own words.

import { describe, expect, test } from 'bun:test';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { googleGenerateContent as google } from '../../src/formats/google-generate-content/index.ts';
import { openaiEmbeddings } from '../../src/formats/openai-chat/embeddings/codec.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { CapWatch } from '../../src/gateway/admission/daily-cap.ts';
import { putAside, putAsideForCap } from '../../src/gateway/admission/put-aside.ts';
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
  const callOf = (body: JsonObject, startedMs = 1_000_000, codec: Codec = openaiChat): Call => {
    // no more of a call than its money depends on
    const call = { id: newCallId(), key, body, bytes: new Uint8Array(), promptTokens: 0, startedMs };
    return {
      ...call,
      codec,
      price: PRICE,
      model: { id: 'm', maxOutputTokens: undefined },
    } as unknown as Call;
  };
  return { ports: { directory, ledger, billing: BILLING, capWatch: new CapWatch() }, key, callOf, close };
}

const CAPPED = { maxOutputTokens: 1 };

test.each<[string, Codec, JsonObject, bigint]>([
  ['nothing is asked', openaiChat, {}, 2_000_000n],
  ['Chat', openaiChat, { max_completion_tokens: 100, n: 2 }, 200_000n],
  ['older Chat', openaiChat, { max_tokens: 100 }, 100_000n],
  ['both of Chat', openaiChat, { max_completion_tokens: 1, max_tokens: 100 }, 100_000n],
  ['a dearer tier', openaiChat, { max_tokens: 100, service_tier: 'priority' }, 300_000n],
  ['the same one', openaiChat, { max_tokens: 100, service_tier: 'fast' }, 300_000n],
  ['one without a price', openaiChat, { max_tokens: 100, service_tier: 'ultrafast' }, 100_000n],
  ['Messages', anthropicMessages, { max_tokens: 100 }, 100_000n],
  ['Responses', openaiResponses, { max_output_tokens: 100 }, 100_000n],
  ['Gemini', google, { generationConfig: { maxOutputTokens: 100, candidateCount: 2 } }, 200_000n],
  ['Gemini in snakes', google, { generation_config: { max_output_tokens: 100 } }, 100_000n],
  ['none of Chat', openaiChat, { max_tokens: 0 }, 2_000_000n],
  ['none of Gemini', google, { generationConfig: { maxOutputTokens: 0 } }, 2_000_000n],
  ['an embedding', openaiEmbeddings, { input: 'x' }, 1n],
  // what other formats call it no vendor reads
  ['Chat with foreign caps', openaiChat, { max_output_tokens: 1, generationConfig: CAPPED }, 2_000_000n],
  ['Messages with one', anthropicMessages, { max_completion_tokens: 1, max_tokens: 100, n: 9 }, 100_000n],
  ['Responses with some', openaiResponses, { max_completion_tokens: 1, max_tokens: 1 }, 2_000_000n],
  ['Gemini with some', google, { n: 1, max_tokens: 1, generationConfig: { candidateCount: 2 } }, 4_000_000n],
])('%s', async (_, codec, body, heldNano) => {
  const { ports, key, callOf, close } = await setUp({ creditNano: 10_000_000n });
  expect(putAside(callOf(body, 1_000_000, codec), ports)).toBeUndefined();
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

test('who waits for money does not begin once the key is revoked', async () => {
  const { ports, key, callOf, close } = await setUp({ creditNano: 2_000_000n });
  const first = callOf({});
  putAside(first, ports);
  const waiting = putAside(callOf({}), ports);
  ports.directory.revoke(key.id);
  ports.ledger.settle(endOf(orderFor(key, { callId: first.id }), { chargeNano: 1n }));
  await expect(waiting).rejects.toMatchObject({ code: 'revoked_api_key' });
  expect(ports.ledger.purse(key.purse)?.heldNano).toBe(0n);
  await close();
});

describe('a cap that is larger at the provider than the client wrote', () => {
  const STRICT = { ...BILLING, hold: 'strict' } as const;
  const never = () => false;

  test('is held for by a strict hold, which waits for others like the first one', async () => {
    const { ports, key, callOf, close } = await setUp({ creditNano: 400_000n });
    const strict = { ...ports, billing: STRICT };
    const call = callOf({ max_tokens: 1 });
    const other = callOf({ max_tokens: 100 });
    for (const each of [call, other]) putAside(each, strict);
    expect(putAsideForCap(call, 1, strict, never, never)).toBeUndefined();
    expect(ports.ledger.purse(key.purse)?.heldNano).toBe(3_000n + 300_000n);
    const waiting = putAsideForCap(call, 100, strict, never, never);
    expect(waiting).toBeInstanceOf(Promise);
    ports.ledger.settle(endOf(orderFor(key, { callId: other.id }), { chargeNano: 1n }));
    await waiting;
    expect(ports.ledger.purse(key.purse)?.heldNano).toBe(300_000n);
    expect(() => putAsideForCap(call, 1_000, strict, never, never)).toThrow(/needs about \$0\.003 /);
    expect(ports.ledger.purse(key.purse)?.heldNano).toBe(300_000n);
    await close();
  });

  test('changes nothing of what is expected', async () => {
    const { ports, key, callOf, close } = await setUp({ creditNano: 400_000n });
    const call = callOf({ max_tokens: 1 });
    putAside(call, ports);
    expect(putAsideForCap(call, 1_000_000, ports, never, never)).toBeUndefined();
    expect(ports.ledger.purse(key.purse)?.heldNano).toBe(1_000n);
    await close();
  });
});
