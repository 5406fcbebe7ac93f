// Dearer service tiers: asked for where they have a price, taken out and named where they have none.

import { describe, expect, test } from 'bun:test';
import { chargeOf } from '../../src/billing/charge.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { tierEdits } from '../../src/formats/service-tier.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { TARGET } from './google-generate-content/target.ts';

const BODIES: [Codec, JsonObject][] = [
  [openaiChat, { model: 'm', messages: [{ role: 'user', content: 'Go.' }] }],
  [openaiResponses, { model: 'm', input: 'Go.' }],
  [anthropicMessages, { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] }],
  [googleGenerateContent, { contents: [{ role: 'user', parts: [{ text: 'Go.' }] }] }],
];
const bodyOf = (codec: Codec) => BODIES.find(([each]) => each === codec)?.[1] ?? {};

/** What a client's wish becomes at an upstream of another format. */
function translated(from: Codec, to: Codec, members: JsonObject, tiers: Target['tiers'] = []) {
  const decoded = from.decodeRequest({ ...bodyOf(from), ...members });
  const target = { ...TARGET, tiers };
  const fitted = fitRequest(decoded.value, target, to);
  const { value, losses } = to.encodeRequest(fitted.request, target);
  return { value, losses: [...decoded.losses, ...fitted.losses, ...losses] };
}

describe('across formats', () => {
  test.each([
    [anthropicMessages, openaiResponses, { speed: 'fast' }, 'fast', { service_tier: 'fast' }, 'speed'],
    [anthropicMessages, openaiChat, { speed: 'fast' }, 'fast', { service_tier: 'fast' }, 'speed'],
    [openaiChat, anthropicMessages, { service_tier: 'fast' }, 'fast', { speed: 'fast' }, 'service_tier'],
    [openaiResponses, anthropicMessages, { service_tier: 'fast' }, 'fast', { speed: 'fast' }, 'service_tier'],
    [
      ...([openaiChat, openaiResponses] as const),
      ...([{ service_tier: 'priority' }, 'priority', { service_tier: 'priority' }, 'service_tier'] as const),
    ],
    [
      ...([openaiChat, googleGenerateContent] as const),
      ...([{ service_tier: 'priority' }, 'priority', { serviceTier: 'priority' }, 'service_tier'] as const),
    ],
    [
      ...([googleGenerateContent, openaiChat] as const),
      ...([
        { serviceTier: 'SERVICE_TIER_PRIORITY' },
        'priority',
        { service_tier: 'priority' },
        'serviceTier',
      ] as const),
    ],
  ])('%#: is asked for with a price, a named loss without', (from, to, wish, tier, written, path) => {
    const priced = translated(from, to, wish, [tier]);
    expect(priced.losses).toEqual([]);
    expect(priced.value).toMatchObject(written);
    const free = translated(from, to, wish, 'every');
    expect(free.value).toMatchObject(written);
    const plain = translated(from, to, wish, ['flex']);
    expect(plain.value).not.toContainAnyKeys(['service_tier', 'serviceTier', 'speed']);
    expect(plain.losses).toEqual([
      {
        ...{ path, action: 'dropped' },
        reason: `the price of the service tier \`${tier}\` is not set for this model: \`tiers.${tier}\` in its price`,
      },
    ]);
  });

  test('OpenAI has two names for one tier: the one with the price is asked for', () => {
    const { value, losses } = translated(anthropicMessages, openaiResponses, { speed: 'fast' }, ['priority']);
    expect([value.service_tier, losses]).toEqual(['priority', []]);
  });

  test('a provider that refuses the beta is not asked for the speed', () => {
    const request = openaiChat.decodeRequest({ ...bodyOf(openaiChat), service_tier: 'fast' }).value;
    const target = { ...TARGET, tiers: ['fast'], refusesBetas: ['fast-mode'] };
    const { value, losses } = anthropicMessages.encodeRequest(request, target);
    expect(value.speed).toBeUndefined();
    expect(losses).toContainEqual(expect.objectContaining({ path: 'service_tier', action: 'dropped' }));
  });

  test('the speed takes its beta along, and nothing else does', () => {
    expect(anthropicMessages.headersFor?.({ speed: 'fast' })).toEqual({
      'anthropic-beta': 'fast-mode-2026-02-01',
    });
    expect(anthropicMessages.headersFor?.({ service_tier: 'auto' })).toEqual({});
  });

  test('what was bought beforehand at Anthropic costs no more, so it may be asked for', () => {
    const { value } = translated(openaiChat, anthropicMessages, { service_tier: 'priority' });
    expect(value.service_tier).toBe('auto');
  });

  test('`speed` wins over a capacity, which is named, and `standard` says nothing', () => {
    const decode = (members: JsonObject) =>
      anthropicMessages.decodeRequest({ ...bodyOf(anthropicMessages), ...members });
    const { value, losses } = decode({ speed: 'fast', service_tier: 'standard_only' });
    expect(value.serviceTier).toBe('fast');
    expect(losses.map(({ path }) => path)).toEqual(['service_tier']);
    const standard = decode({ speed: 'standard' });
    expect([standard.value.serviceTier, standard.losses]).toEqual([undefined, []]);
  });
});

describe('in the client’s own body', () => {
  const edited = (codec: Codec, body: JsonObject, tiers: NonNullable<Target['tiers']> = []) => {
    const losses: { path: string; reason: string }[] = [];
    const edits = tierEdits(body, tiers, codec, losses as never);
    return { taken: edits.map(({ path }) => path.join('.')), losses };
  };

  test.each([
    [openaiChat, { service_tier: 'priority' }, 'priority'],
    [openaiChat, { service_tier: 'FAST' }, 'fast'],
    [openaiResponses, { service_tier: 'ultrafast' }, 'ultrafast'],
    [anthropicMessages, { speed: 'fast' }, 'fast'],
    [googleGenerateContent, { serviceTier: 'priority' }, 'priority'],
    [googleGenerateContent, { service_tier: 'SERVICE_TIER_PRIORITY' }, 'priority'],
  ])(
    '%#: what has no price is taken out and named; what has one, or costs nothing, stays',
    (codec, body, tier) => {
      const [member = ''] = Object.keys(body);
      const { taken, losses } = edited(codec, body);
      expect(taken).toEqual([member]);
      expect(losses[0]?.path).toBe(member);
      expect(losses[0]?.reason).toContain(`\`tiers.${tier}\``);
      expect(edited(codec, body, [tier])).toEqual({ taken: [], losses: [] });
      expect(edited(codec, body, 'every')).toEqual({ taken: [], losses: [] });
    },
  );

  test.each(['auto', 'default', 'standard', 'scale', 'flex', null])('%p is left alone', (service_tier) => {
    for (const codec of [openaiChat, openaiResponses])
      expect(edited(codec, { service_tier })).toEqual({ taken: [], losses: [] });
    expect(edited(anthropicMessages, { service_tier, speed: 'standard' }).taken).toEqual([]);
    expect(edited(googleGenerateContent, { serviceTier: service_tier }).taken).toEqual([]);
  });

  test('a name that nobody knows may cost anything, and is not repeated', () => {
    const { taken, losses } = edited(openaiChat, { service_tier: 'sk-made-up' });
    expect(taken).toEqual(['service_tier']);
    expect(losses[0]?.reason).toContain('`tiers.NAME`');
    expect(losses[0]?.reason).not.toContain('sk-made-up');
    expect(edited(googleGenerateContent, { serviceTier: 3 }).taken).toEqual(['serviceTier']);
  });

  test('either name of OpenAI’s tier has the price of the other', () => {
    expect(edited(openaiChat, { service_tier: 'fast' }, ['priority']).taken).toEqual([]);
    expect(edited(openaiResponses, { service_tier: 'priority' }, ['fast']).taken).toEqual([]);
    expect(edited(openaiChat, { service_tier: 'ultrafast' }, ['fast']).taken).toEqual(['service_tier']);
    expect(edited(anthropicMessages, { speed: 'fast' }, ['priority']).taken).toEqual(['speed']);
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
