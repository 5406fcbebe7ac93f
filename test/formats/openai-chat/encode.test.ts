// Writing Chat requests for upstreams: messages and tools.

import { describe, expect, test } from 'bun:test';
import type { Message, Part } from '../../../src/canonical/part.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { checkChat } from '../../support/strict-chat.ts';
import { encode, faultOf, TARGET } from './target.ts';

const encodeTurns = (messages: Message[], target: Partial<Target> = {}) => encode({ messages }, target);
const text = (value: string): Part => ({ kind: 'text', text: value });
const call = (id: string): Part => ({ kind: 'tool-call', id, name: 'f', form: 'json', input: '{"x":1}' });
const result = (callId: string, content: Part[], isError = false): Part => ({
  kind: 'tool-result',
  callId,
  form: 'json',
  content,
  isError,
  at: `at.${callId}`,
});
const image: Part = {
  kind: 'image',
  source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' },
  at: 'at.image',
};
const wireCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{"x":1}' } });

describe('messages', () => {
  test('a developer turn is a system turn where the role is unknown', () => {
    const messages: Message[] = [{ role: 'developer', parts: [text('A')] }];
    expect(encodeTurns(messages).value.messages).toEqual([{ role: 'developer', content: 'A' }]);
    expect(encodeTurns(messages, { developerRole: false }).value.messages).toEqual([
      { role: 'system', content: 'A' },
    ]);
  });

  test('calls, results with failures and images, then the user’s words', () => {
    const { value, losses } = encodeTurns([
      { role: 'assistant', parts: [call('a'), call('b')] },
      { role: 'tool', parts: [result('a', [text('see'), image]), result('b', [text('no')], true)] },
      { role: 'user', parts: [text('And?')] },
    ]);
    expect(value.messages).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('a'), wireCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'see' },
      { role: 'tool', tool_call_id: 'b', content: '[tool error] no' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Attached image from tool call a' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'user', content: 'And?' },
    ]);
    expect(losses).toMatchObject([{ path: 'at.image', action: 'moved' }]);
    checkChat(value, new Set());
  });

  test('every call gets exactly one result right behind it', () => {
    const { value, losses } = encodeTurns([
      { role: 'assistant', parts: [call('a'), call('b')] },
      { role: 'user', parts: [text('wait')] },
      {
        role: 'tool',
        parts: [result('a', [text('old')]), result('a', [text('new')]), result('z', [text('lost')])],
      },
    ]);
    const unanswered = '[tool error] No result was recorded for this call.';
    expect(value.messages).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('a'), wireCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'new' },
      { role: 'tool', tool_call_id: 'b', content: unanswered },
      { role: 'user', content: 'wait' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Result of an earlier tool call:' },
          { type: 'text', text: 'lost' },
        ],
      },
    ]);
    expect(losses.map((loss) => loss.action).sort()).toEqual(['changed', 'dropped', 'moved']);
    checkChat(value, new Set());
  });

  test('ids that repeat in every turn keep their own results', () => {
    const turn = (words: string): Message[] => [
      { role: 'assistant', parts: [call('call_0')] },
      { role: 'tool', parts: [result('call_0', [text(words)])] },
    ];
    const { value, losses } = encodeTurns([...turn('one'), ...turn('two')]);
    const contents = (value.messages as JsonObject[])
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => content);
    expect([contents, losses]).toEqual([['one', 'two'], []]);
  });

  test('ids too long for OpenAI stay linked', () => {
    const long = 'x'.repeat(64);
    const { messages } = encodeTurns([
      { role: 'assistant', parts: [call(long)] },
      { role: 'tool', parts: [result(long, [text('ok')])] },
    ]).value as { messages: [{ tool_calls: [{ id: string }] }, { tool_call_id: string }] };
    expect(messages[0].tool_calls[0].id).toBe(messages[1].tool_call_id);
    expect(messages[1].tool_call_id.length).toBeLessThanOrEqual(40);
  });

  test('thinking goes back only where it is understood, and a seal never', () => {
    const seal = { issuer: 'anthropic', data: 'c2VjcmV0' };
    const turns: Message[] = [
      {
        role: 'assistant',
        parts: [{ kind: 'reasoning', summary: [], content: ['Hm.'], at: 'r' }, text('A')],
      },
      {
        role: 'assistant',
        parts: [{ kind: 'reasoning', summary: ['S'], content: [], seal, at: 's' }, text('B')],
      },
    ];
    const without = encodeTurns(turns);
    expect(without.value.messages).toEqual([
      { role: 'assistant', content: 'A' },
      { role: 'assistant', content: 'B' },
    ]);
    expect(without.losses.map((loss) => loss.path)).toEqual(['r', 's']);
    const back = encodeTurns(turns, { reasoningContent: true });
    expect(back.value.messages).toMatchObject([
      { content: 'A', reasoning_content: 'Hm.' },
      { content: 'B', reasoning_content: ' ' },
    ]);
    expect(back.losses.map((loss) => loss.path)).toEqual(['s']);
    checkChat(without.value, new Set());
    checkChat(back.value, new Set(['Hm.']));
    expect(JSON.stringify([without, back])).not.toContain(seal.data);
  });

  test('documents: data as a file, text as text with its title', () => {
    const { value } = encodeTurns([
      {
        role: 'user',
        parts: [
          { kind: 'file', source: { from: 'base64', mediaType: 'application/pdf', data: 'AA' } },
          { kind: 'file', title: 'Notes', source: { from: 'text', text: 'one' } },
        ],
      },
    ]);
    const file = { file_data: 'data:application/pdf;base64,AA', filename: 'document.pdf' };
    expect(value.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'file', file },
          { type: 'text', text: '# Notes\n\none' },
        ],
      },
    ]);
  });

  test('turns with nothing in them are left out, but for a neutral one when there is no other', () => {
    const empty: Message[] = [
      { role: 'assistant', parts: [] },
      { role: 'user', parts: [text('')] },
    ];
    const hi: Message = { role: 'user', parts: [text('Hi')] };
    expect(encodeTurns([...empty, hi]).value.messages).toEqual([{ role: 'user', content: 'Hi' }]);
    const { value, losses } = encodeTurns(empty);
    expect(value.messages).toEqual([{ role: 'user', content: 'Go on.' }]);
    expect(losses.map(({ path }) => path)).toEqual(['messages']);
  });

  test.each([
    [{ kind: 'image', source: { from: 'file-id', id: 'f', format: 'anthropic-messages' }, at: 'p' }],
    [{ kind: 'file', source: { from: 'url', url: 'https://e.com/a.pdf' }, at: 'p' }],
    [{ kind: 'file', source: { from: 'file-id', id: 'f', format: 'anthropic-messages' }, at: 'p' }],
    [{ kind: 'audio', source: { from: 'base64', mediaType: 'audio/flac', data: 'A' }, at: 'p' }],
  ] as [Part][])('%j is refused, not dropped', (part) => {
    expect(faultOf({ messages: [{ role: 'user', parts: [part] }] })).toEqual(['unsupported_parameter', 'p']);
  });
});

describe('tools', () => {
  const raw = { format: 'anthropic-messages', value: {} } as const;

  test('functions, implied and custom tools, search', () => {
    const { value, losses } = encode({
      tools: [
        {
          kind: 'function',
          name: 'f',
          schema: { type: 'object', additionalProperties: false },
          strict: true,
          cache: { ttl: '5m' },
          at: 'tools[0]',
        },
        { kind: 'function', name: 'bash', description: 'd', schema: { type: 'object' }, implied: raw },
        { kind: 'custom', name: 'g', grammar: { syntax: 'lark', definition: 's' } },
        {
          kind: 'web-search',
          contextSize: 'low',
          location: { city: 'Bern' },
          maxUses: 3,
          raw,
          at: 'tools[3]',
        },
      ],
      toolChoice: { mode: 'subset', required: false, names: [{ name: 'f' }, { name: 'g' }] },
      parallelTools: false,
    });
    expect(value).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'f', strict: true } },
        { type: 'function', function: { name: 'bash', description: 'd', parameters: { type: 'object' } } },
        {
          type: 'custom',
          custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 's' } } },
        },
      ],
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Bern' } },
      },
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'auto',
          tools: [
            { type: 'function', function: { name: 'f' } },
            { type: 'custom', custom: { name: 'g' } },
          ],
        },
      },
      parallel_tool_calls: false,
    });
    expect(losses.map((loss) => loss.path)).toEqual(['tools[0].cache_control', 'tools[3].max_uses']);
  });

  test('a choice without tools is left out and named', () => {
    const { value, losses } = encode({
      toolChoice: { mode: 'auto' },
      parallelTools: true,
      origin: { toolChoice: 'tool_choice' },
    });
    expect(value).toEqual({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] });
    expect(losses.map((loss) => loss.path)).toEqual(['tool_choice', 'parallel_tool_calls']);
  });

  test('tools and choices Chat cannot express are refused by their place', () => {
    expect(faultOf({ tools: [{ kind: 'opaque', type: 'mcp', raw, at: 'tools[4]' }] })).toEqual([
      'unsupported_parameter',
      'tools[4]',
    ]);
    const tools = [{ kind: 'function', name: 'f', schema: {} }] as const;
    const choice = { toolChoice: { mode: 'opaque', raw }, origin: { toolChoice: 'tool_choice' } } as const;
    expect(faultOf({ tools: [...tools], ...choice })).toEqual(['unsupported_parameter', 'tool_choice']);
    expect(faultOf({ tools: [{ ...tools[0], namespace: 'n', at: 't' }] })).toEqual([
      'unsupported_parameter',
      't',
    ]);
  });
});

test('a request of canonical features survives writing and reading', () => {
  const body: JsonObject = {
    model: 'gpt-5',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
        ],
        name: 'ann',
      },
      {
        role: 'assistant',
        content: 'Looking.',
        reasoning_content: 'Hm.',
        tool_calls: [wireCall('a'), { id: 'b', type: 'custom', custom: { name: 'g', input: 'x' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: '[tool error] no' },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: [
          { type: 'text', text: '1' },
          { type: 'text', text: '2' },
        ],
      },
      { role: 'assistant', content: null, refusal: 'No.', reasoning_content: 'No?' },
      { role: 'user', content: 'Why?' },
    ],
    tools: [wireTool('f'), { type: 'custom', custom: { name: 'g', description: 'd' } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: true,
    max_completion_tokens: 10,
    temperature: 0.5,
    stop: ['A', 'B'],
    seed: 1,
    reasoning_effort: 'low',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'n', schema: { type: 'object' }, strict: true },
    },
    verbosity: 'low',
    prompt_cache_key: 'k',
    user: 'u',
    stream: true,
    stream_options: { include_usage: true },
  };
  const read = openaiChat.decodeRequest(body);
  const written = openaiChat.encodeRequest(read.value, { ...TARGET, reasoningContent: true });
  expect([written.value, read.losses, written.losses]).toEqual([body, [], []]);
});

function wireTool(name: string): JsonObject {
  return {
    type: 'function',
    function: { name, description: 'd', parameters: { type: 'object' }, strict: false },
  };
}
