// Conversations that Anthropic has shortened, and what their shortening costs.

import { describe, expect, test } from 'bun:test';
import { chargeOf } from '../../src/billing/charge.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { TARGET as target } from './openai-chat/target.ts';

const decode = (content: JsonObject[]) =>
  anthropicMessages.decodeRequest({
    model: 'm',
    max_tokens: 10,
    system: 'Be brief.',
    messages: [
      { role: 'user', content: 'Once' },
      { role: 'assistant', content },
      { role: 'user', content: 'And then?' },
    ],
  }).value;

describe('a summary in the conversation', () => {
  test('is told another model in the place of what it stands for', () => {
    const request = decode([
      { type: 'text', text: 'upon a time' },
      { type: 'compaction', content: 'A story has begun.' },
      { type: 'text', text: 'It goes on.' },
    ]);
    const { request: fitted, losses } = fitRequest(request, target, openaiChat);
    expect(openaiChat.encodeRequest(fitted, target).value.messages).toMatchObject([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Summary of the conversation so far:\n\nA story has begun.' },
      { role: 'assistant', content: 'It goes on.' },
      { role: 'user', content: 'And then?' },
    ]);
    expect(losses.map(({ path, action }) => [path, action])).toEqual([
      ['messages[1].content[1]', 'changed'],
      ['messages[0]', 'dropped'],
      ['messages[1].content[0]', 'dropped'],
    ]);
  });

  test('stays as it is for Anthropic, and is refused where nobody can read it', () => {
    const sealed = { type: 'compaction', content: null, encrypted_content: 'E' };
    const request = decode([sealed]);
    expect(fitRequest(request, target, anthropicMessages).request.messages).toEqual(request.messages);
    expect(() => fitRequest(request, target, openaiChat)).toThrow('messages[1].content[0]');
  });
});

test('the requests that shorten a conversation are billed, which the counts at the top leave out', () => {
  const { usage } = anthropicMessages.decodeResponse({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' },
    usage: {
      ...{ input_tokens: 10, output_tokens: 5 },
      iterations: [
        { type: 'compaction', input_tokens: 250_000, output_tokens: 3_000 },
        { type: 'message', input_tokens: 10, output_tokens: 5 },
      ],
    },
  });
  expect(usage).toMatchObject({ input: 250_010, output: 3_005, source: 'reported' });
  const step = { aboveTokens: 200_000, input: 4_000_000, output: 8_000_000 };
  const price = { input: 2_000_000, output: 4_000_000, steps: [step], source: 'test', asOf: '2026-11-29' };
  // 250,000 × $4 + 3,000 × $8 and 10 × $2 + 5 × $4, a million
  expect(usage && chargeOf(usage, price, 0n).costNano).toBe(1_024_040_000n);
});

test('a fast answer was shortened at the same speed, advice was not', () => {
  const counts = { input_tokens: 10, output_tokens: 5 };
  const { usage } = anthropicMessages.decodeResponse({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' },
    usage: {
      ...{ ...counts, service_tier: 'standard', speed: 'fast' },
      iterations: [
        { type: 'compaction', ...counts },
        { type: 'advisor_message', model: 'claude-other', ...counts },
      ],
    },
  });
  expect(usage?.requests?.map(({ tier }) => tier)).toEqual(['fast', 'fast', 'standard']);
});
