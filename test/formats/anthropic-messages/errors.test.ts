// Errors of a Messages upstream, and the wire schema that guards the Messages routes.

import { describe, expect, test } from 'bun:test';
import { Fault, type FaultCode } from '../../../src/canonical/fault.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import { type BodyKind, checkBody } from '../../../src/formats/check.ts';
import { safeToolId } from '../../../src/formats/tool-id.ts';
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts';

const error = (type: string, message = 'It failed.', details: JsonValue = null): JsonObject => ({
  type: 'error',
  error: { type, message, details },
  request_id: 'req_upstream',
});
const read = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  codec.decodeError(status, body, new Headers(headers));

describe('an upstream error', () => {
  const cases: [number, unknown, FaultCode][] = [
    [400, error('invalid_request_error'), 'upstream_rejected'],
    [
      400,
      error('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
      'context_length_exceeded',
    ],
    [400, error('invalid_request_error', 'Your credit balance is too low'), 'upstream_unavailable'],
    [401, error('authentication_error'), 'upstream_auth'],
    [403, error('permission_error'), 'upstream_auth'],
    [404, error('not_found_error', 'model: x'), 'bad_gateway'],
    [413, error('request_too_large'), 'request_too_large'],
    [429, error('rate_limit_error'), 'upstream_rate_limited'],
    [
      429,
      error('rate_limit_error', 'x', { error_code: 'enforced_spend_limit_reached' }),
      'upstream_unavailable',
    ],
    [500, error('api_error'), 'bad_gateway'],
    [502, '<html>Bad gateway</html>', 'bad_gateway'],
    [504, error('timeout_error'), 'upstream_timeout'],
    [503, 'busy', 'upstream_overloaded'],
    [529, error('overloaded_error'), 'upstream_overloaded'],
    [500, error('overloaded_error'), 'upstream_overloaded'],
    [200, error('overloaded_error'), 'upstream_overloaded'],
    [200, error('rate_limit_error'), 'upstream_rate_limited'],
    [200, error('unheard_of_error'), 'bad_gateway'],
    [400, { message: 'flat' }, 'upstream_rejected'],
  ];
  test.each(cases)('%d %j is our %s', (status, body, code) => {
    expect(read(status, body).code).toBe(code);
  });

  test('keeps a rejection’s words without keys, accounts or URL secrets, and no other words at all', () => {
    const message =
      'max_tokens: bad for sk-ant-api03-abcdefghijk in org-1234567890 at https://u:pw@x.test/a?key=1';
    const rejected = read(400, error('invalid_request_error', message));
    expect(rejected.message).toStartWith('max_tokens: bad for ');
    expect(rejected.message).not.toMatch(/sk-ant|1234567890|u:pw|key=1/);
    expect(read(401, error('authentication_error', message)).message).not.toContain('max_tokens');
    expect(read(400, error('invalid_request_error', 'x'.repeat(9000))).message.length).toBeLessThanOrEqual(
      2000,
    );
  });

  test('says how long to wait', () => {
    expect(read(429, error('rate_limit_error'), { 'retry-after': '7' }).retryAfterS).toBe(7);
  });

  test('inside a whole answer it is raised, as is a body that is no message', () => {
    expect(() => codec.decodeResponse(error('overloaded_error'))).toThrow(Fault);
    expect(() => codec.decodeResponse({ id: 'x' })).toThrow('no message');
    expect(() => codec.decodeResponse({ content: [{ type: 'tool_use' }] })).toThrow('no message');
  });

  test('our own codes speak the format’s vocabulary', () => {
    expect(codec.errorType('invalid_value')).toBe('invalid_request_error');
    expect(codec.errorType('model_not_found')).toBe('not_found_error');
    expect(codec.errorType('insufficient_quota')).toBe('billing_error');
    expect(codec.errorType('request_too_large')).toBe('invalid_request_error');
    expect(codec.errorType('rate_limit_exceeded')).toBe('rate_limit_error');
    expect(codec.errorType('upstream_overloaded')).toBe('overloaded_error');
    expect(codec.errorType('upstream_timeout')).toBe('timeout_error');
    expect(codec.errorType('internal_error')).toBe('api_error');
  });
});

describe('the wire schema', () => {
  const base: JsonObject = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
  const paramOf = (body: JsonObject, kind: BodyKind = 'anthropic-messages'): string | undefined => {
    try {
      checkBody(kind, body);
    } catch (thrown) {
      if (thrown instanceof Fault) return thrown.param;
      throw thrown;
    }
    return undefined;
  };

  test('accepts what real clients send', () => {
    const mark = { type: 'ephemeral' };
    expect(
      paramOf({
        ...base,
        system: [{ type: 'text', text: 'S', cache_control: mark }],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'a', cache_control: mark }] },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: '', signature: 's' },
              { type: 'redacted_thinking', data: 'd' },
              { type: 'tool_use', id: 'a', name: 'f', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'a',
                content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }],
              },
              { type: 'from_the_future', content: 3, source: 1 },
            ],
          },
          { role: 'system', content: 'note' },
        ],
        tools: [
          { type: 'web_search_20250305', name: 'web_search', max_uses: 5 },
          { name: 'f', input_schema: { type: 'object' }, eager_input_streaming: true },
          { type: 'computer_toolset_20260801', configs: {} },
        ],
        thinking: { type: 'enabled' },
        output_config: { effort: 'high', task_budget: {} },
        context_management: { edits: [] },
        metadata: { user_id: '{"device_id":"x"}' },
        thread: { type: 'create' },
        container: { id: null, skills: [] },
        mcp_servers: [{ type: 'url' }],
        service_tier: 'auto',
        speed: 'fast',
        inference_geo: null,
        fallbacks: [],
        diagnostics: { previous_message_id: null },
        temperature: 1,
        stream: true,
        cache_control: { ...mark, ttl: '1h' },
      }),
    ).toBeUndefined();
    const { max_tokens: _, ...uncapped } = base;
    expect(paramOf(uncapped, 'count-messages')).toBeUndefined();
  });

  const wrong: [string, JsonObject][] = [
    ['model', { model: '' }],
    ['max_tokens', { max_tokens: '10' }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['stream', { stream: 'yes' }],
    ['messages', { messages: 'Hi' }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    [
      'messages[0].content[1].text',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 1 },
            ],
          },
        ],
      },
    ],
    ['tools[0].name', { tools: [{ name: 7 }] }],
    ['tools[0].input_schema', { tools: [{ name: 'f', input_schema: 'x' }] }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 'much' } }],
    ['tool_choice.type', { tool_choice: {} }],
    ['metadata.user_id', { metadata: { user_id: 5 } }],
    ['system[0].text', { system: [{ type: 'text' }] }],
  ];
  test.each(wrong)('names `%s` when its type is wrong', (param, members) => {
    expect(paramOf({ ...base, ...members })).toBe(param);
  });

  test('names a missing cap', () => {
    const { max_tokens: _, ...uncapped } = base;
    expect(paramOf(uncapped)).toBe('max_tokens');
  });
});

test('tool ids stay themselves where they can and stay apart where they cannot', () => {
  expect(safeToolId('toolu_01A-b')).toBe('toolu_01A-b');
  const ids = ['functions.Bash:0', 'functions.Bash:1', '', 'x'.repeat(65), 'x'.repeat(66), 'é'];
  const safe = ids.map(safeToolId);
  for (const id of safe) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(new Set(safe).size).toBe(ids.length);
  expect(safe.map(safeToolId)).toEqual(safe);
});
