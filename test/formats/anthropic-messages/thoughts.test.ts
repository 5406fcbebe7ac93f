// Thinking in tool loops: never asked for where the thoughts that began the loop cannot be sent.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../../src/canonical/fault.ts';
import type { Message, Part } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import { anthropicMessages } from '../../../src/formats/anthropic-messages/index.ts';
import { refuseThread } from '../../../src/formats/anthropic-messages/thread.ts';
import type { Target } from '../../../src/formats/codec.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const target: Target = {
  model: 'claude',
  maxOutputTokens: 64_000,
  developerRole: false,
  maxTokensField: 'max_tokens',
  midSystem: false,
  thinking: 'budget',
  efforts: [],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};

const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] });
const calls = (id: string, ...before: Part[]): Message => ({
  role: 'assistant',
  parts: [...before, { kind: 'tool-call', id, name: 'f', form: 'json', input: '{}' }],
});
const result = (callId: string): Message => ({
  role: 'tool',
  parts: [
    { kind: 'tool-result', callId, form: 'json', content: [{ kind: 'text', text: 'r' }], isError: false },
  ],
});
const thought = (issuer: string): Part => ({
  kind: 'reasoning',
  summary: ['hm'],
  content: [],
  seal: { issuer, data: 'state' },
});

function encode(messages: Message[], thinking: Target['thinking'] = 'budget') {
  const request: CanonicalRequest = {
    model: 'm',
    stream: false,
    includeUsage: false,
    messages,
    tools: [],
    sampling: { temperature: 0.5 },
    reasoning: { effort: 'low' },
    cache: {},
    origin: { reasoning: 'reasoning_effort' },
    maxOutputTokens: 4096,
  };
  return anthropicMessages.encodeRequest(request, { ...target, thinking });
}

describe('a tool loop', () => {
  test('that another provider began goes on without thinking, and says so', () => {
    const { value, losses } = encode([user('q'), calls('a', thought('openai')), result('a')]);
    expect(value).not.toHaveProperty('thinking');
    expect(value).toMatchObject({ max_tokens: 4096, temperature: 0.5 });
    expect(losses).toContainEqual(expect.objectContaining({ path: 'reasoning_effort', action: 'dropped' }));
  });

  test.each([
    ['its own thoughts', [calls('a', thought('anthropic')), result('a')]],
    [
      'its own thoughts at the beginning',
      [calls('a', thought('anthropic')), result('a'), calls('b'), result('b')],
    ],
    [
      'an end',
      [calls('a'), result('a'), { role: 'assistant', parts: [{ kind: 'text', text: 'done' }] }, user('next')],
    ],
  ] as [string, Message[]][])('with %s thinks', (_, messages) => {
    expect(encode([user('q'), ...messages]).value.thinking).toMatchObject({ type: 'enabled' });
  });

  test('that was interrupted by the user is still one', () => {
    expect(encode([user('q'), calls('a'), user('stop')]).value).not.toHaveProperty('thinking');
  });

  test('does not matter to adaptive thinking', () => {
    expect(encode([user('q'), calls('a'), result('a')], 'adaptive').value.thinking).toEqual({
      type: 'adaptive',
    });
  });
});

describe('a body that passes through', () => {
  const show = (seal: string) => (seal === 'mine' ? 'opened' : seal === 'foreign' ? undefined : seal);
  const use = { type: 'tool_use', id: 'a', name: 'f', input: {} };
  const body = (...thoughts: JsonObject[]): JsonObject => ({
    model: 'm',
    thinking: { type: 'enabled', budget_tokens: 2048 },
    context_management: {
      edits: [{ type: 'clear_thinking_20251015', keep: 'all' }, { type: 'clear_tool_uses_20250919' }],
    },
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [...thoughts, use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'r' }] },
    ],
  });
  const shown = (value: JsonObject) => anthropicMessages.showSeals?.(value, show);

  test('is the same object when all seals are Anthropic’s', () => {
    const own = body({ type: 'thinking', thinking: 'hm', signature: 'EmwK' });
    expect(shown(own)).toEqual({ value: own, losses: [] });
    expect(shown(own)?.value).toBe(own);
  });

  test('gets back what was wrapped for Anthropic', () => {
    const restored = shown(body({ type: 'redacted_thinking', data: 'mine' }));
    expect(restored).toEqual({ value: body({ type: 'redacted_thinking', data: 'opened' }), losses: [] });
  });

  test.each([
    { type: 'thinking', thinking: 'hm', signature: 'foreign' },
    { type: 'thinking', thinking: 'hm', signature: '' },
    { type: 'thinking', thinking: 'hm' },
    { type: 'redacted_thinking', data: 'foreign' },
  ] as JsonObject[])('loses %j, and thinking with it', (block) => {
    const { value, losses } = shown(body(block)) ?? { value: {}, losses: [] };
    expect(value).not.toHaveProperty('thinking');
    expect(value.context_management).toEqual({ edits: [{ type: 'clear_tool_uses_20250919' }] });
    expect(value.messages).toMatchObject([{ role: 'user' }, { content: [use] }, { role: 'user' }]);
    expect(losses.map((loss) => loss.path)).toEqual([
      'messages[1].content[0]',
      'thinking',
      'context_management.edits',
    ]);
  });

  test('loses a turn of which nothing is left', () => {
    const value = {
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }] },
        { role: 'user', content: 'go on' },
      ],
    };
    expect(shown(value)?.value.messages).toEqual([
      { role: 'user', content: 'q' },
      { role: 'user', content: 'go on' },
    ]);
  });
});

describe('a thread', () => {
  const refusal = { code: 'thread_unsupported_request', status: 400 };

  test('is refused in the words the SDK falls back on', () => {
    expect(() => refuseThread({ thread: null })).not.toThrow();
    try {
      refuseThread({ thread: { type: 'create' } });
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(Fault);
      expect(thrown).toMatchObject(refusal);
      expect((thrown as Fault).details).toEqual({ error_code: refusal.code, unsupported: ['gateway'] });
    }
  });

  test('that the upstream refuses keeps its words', () => {
    const details = { error_code: 'thread_unsupported_request', unsupported: ['tools'] };
    const error = { type: 'invalid_request_error', message: 'no threads', details };
    const fault = anthropicMessages.decodeError(400, { type: 'error', error }, new Headers());
    expect(fault).toMatchObject({ ...refusal, message: 'no threads' });
    expect(fault.details).toEqual(details);
    const other = { ...error, details: { error_code: 'something_else', unsupported: ['x'] } };
    expect(
      anthropicMessages.decodeError(400, { type: 'error', error: other }, new Headers()).details,
    ).toBeUndefined();
  });
});
