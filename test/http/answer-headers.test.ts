// The headers of answers, which are copied from a template: nothing of one call may show in the next.

import { expect, test } from 'bun:test';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import type { Call } from '../../src/gateway/call.ts';
import type { Answer } from '../../src/gateway/gateway.ts';
import { answerResponse } from '../../src/http/reply.ts';

function answer(requestId: string, members: Partial<Answer>, codec: Codec = openaiChat): Answer {
  // no more of a call than its headers speak of
  const limit = { limit: 40, remaining: 39, resetS: 2 };
  const call = { requestId, codec, model: { id: 'm' }, limit } as unknown;
  const plain = { body: new Uint8Array(), stream: false, losses: [], chargedNano: undefined };
  return { call: call as Call, provider: 'p', attempts: 1, ...plain, ...members };
}

test('a loss and a cost stay with the call they belong to', () => {
  const first = answerResponse(
    answer('one', {
      losses: [{ path: 'seed', action: 'dropped', reason: 'unknown here' }],
      chargedNano: 82_000_000n,
    }),
  );
  const second = answerResponse(answer('two', {}));
  expect(first.headers.get('x-osiris-losses')).toBe('1; dropped=seed');
  expect(first.headers.get('x-osiris-cost-usd')).toBe('0.082');
  expect(first.headers.get('x-request-id')).toBe('one');
  expect(second.headers.get('x-osiris-losses')).toBeNull();
  expect(second.headers.get('x-osiris-cost-usd')).toBeNull();
  expect(second.headers.get('x-request-id')).toBe('two');
});

test('the words of one format for a limit do not show in an answer of another', () => {
  const chat = answerResponse(answer('one', {})).headers;
  const messages = answerResponse(answer('two', {}, anthropicMessages)).headers;
  expect([chat.has('x-ratelimit-limit-requests'), chat.has('anthropic-ratelimit-requests-limit')]).toEqual([
    true,
    false,
  ]);
  expect(messages.get('anthropic-ratelimit-requests-remaining')).toBe('39');
  expect(messages.has('x-ratelimit-limit-requests')).toBe(false);
});
