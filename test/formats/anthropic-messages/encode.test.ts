// Messages requests as upstreams get them: what is written for which model, and what is named as lost or refused.

import { describe, expect, test } from 'bun:test';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import { faultOf } from '../../support/fault-of.ts';
import { adaptive, ask, encode, older, paths } from '../../support/messages-encoding.ts';

describe('what an upstream is sent', () => {
  test.each([
    ['user-1', true],
    ['{"device_id":"d","session_id":"s"}', true],
    ['bob@example.com', false],
    ['team-7/bob@example.com', false],
    ['+47 912 34 567', false],
    ['x'.repeat(257), false],
  ])('the user %s stays: %p; a digest stands for what Anthropic refuses', (userId, stays) => {
    const { value, losses } = encode({ userId, origin: { userId: 'user' } });
    const sent = asObject(value.metadata).user_id;
    if (stays) expect(sent).toBe(userId);
    else expect(sent).toMatch(/^[0-9a-f]{64}$/);
    expect(paths(losses)).toEqual(stays ? [] : ['user']);
  });

  test('a request of this format survives decode and encode without a loss', () => {
    const body: JsonObject = {
      model: 'claude-opus-4-8',
      max_tokens: 4000,
      system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
              title: 'T',
              citations: { enabled: true },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            { type: 'redacted_thinking', data: 'd' },
            { type: 'text', text: 'calling' },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'r', is_error: true },
            { type: 'text', text: 'next' },
          ],
        },
        { role: 'system', content: 'mid' },
        { role: 'assistant', content: 'going' },
        { role: 'user', content: 'go' },
      ],
      tools: [
        {
          name: 'f',
          description: 'D',
          input_schema: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'code_execution_20260521', name: 'code_execution' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      stop_sequences: ['END'],
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: {
        effort: 'high',
        format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false } },
      },
      metadata: { user_id: 'u' },
      service_tier: 'auto',
      cache_control: { type: 'ephemeral' },
      stream: true,
    };
    const decoded = codec.decodeRequest(body);
    const encoded = codec.encodeRequest(decoded.value, adaptive);
    expect(decoded.losses).toEqual([]);
    expect(encoded.losses).toEqual([]);
    expect(encoded.value).toEqual(body);
    expect(codec.decodeRequest(encoded.value).value).toEqual(decoded.value);
  });

  test('a retention of a day gives every mark an hour, unless one says its own time', () => {
    const origin = { 'cache.retention': 'prompt_cache_retention' };
    const messages = (ttl: 'default' | '5m') => [
      { role: 'user' as const, parts: [{ kind: 'text' as const, text: 'Hi', cache: { ttl } }] },
    ];
    const long = encode({ messages: messages('default'), cache: { retention: '24h' }, origin });
    expect(long.value.messages).toMatchObject([{ content: [{ cache_control: { ttl: '1h' } }] }]);
    expect(long.losses).toMatchObject([{ path: 'prompt_cache_retention', action: 'changed' }]);
    const auto = { ttl: 'default' as const };
    const mixed = encode({ messages: messages('5m'), cache: { retention: '24h', auto }, origin });
    expect(mixed.value.cache_control).toEqual({ type: 'ephemeral' });
    expect(mixed.losses).toMatchObject([{ path: 'prompt_cache_retention', action: 'dropped' }]);
    const short = encode({ cache: { retention: 'in_memory', auto }, origin });
    expect(short.value.cache_control).toEqual({ type: 'ephemeral' });
    expect(short.losses).toMatchObject([{ path: 'prompt_cache_retention', action: 'dropped' }]);
  });

  test('the cap is the request’s within the model’s, and never missing', () => {
    const { maxOutputTokens: _, ...uncapped } = ask({});
    expect(codec.encodeRequest(uncapped, adaptive).value.max_tokens).toBe(64_000);
    expect(codec.encodeRequest(uncapped, { ...adaptive, maxOutputTokens: undefined }).value.max_tokens).toBe(
      8192,
    );
    const { value, losses } = encode({
      maxOutputTokens: 128_000,
      origin: { maxOutputTokens: 'max_completion_tokens' },
    });
    expect(value.max_tokens).toBe(64_000);
    expect(losses).toMatchObject([{ path: 'max_completion_tokens', action: 'clamped' }]);
  });

  test('a model that cannot stop thinking is asked to think as little as it can', () => {
    const sonnet = { ...adaptive, model: 'claude-sonnet-5-5' };
    expect(encode({ reasoning: { mode: 'off' } }, sonnet)).toMatchObject({
      value: { thinking: { type: 'between_tools' } },
      losses: [{ action: 'changed' }],
    });
    for (const model of ['claude-opus-5-5', 'claude-fable-5-1']) {
      const { value, losses } = encode({ reasoning: { mode: 'off' } }, { ...adaptive, model });
      expect([value.thinking, value.output_config]).toEqual([undefined, { effort: 'low' }]);
      expect(losses).toMatchObject([{ action: 'changed' }]);
    }
  });

  test('effort becomes a budget inside the cap on older models', () => {
    const { value, losses } = encode({ reasoning: { effort: 'high' }, maxOutputTokens: 1000 }, older);
    expect(value).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 16_384 }, max_tokens: 17_384 });
    expect(losses).toMatchObject([{ path: 'max_tokens', action: 'changed' }]);
    const small = encode(
      { reasoning: { effort: 'high' }, maxOutputTokens: 4096 },
      { ...older, maxOutputTokens: 4096 },
    ).value;
    expect(small).toMatchObject({ thinking: { budget_tokens: 3072 }, max_tokens: 4096 });
    const own = encode({ reasoning: { mode: 'on', budgetTokens: 2000 }, maxOutputTokens: 4000 }, older);
    expect(own.value).toMatchObject({ thinking: { budget_tokens: 2000 }, max_tokens: 4000 });
    expect(own.losses).toEqual([]);
    expect(encode({ reasoning: { effort: 'none' } }, older).value.thinking).toEqual({ type: 'disabled' });
  });

  test('effort is clipped to what an adaptive model lists, a budget becomes one', () => {
    const { value, losses } = encode({
      reasoning: { effort: 'xhigh' },
      origin: { 'reasoning.effort': 'reasoning_effort' },
    });
    expect(value).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } });
    expect(losses).toMatchObject([{ path: 'reasoning_effort', action: 'clamped' }]);
    expect(encode({ reasoning: { budgetTokens: 31_999 } }).value.output_config).toEqual({ effort: 'high' });
    const none = encode({ reasoning: { effort: 'low' } }, { ...adaptive, thinking: 'none' });
    expect(none.value).not.toHaveProperty('thinking');
    expect(none.losses).toHaveLength(1);
  });

  test('sampling follows the model and thinking', () => {
    expect(encode({ sampling: { temperature: 1.4, topK: 5 } })).toMatchObject({
      value: { temperature: 1, top_k: 5 },
      losses: [{ path: 'temperature', action: 'clamped' }],
    });
    const thinking = encode({ sampling: { temperature: 0.2, topP: 0.9 }, reasoning: { effort: 'low' } });
    expect(thinking.value).not.toHaveProperty('temperature');
    expect(thinking.value).not.toHaveProperty('top_p');
    expect(paths(thinking.losses)).toEqual(['temperature', 'top_p']);
    const fixed = { ...adaptive, sampling: false };
    expect(encode({ sampling: { temperature: 1 } }, fixed)).toMatchObject({
      value: { temperature: 1 },
      losses: [],
    });
    expect(encode({ sampling: { topK: 3 } }, fixed).losses).toHaveLength(1);
    expect(encode({ sampling: { stop: ['END'] } })).toMatchObject({
      value: { stop_sequences: ['END'] },
      losses: [],
    });
  });

  test('a cap of 0 is refused: it would be paid for and answer nothing', () => {
    const origin = { maxOutputTokens: 'max_completion_tokens' };
    expect(() => encode({ maxOutputTokens: 0, origin })).toThrow(
      '`max_completion_tokens` must be at least 1',
    );
  });

  test('controls without a counterpart are named as the client wrote them', () => {
    const { losses } = encode({
      sampling: { seed: 1, frequencyPenalty: 1, logprobs: true, n: 1 },
      verbosity: 'low',
      serviceTier: 'flex',
      metadata: { a: 'b' },
      cache: { key: 'k' },
      userId: 'u',
      safetyId: 's',
      origin: { 'sampling.seed': 'seed', safetyId: 'safety_identifier' },
    });
    expect(paths(losses)).toEqual([
      'cache.key',
      'metadata',
      'safety_identifier',
      'sampling.frequencyPenalty',
      'sampling.logprobs',
      'seed',
      'serviceTier',
      'verbosity',
    ]);
    expect(faultOf(() => encode({ sampling: { n: 2 } }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'n',
    });
  });

  test('a schema goes out natively, closed as Anthropic wants it', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect(encode({ output: { kind: 'schema', name: 'reply', schema } })).toMatchObject({
      value: {
        output_config: {
          format: { type: 'json_schema', schema: { ...schema, additionalProperties: false } },
        },
      },
      losses: [{ path: 'output_config.format.name' }],
    });
  });

  test('a forced call and a subset are said as far as a thinking model allows', () => {
    const tools: CanonicalRequest['tools'] = ['f', 'g'].map((name) => ({
      kind: 'function',
      name,
      schema: { properties: {} },
    }));
    const one = { mode: 'one' as const, name: 'f', form: 'json' as const };
    expect(encode({ tools, toolChoice: one, parallelTools: false }).value).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object' } }, { name: 'g' }],
      tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    });
    const thinking = encode({ tools, toolChoice: one, reasoning: { effort: 'low' } });
    expect(thinking.value.tool_choice).toEqual({ type: 'auto' });
    expect(paths(thinking.losses)).toEqual(['tool_choice']);
    const subset = encode({ tools, toolChoice: { mode: 'subset', required: true, names: [{ name: 'g' }] } });
    expect(subset.value).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type: 'any' } });
  });

  test('schema rules the dialect refuses are told in words, property names are left alone', () => {
    const schema = {
      type: 'object',
      properties: {
        pattern: { type: 'string', minLength: 2 },
        n: { oneOf: [{ type: 'integer', maximum: 9 }] },
      },
      additionalProperties: true,
    };
    const { value, losses } = encode({ output: { kind: 'schema', schema } });
    expect(value.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            pattern: { type: 'string', description: '(minLength: 2)' },
            n: { anyOf: [{ type: 'integer', description: '(maximum: 9)' }] },
          },
          additionalProperties: false,
        },
      },
    });
    expect(paths(losses)).toEqual(['output_config.format.schema']);
  });
});
