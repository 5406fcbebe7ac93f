// More speed for more money: asked for across formats where it has a price, and charged as it was answered.

import { describe, expect, test } from 'bun:test';
import { chargeOf } from '../../src/billing/charge.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { TARGET } from './google-target.ts';

const decode = (members: JsonObject) =>
  anthropicMessages.decodeRequest({
    ...{ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Go.' }] },
    ...members,
  });

describe('`speed: fast` of a Messages client', () => {
  test.each([
    ['Responses', openaiResponses],
    ['Chat', openaiChat],
  ])('is the tier `fast` at %s where that has a price, else a named loss', (_, codec) => {
    const { value, losses } = decode({ speed: 'fast' });
    expect(losses).toEqual([]);
    const priced = codec.encodeRequest(value, { ...TARGET, fastTier: true });
    expect(priced.value.service_tier).toBe('fast');
    const plain = codec.encodeRequest(value, TARGET);
    expect(plain.value.service_tier).toBeUndefined();
    expect(plain.losses).toContainEqual(expect.objectContaining({ path: 'speed', action: 'dropped' }));
  });

  test('is a named loss at Google', () => {
    const { value, losses } = googleGenerateContent.encodeRequest(decode({ speed: 'fast' }).value, TARGET);
    expect(value.serviceTier).toBeUndefined();
    expect(losses).toContainEqual(expect.objectContaining({ path: 'speed', action: 'dropped' }));
  });

  test('wins over a capacity, which is named, and `standard` says nothing', () => {
    const { value, losses } = decode({ speed: 'fast', service_tier: 'standard_only' });
    expect(value.serviceTier).toBe('fast');
    expect(losses.map(({ path }) => path)).toEqual(['service_tier']);
    const standard = decode({ speed: 'standard' });
    expect([standard.value.serviceTier, standard.losses]).toEqual([undefined, []]);
  });
});

test('an answer that Anthropic made fast costs what that costs', () => {
  const { usage } = anthropicMessages.decodeResponse({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' },
    usage: { input_tokens: 10, output_tokens: 5, service_tier: 'standard', speed: 'fast' },
  });
  const fast = { input: 6_000_000, output: 6_000_000 };
  const price = { input: 1_000_000, output: 1_000_000, tiers: { fast }, source: 'test', asOf: '2026-11-29' };
  expect(usage && chargeOf(usage, price, 0n).costNano).toBe(90_000n);
  expect(usage && chargeOf({ ...usage, tier: 'standard' }, price, 0n).costNano).toBe(15_000n);
});
