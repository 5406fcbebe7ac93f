// Whole Chat answers, token counts and errors.

import { describe, expect, test } from 'bun:test';
import { Fault, type FaultCode } from '../../../src/canonical/fault.ts';
import type { CanonicalResponse } from '../../../src/canonical/response.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { decodeUsage, encodeUsage } from '../../../src/formats/openai-chat/usage.ts';
import { redact, retryAfterSeconds } from '../../../src/formats/upstream-error.ts';

const DRESS: Dress = {
  model: 'claude-opus-4.6',
  id: 'chatcmpl-ours',
  createdS: 1790000000,
  includeUsage: true,
  request: {},
  requestId: 'req-1',
};

const encode = (response: Partial<CanonicalResponse>) =>
  openaiChat.encodeResponse({ parts: [], finish: { reason: 'end' }, ...response }, DRESS);

describe('writing an answer', () => {
  test('has every member the type requires, under our id and the model the client asked for', () => {
    expect(
      encode({ id: 'msg_up', model: 'up', parts: [{ kind: 'text', text: 'Hi' }], usage: noUsage() }),
    ).toEqual({
      id: 'chatcmpl-ours',
      object: 'chat.completion',
      created: 1790000000,
      model: 'claude-opus-4.6',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: encodeUsage(noUsage()),
    });
  });

  test('calls have no text beside them and never empty arguments; present calls always finish as calls', () => {
    const made = encode({ parts: [{ kind: 'tool-call', id: 'a', name: 'clock', form: 'json', input: '' }] });
    expect(made.choices).toMatchObject([
      {
        message: {
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'clock', arguments: '{}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ]);
  });

  test('thinking is shown as reasoning_content and its seal is not', () => {
    const seal = { issuer: 'anthropic', data: 'c2VjcmV0' };
    const made = encode({
      parts: [
        { kind: 'reasoning', summary: ['A', 'B'], content: [], seal },
        { kind: 'text', text: 'Hi' },
      ],
    });
    expect(made.choices).toMatchObject([{ message: { reasoning_content: 'A\n\nB', content: 'Hi' } }]);
    expect(JSON.stringify(made)).not.toContain(seal.data);
  });

  test('citation ranges count code points of the joined text', () => {
    const made = encode({
      parts: [
        { kind: 'text', text: '🇨🇭' },
        { kind: 'opaque', type: 'server_tool_use', raw: { format: 'anthropic-messages', value: {} } },
        { kind: 'text', text: 'Bern', citations: [{ kind: 'url', url: 'https://e.com', title: 'T' }] },
      ],
    });
    const cited = { start_index: 4, end_index: 8, title: 'T', url: 'https://e.com' };
    expect(made.choices).toMatchObject([
      { message: { content: '🇨🇭\n\nBern', annotations: [{ type: 'url_citation', url_citation: cited }] } },
    ]);
  });

  test.each([
    ['end', 'stop'],
    ['stop-sequence', 'stop'],
    ['tool', 'stop'],
    ['length', 'length'],
    ['context', 'length'],
    ['pause', 'length'],
    ['filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['bad-tool', 'stop'],
    ['compaction', 'stop'],
  ] as const)('%s without calls finishes as %s', (reason, finish) => {
    expect(encode({ finish: { reason } }).choices).toMatchObject([{ finish_reason: finish }]);
  });

  test('a tier of another provider is told in Chat’s words or not at all', () => {
    expect(encode({ serviceTier: 'standard' }).service_tier).toBe('default');
    expect(encode({ serviceTier: 'batch' })).not.toHaveProperty('service_tier');
  });

  test('a refusal shows its explanation', () => {
    const made = encode({ finish: { reason: 'refusal', explanation: 'Not this.' } });
    expect(made.choices).toMatchObject([{ message: { content: null, refusal: 'Not this.' } }]);
  });
});

describe('reading an answer', () => {
  test('an error inside a 200 is thrown as its class', () => {
    const thrown = (body: object) => {
      try {
        openaiChat.decodeResponse(body as never);
      } catch (fault) {
        return fault instanceof Fault ? fault.code : fault;
      }
    };
    expect(thrown({ error: { message: 'x', type: 'insufficient_quota' } })).toBe('upstream_unavailable');
    expect(thrown({ error: { message: 'x', code: 'overloaded' } })).toBe('upstream_overloaded');
    expect(thrown({ error: 'broken' })).toBe('bad_gateway');
    expect(thrown({ hello: 1 })).toBe('bad_gateway');
    expect(thrown({ choices: [] })).toBe('bad_gateway');
  });

  test('vendors without ids, with parsed arguments, parts as content', () => {
    const read = openaiChat.decodeResponse({
      id: 'gen-1',
      choices: [
        {
          message: {
            content: [
              { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
              { type: 'text', text: 'Yes' },
            ],
            tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }, { function: { arguments: '{}' } }],
          },
          finish_reason: 'stop',
        },
      ],
    });
    expect(read).toEqual({
      id: 'gen-1',
      parts: [
        { kind: 'reasoning', summary: [], content: ['Hm'] },
        { kind: 'text', text: 'Yes' },
        { kind: 'tool-call', id: 'call_gen1_0', name: 'f', form: 'json', input: '{"a":1}' },
      ],
      finish: { reason: 'tool', raw: 'stop' },
    });
  });
});

describe('token counts', () => {
  test('classes are disjoint and add up', () => {
    const raw = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 3 },
    };
    const usage = decodeUsage(raw);
    expect(usage).toMatchObject({
      input: 100,
      inputUncached: 10,
      cacheRead: 60,
      cacheWrite: { unknown: 30 },
      inputAudio: 5,
      output: 50,
      outputReasoning: 20,
      outputAudio: 3,
      raw,
    });
    expect(usage && encodeUsage(usage)).toMatchObject(raw);
  });

  test('DeepSeek’s cache hits and reasoning left out of the completion', () => {
    expect(
      decodeUsage({ prompt_tokens: 10, completion_tokens: 2, prompt_cache_hit_tokens: 8 }),
    ).toMatchObject({
      inputUncached: 2,
      cacheRead: 8,
    });
    const apart = {
      prompt_tokens: 10,
      completion_tokens: 2,
      total_tokens: 19,
      completion_tokens_details: { reasoning_tokens: 7 },
    };
    expect(decodeUsage(apart)).toMatchObject({ output: 9, outputReasoning: 7 });
  });

  test('a cache write of Anthropic’s size survives', () => {
    const blank = noUsage();
    const usage = {
      ...blank,
      input: 159_223,
      inputUncached: 6,
      cacheWrite: { ...blank.cacheWrite, ttl5m: 159_217 },
      output: 2745,
    };
    expect(encodeUsage(usage)).toMatchObject({
      prompt_tokens: 159_223,
      completion_tokens: 2745,
      total_tokens: 161_968,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 159_217 },
    });
  });
});

describe('errors', () => {
  const read = (status: number, body: unknown, headers = {}) =>
    openaiChat.decodeError(status, body, new Headers(headers));
  const body = (message: string, members = {}) => ({
    error: { message, type: 'x', param: null, code: null, ...members },
  });

  test.each([
    [400, body('bad'), 'upstream_rejected'],
    [422, { detail: [{ msg: 'field required' }] }, 'upstream_rejected'],
    [400, body('x', { code: 'context_length_exceeded' }), 'context_length_exceeded'],
    [400, body("This model's maximum context length is 128000 tokens"), 'context_length_exceeded'],
    [400, body('prompt is too long: 210000 tokens'), 'context_length_exceeded'],
    [400, body('x', { code: 'content_policy_violation' }), 'content_policy_violation'],
    [401, body('Incorrect API key provided: sk-abc'), 'upstream_auth'],
    [403, body('no'), 'upstream_auth'],
    [402, body('pay'), 'upstream_unavailable'],
    [429, body('x', { code: 'insufficient_quota' }), 'upstream_unavailable'],
    [404, body('The model `x` does not exist'), 'bad_gateway'],
    [408, '', 'upstream_timeout'],
    [413, '', 'request_too_large'],
    [429, body('slow down'), 'upstream_rate_limited'],
    [500, '<html>oops</html>', 'bad_gateway'],
    [503, '', 'upstream_overloaded'],
    [504, '', 'upstream_timeout'],
    [529, '', 'upstream_overloaded'],
  ] satisfies [number, unknown, FaultCode][])('%d %j is %s', (status, upstream, code) => {
    expect(read(status, upstream).code).toBe(code);
  });

  test('only a 400 keeps the upstream’s words, redacted', () => {
    const secret =
      'key sk-proj-abcdefgh12345678 of org-AbCdEf1234567 mail a.b@example.com at https://u:p@h.io/x?key=1 end';
    const kept = read(400, body(secret)).message;
    for (const word of ['sk-proj', 'org-Ab', 'a.b@', 'u:p', 'key=1']) expect(kept).not.toContain(word);
    expect(kept).toStartWith('key ');
    expect(kept).toEndWith(' end');
    for (const status of [401, 403, 404, 429, 500, 503])
      expect(read(status, body(secret)).message).not.toContain(' end');
    expect(read(400, '<html>proxy</html>').message).not.toContain('html');
    expect(redact('x'.repeat(5000))).toHaveLength(2000);
  });

  test('the wait an upstream asks for is kept', () => {
    expect(read(429, body('x'), { 'retry-after': '7' }).retryAfterS).toBe(7);
    expect(read(429, body('x'), { 'retry-after-ms': '1500', 'retry-after': '9' }).retryAfterS).toBe(2);
    const date = new Headers({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' });
    expect(retryAfterSeconds(date, Date.UTC(2026, 9, 21, 7, 28, 0))).toBe(30);
    expect(retryAfterSeconds(new Headers({ 'retry-after': 'soon' }))).toBeUndefined();
    const of = (wait: string) =>
      retryAfterSeconds(new Headers({ 'retry-after': wait }), Date.UTC(2026, 9, 21));
    expect(of('Wed, 21 Oct 2099 07:28:00 GMT')).toBe(86_400);
    expect(of('99999999999')).toBe(86_400);
    expect(of('Mon, 01 Jan 2001 00:00:00 GMT')).toBe(0);
  });

  test.each([
    ['invalid_value', 'invalid_request_error'],
    ['invalid_api_key', 'invalid_request_error'],
    ['insufficient_quota', 'insufficient_quota'],
    ['model_not_allowed', 'permission_error'],
    ['rate_limit_exceeded', 'requests'],
    ['upstream_rate_limited', 'rate_limit_exceeded'],
    ['bad_gateway', 'server_error'],
    ['upstream_overloaded', 'server_error'],
    ['upstream_timeout', 'server_error'],
  ] as const)('%s is of type %s', (code, type) => {
    expect(openaiChat.errorType(code)).toBe(type);
  });
});

test('arguments that a vendor writes as `null` are none', () => {
  const call = { id: 'c', type: 'function', function: { name: 'now', arguments: 'null' } };
  const read = openaiChat.decodeResponse({
    choices: [{ index: 0, message: { role: 'assistant', tool_calls: [call] }, finish_reason: 'tool_calls' }],
  });
  expect(read.parts).toMatchObject([{ kind: 'tool-call', name: 'now', input: '{}' }]);
});
