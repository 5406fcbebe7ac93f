// Messages requests as clients send them: what they mean, and what is named as lost or refused.

import { describe, expect, test } from 'bun:test';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts';
import { faultOf } from '../../support/fault-of.ts';

const base: JsonObject = { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] };
const decode = (members: JsonObject) => codec.decodeRequest({ ...base, ...members });
const paths = (losses: { path: string }[]) => losses.map((loss) => loss.path).sort();

describe('what a client means', () => {
  test('system text and blocks lead, a system turn stays where it stands', () => {
    expect(decode({ system: 'Be brief.' }).value.messages[0]).toEqual({
      role: 'system',
      parts: [{ kind: 'text', text: 'Be brief.', at: 'system' }],
      at: 'system',
    });
    const { value, losses } = decode({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=1' },
        { type: 'text', text: 'B', cache_control: { type: 'ephemeral', ttl: '1h', scope: 'global' } },
      ],
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'note' },
      ],
    });
    expect(value.messages.map((message) => message.role)).toEqual(['system', 'user', 'system']);
    expect(value.messages[0]?.parts).toMatchObject([{ text: 'B', cache: { ttl: '1h' }, at: 'system[1]' }]);
    expect(paths(losses)).toEqual(['system[0]', 'system[1].cache_control.scope']);
  });

  test('tool results of a user turn become a tool message before the rest', () => {
    const { value } = decode({
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: { x: [1, 2] } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'r' }], is_error: true },
            { type: 'text', text: 'go on' },
          ],
        },
      ],
    });
    expect(value.messages.map((message) => message.role)).toEqual(['assistant', 'tool', 'user']);
    expect(value.messages[0]?.parts[0]).toMatchObject({ kind: 'tool-call', input: '{"x":[1,2]}' });
    expect(value.messages[1]?.parts[0]).toMatchObject({
      callId: 'a',
      isError: true,
      content: [{ text: 'r', at: 'messages[1].content[0].content[0]' }],
    });
  });

  test('thinking keeps its seal, an empty signature is none', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'redacted_thinking', data: 'secret' },
    ];
    const { value } = decode({ messages: [{ role: 'assistant', content }] });
    const [sealed, unsealed, redacted] = value.messages[0]?.parts ?? [];
    expect(sealed).toMatchObject({
      summary: ['hm'],
      content: [],
      seal: { issuer: 'anthropic', data: 'sig' },
    });
    expect(unsealed).not.toHaveProperty('seal');
    expect(redacted).toMatchObject({ redacted: true, seal: { data: 'secret' } });
  });

  const controls: [string, JsonObject, JsonValue | undefined][] = [
    ['disabled', { thinking: { type: 'disabled' } }, { mode: 'off' }],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 2000 } }, { mode: 'on', budgetTokens: 2000 }],
    ['no budget', { thinking: { type: 'enabled' } }, { mode: 'on', effort: 'medium' }],
    ['adaptive', { thinking: { type: 'adaptive', display: 'omitted' } }, { mode: 'auto', summary: 'none' }],
    [
      'effort',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { mode: 'auto', effort: 'max' },
    ],
    ['between tools', { thinking: { type: 'between_tools' } }, { mode: 'on', effort: 'minimal' }],
    ['nothing', {}, undefined],
  ];
  test.each(controls)('thinking with %s', (_, members, expected) => {
    expect(decode(members).value.reasoning as JsonValue | undefined).toEqual(expected);
  });

  test('tools keep what they are: functions, client-side types, search, hosted', () => {
    const { value, losses } = decode({
      tools: [
        { name: 'f', input_schema: { type: 'object' }, strict: true, eager_input_streaming: true },
        { type: 'bash_20250124', name: 'bash' },
        {
          type: 'web_search_20250305',
          name: 'web_search',
          max_uses: 3,
          user_location: { type: 'approximate', city: 'Paris' },
        },
        { type: 'code_execution_20260521', name: 'code_execution' },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(value.tools).toMatchObject([
      { kind: 'function', name: 'f', strict: true, at: 'tools[0]' },
      {
        kind: 'function',
        name: 'bash',
        schema: { type: 'object' },
        implied: { value: { type: 'bash_20250124' } },
      },
      { kind: 'web-search', maxUses: 3, location: { city: 'Paris' } },
      { kind: 'opaque', type: 'code_execution_20260521' },
    ]);
    expect(value).toMatchObject({ toolChoice: { mode: 'required' }, parallelTools: false });
    expect(paths(losses)).toEqual(['tools[0].eager_input_streaming']);
  });

  test('hosted history stays verbatim and readable', () => {
    const content = [
      { type: 'mcp_tool_result', tool_use_id: 'x', content: [{ type: 'text', text: 'from mcp' }] },
      {
        type: 'bash_code_execution_tool_result',
        tool_use_id: 'y',
        content: { type: 'r', stdout: 'out', stderr: '' },
      },
    ];
    const { value } = decode({ messages: [{ role: 'assistant', content }] });
    expect(value.messages[0]?.parts).toMatchObject([
      { kind: 'opaque', type: 'mcp_tool_result', text: 'from mcp', raw: { value: content[0] } },
      { kind: 'opaque', text: '```\nout\n```', code: { output: 'out' } },
    ]);
  });

  test('every unknown member is named at its own level', () => {
    const { losses } = decode({
      context_management: { edits: [] },
      metadata: { user_id: 'u', team: 'x' },
      output_config: { effort: 'low', task_budget: 1 },
      tools: [{ type: 'memory_20250818', name: 'memory', defer_loading: true }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'a', hint: 1 }], mood: 'good' }],
    });
    expect(paths(losses)).toEqual([
      'context_management',
      'messages[0].content[0].hint',
      'messages[0].mood',
      'metadata.team',
      'output_config.task_budget',
    ]);
  });

  test('what cannot be dropped is refused by name', () => {
    expect(faultOf(() => decode({ inference_geo: 'eu' }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'inference_geo',
    });
    expect(faultOf(() => decode({ container: 'c' }))).toMatchObject({ param: 'container', status: 400 });
    expect(faultOf(() => decode({ thread: { type: 'create' } }))).toMatchObject({
      code: 'thread_unsupported_request',
      details: { error_code: 'thread_unsupported_request', unsupported: ['gateway'] },
    });
    expect(decode({ container: null, inference_geo: null }).losses).toEqual([]);
    const broken = [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }];
    expect(faultOf(() => decode({ messages: broken }))).toMatchObject({
      param: 'messages[0].content[0].tool_use_id',
    });
  });
});
