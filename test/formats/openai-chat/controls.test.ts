// Writing Chat requests for upstreams: cap, sampling, thinking, output format and labels.

import { describe, expect, test } from 'bun:test';
import { encode, faultOf } from './target.ts';

describe('controls', () => {
  test('the cap has the upstream’s name and never exceeds the model', () => {
    expect(encode({ maxOutputTokens: 50 }).value).toMatchObject({ max_completion_tokens: 50 });
    const { value, losses } = encode(
      { maxOutputTokens: 64_000, origin: { maxOutputTokens: 'max_tokens' } },
      { maxTokensField: 'max_tokens' },
    );
    expect(value.max_tokens).toBe(1000);
    expect(losses).toMatchObject([{ path: 'max_tokens', action: 'clamped' }]);
    expect(faultOf({ maxOutputTokens: 0 })).toEqual(['unsupported_parameter', 'max_tokens']);
  });

  test('a streamed answer always reports its usage', () => {
    expect(encode({ stream: true }).value).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(encode({}).value).not.toHaveProperty('stream');
  });

  test.each([
    [{ effort: 'high' }, 'high', []],
    [{ effort: 'max' }, 'high', ['clamped']],
    [{ effort: 'none' }, 'minimal', ['clamped']],
    [{ mode: 'off' }, 'minimal', ['clamped']],
    [{ budgetTokens: 2000 }, 'low', ['changed']],
    [{ budgetTokens: 8192 }, 'medium', ['changed']],
    [{ budgetTokens: 24_576 }, 'high', ['changed']],
    [{ mode: 'auto' }, undefined, []],
    [{ effort: 'low', summary: 'auto' }, 'low', []],
    [{ effort: 'low', summary: 'detailed' }, 'low', ['dropped']],
    [{ mode: 'on', summary: 'auto' }, undefined, ['dropped']],
  ] as const)('thinking %j', (reasoning, effort, actions) => {
    const { value, losses } = encode({ reasoning });
    expect([value.reasoning_effort, losses.map((loss) => loss.action)]).toEqual([effort, [...actions]]);
  });

  test('where nothing is known of the efforts, Chat’s own list counts', () => {
    expect(encode({ reasoning: { effort: 'max' } }, { efforts: [] }).value.reasoning_effort).toBe('xhigh');
    expect(encode({ reasoning: { budgetTokens: 40_000 } }, { efforts: [] }).value.reasoning_effort).toBe(
      'xhigh',
    );
    expect(encode({ reasoning: { mode: 'off' } }, { efforts: [] }).value.reasoning_effort).toBe('none');
    expect(encode({ reasoning: { effort: 'low' } }, { thinking: 'none' })).toMatchObject({
      losses: [{ action: 'dropped' }],
    });
  });

  test.each([
    ['thinking', { mode: 'off' }, { thinking: { type: 'disabled' } }],
    ['thinking', { effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['thinking', { mode: 'on' }, { thinking: { type: 'enabled' } }],
    ['thinking', { effort: 'max' }, { thinking: { type: 'enabled' }, reasoning_effort: 'max' }],
    ['thinking', { effort: 'xhigh' }, { thinking: { type: 'enabled' }, reasoning_effort: 'high' }],
    ['thinking', { budgetTokens: 20_000 }, { thinking: { type: 'enabled' }, reasoning_effort: 'high' }],
    ['thinking', { mode: 'auto' }, {}],
    ['enable_thinking', { mode: 'off' }, { enable_thinking: false }],
    ['enable_thinking', { budgetTokens: 2000 }, { enable_thinking: true, thinking_budget: 2000 }],
    ['chat_template_kwargs', { mode: 'off' }, { chat_template_kwargs: { enable_thinking: false } }],
  ] as const)('a vendor with a switch of its own, %s: %j', (thinkingSwitch, reasoning, members) => {
    const { value } = encode({ reasoning }, { thinkingSwitch, efforts: ['high', 'max'] });
    const { model: _, messages: __, ...rest } = value;
    expect(rest).toEqual(members as never);
  });

  test('knobs a model refuses are dropped by the client’s name', () => {
    const knobs = { sampling: { temperature: 1, topK: 4, seed: 3 }, origin: { 'sampling.topK': 'topK' } };
    const { value, losses } = encode(knobs, { sampling: false });
    expect(value).toMatchObject({ model: 'gpt-5', seed: 3 });
    expect(losses.map((loss) => loss.path)).toEqual(['topK', 'temperature']);
    expect(encode(knobs).value).toMatchObject({ temperature: 1, seed: 3 });
  });

  test('a schema has a name', () => {
    const output = { kind: 'schema', schema: { type: 'object' } } as const;
    expect(encode({ output }).value.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'response', schema: { type: 'object' } },
    });
  });

  test('labels stay here, long user ids become a digest', () => {
    const { value, losses } = encode({
      metadata: { a: 'b' },
      userId: 'u'.repeat(100),
      serviceTier: 'standard_only',
    });
    expect(value).not.toHaveProperty('metadata');
    expect(value.user).toMatch(/^[0-9a-f]{64}$/);
    expect(value.service_tier).toBe('default');
    expect(losses.map((loss) => [loss.path, loss.action])).toEqual([
      ['metadata', 'dropped'],
      ['userId', 'changed'],
    ]);
  });
});
