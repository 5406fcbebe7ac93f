// `prompt_cache_options` of OpenAI, and requests that only fill a cache, between the formats.

import { describe, expect, test } from 'bun:test';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { TARGET } from './openai-chat/target.ts';

function sent(from: Codec, to: Codec, body: JsonObject, members: Partial<Target> = {}) {
  const target = { ...TARGET, ...members };
  const decoded = from.decodeRequest(body);
  const fitted = fitRequest(decoded.value, target, to);
  const { value, losses } = to.encodeRequest(fitted.request, target);
  return { value, losses: [...decoded.losses, ...fitted.losses, ...losses], changes: fitted.changes };
}

const WARM_A: JsonObject = { model: 'm', max_tokens: 0, messages: [{ role: 'user', content: 'Hi' }] };
const WARM_R: JsonObject = { model: 'm', input: 'Hi', prompt_cache_options: { prewarm: true } };

describe('a request that only fills the cache', () => {
  test('does so at Anthropic and at newer models of OpenAI', () => {
    const responses = sent(anthropicMessages, openaiResponses, WARM_A, { model: 'gpt-5.6-sol' });
    expect(responses.value).toMatchObject({ prompt_cache_options: { prewarm: true } });
    expect(responses.value).not.toHaveProperty('max_output_tokens');
    expect(responses.losses).toEqual([]);
    const messages = sent(openaiResponses, anthropicMessages, WARM_R);
    expect(messages.value).toMatchObject({ max_tokens: 0 });
    const [change] = messages.changes;
    expect(change?.()?.response({ parts: [], finish: { reason: 'length' } }).finish.reason).toBe('end');
  });

  test.each([
    ['an older model of OpenAI', anthropicMessages, openaiResponses, WARM_A, 'max_tokens'],
    ['a Gemini model', openaiResponses, googleGenerateContent, WARM_R, 'prompt_cache_options.prewarm'],
    ['a Chat model', anthropicMessages, openaiChat, WARM_A, 'max_tokens'],
  ])('is refused by name for %s, which would answer it', (_, from, to, body, param) => {
    expect(() => sent(from, to, body, { model: 'gpt-5' })).toThrow(`\`${param}\``);
  });
});

describe('the lifetime of all marks', () => {
  const marked = (options: JsonObject): JsonObject => ({
    model: 'm',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'input_text', text: 'b', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
        ],
      },
    ],
    prompt_cache_options: options,
  });

  test('is that of each mark that says none of its own', () => {
    const { value, losses } = sent(
      openaiResponses,
      anthropicMessages,
      marked({ ttl: '12h', mode: 'explicit' }),
    );
    expect(value.messages).toMatchObject([
      { content: [{ cache_control: { ttl: '1h' } }, { cache_control: { ttl: '5m' } }] },
    ]);
    expect(losses.map(({ path }) => path)).toEqual([
      'prompt_cache_options.ttl',
      'prompt_cache_options.mode',
      'input[0].content[0]',
      'input[0].content[1]',
    ]);
  });

  test('is a named loss where there is no mark', () => {
    const body = { ...WARM_R, prompt_cache_options: { ttl: '12h' } };
    expect(sent(openaiResponses, anthropicMessages, body).losses).toMatchObject([
      { path: 'prompt_cache_options.ttl', action: 'dropped' },
    ]);
  });
});
