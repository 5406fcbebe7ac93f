// Reading Chat requests: every documented member, the habits of real clients, and nothing lost silently.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../../src/canonical/fault.ts';
import type { Part } from '../../../src/canonical/part.ts';
import { checkBody } from '../../../src/formats/check.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const decode = (members: JsonObject) => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...members };
  checkBody('openai-chat', body);
  return openaiChat.decodeRequest(body);
};
const partsOf = (...messages: JsonObject[]): Part[][] =>
  decode({ messages }).value.messages.map((message) => message.parts);
const faultOf = (members: JsonObject): [string, string | undefined] | undefined => {
  try {
    decode(members);
  } catch (fault) {
    if (fault instanceof Fault) return [fault.code, fault.param];
    throw fault;
  }
  return undefined;
};
const lossesOf = (members: JsonObject) => decode(members).losses.map((loss) => loss.path);

describe('messages', () => {
  test('roles, names and text stay as they are', () => {
    const { value, losses } = decode({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'No emoji.' }] },
        { role: 'user', content: 'Hi', name: 'ann' },
        { role: 'assistant', content: 'Hello.' },
      ],
    });
    expect(losses).toEqual([]);
    expect(value.messages).toEqual([
      {
        role: 'system',
        at: 'messages[0]',
        parts: [{ kind: 'text', text: 'Be brief.', at: 'messages[0].content' }],
      },
      {
        role: 'developer',
        at: 'messages[1]',
        parts: [{ kind: 'text', text: 'No emoji.', at: 'messages[1].content[0]' }],
      },
      {
        role: 'user',
        name: 'ann',
        at: 'messages[2]',
        parts: [{ kind: 'text', text: 'Hi', at: 'messages[2].content' }],
      },
      {
        role: 'assistant',
        at: 'messages[3]',
        parts: [{ kind: 'text', text: 'Hello.', at: 'messages[3].content' }],
      },
    ]);
  });

  test('images, sound and documents, as data and by reference', () => {
    const [parts] = partsOf({
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'high' } },
        { type: 'image_url', image_url: { url: 'https://e.com/a.png' } },
        { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,CCCC', filename: 'a.pdf' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    });
    expect(parts).toMatchObject([
      { kind: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' },
      { kind: 'image', source: { from: 'url', url: 'https://e.com/a.png' } },
      { kind: 'audio', source: { from: 'base64', mediaType: 'audio/mpeg', data: 'BBBB' } },
      {
        kind: 'file',
        title: 'a.pdf',
        source: { from: 'base64', mediaType: 'application/pdf', data: 'CCCC' },
      },
      { kind: 'file', source: { from: 'file-id', id: 'file-1', format: 'openai-chat' } },
    ]);
  });

  test('an assistant turn keeps thinking, text, refusal, sound and calls in this order', () => {
    const [parts] = partsOf({
      role: 'assistant',
      reasoning_content: 'Hm.',
      content: [{ type: 'text', text: 'A', annotations: [] }],
      refusal: 'No.',
      audio: { id: 'audio_1' },
      annotations: [],
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
        { id: 'b', type: 'custom', custom: { name: 'g', input: 'x' } },
      ],
    });
    expect(parts).toMatchObject([
      { kind: 'reasoning', summary: [], content: ['Hm.'] },
      { kind: 'text', text: 'A' },
      { kind: 'refusal', text: 'No.' },
      { kind: 'audio', id: 'audio_1' },
      { kind: 'tool-call', id: 'a', name: 'f', form: 'json', input: '{}', at: 'messages[0].tool_calls[0]' },
      { kind: 'tool-call', id: 'b', name: 'g', form: 'text', input: 'x' },
    ]);
  });

  test('tool results know their kind of call and our mark of failure', () => {
    const [, ok, failed, custom] = partsOf(
      {
        role: 'assistant',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'c', type: 'custom', custom: { name: 'g', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', name: 'f', content: 'fine' },
      { role: 'tool', tool_call_id: 'b', content: '[tool error] no disk' },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'done' }] },
    );
    expect([ok, failed, custom]).toMatchObject([
      [{ callId: 'a', form: 'json', isError: false, content: [{ text: 'fine' }] }],
      [{ callId: 'b', form: 'json', isError: true, content: [{ text: 'no disk' }] }],
      [{ callId: 'c', form: 'text', isError: false, content: [{ text: 'done' }] }],
    ]);
  });

  test('older function calls become tool calls with matching ids', () => {
    const { value } = decode({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        { role: 'user', content: 'Go' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"x":1}' } },
        { role: 'function', name: 'f', content: 'ok' },
      ],
    });
    expect(value.tools).toEqual([
      { kind: 'function', name: 'f', schema: { type: 'object' }, at: 'functions[0]' },
    ]);
    expect(value.toolChoice).toEqual({ mode: 'one', name: 'f', form: 'json' });
    expect(value.origin.toolChoice).toBe('function_call');
    const [, call, result] = value.messages;
    expect(call?.parts).toMatchObject([{ kind: 'tool-call', id: 'call_1', input: '{"x":1}' }]);
    expect(result).toMatchObject({ role: 'tool', parts: [{ callId: 'call_1', content: [{ text: 'ok' }] }] });
  });

  test('cache marks in every spelling and place', () => {
    const ephemeral = { type: 'ephemeral' };
    const { value, losses } = decode({
      messages: [
        { role: 'system', content: 'A', cache_control: ephemeral },
        { role: 'user', content: [{ type: 'text', text: 'B', cache_control: { ...ephemeral, ttl: '1h' } }] },
        {
          role: 'user',
          content: [{ type: 'text', text: 'C', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }],
        },
        { role: 'tool', tool_call_id: 'x', content: 'D', cache_control: ephemeral },
      ],
      tools: [{ type: 'function', function: { name: 'f' }, cache_control: ephemeral }],
    });
    const marks = value.messages.map(({ parts: [part] }) =>
      part && 'cache' in part ? part.cache?.ttl : undefined,
    );
    expect(marks).toEqual(['default', '1h', '12h', 'default']);
    expect(value.tools).toMatchObject([
      { cache: { ttl: 'default' }, schema: { type: 'object', properties: {} } },
    ]);
    expect(losses).toEqual([]);
  });
});

describe('tools', () => {
  test('functions, custom tools, search and tools only the provider knows', () => {
    const grammar = { syntax: 'lark', definition: 'start: "a"' };
    const location = { city: 'Bern', country: 'CH' };
    const { value } = decode({
      tools: [
        {
          type: 'function',
          function: {
            name: 'f',
            description: 'd',
            strict: true,
            parameters: { type: 'object', $schema: 's' },
          },
        },
        { type: 'custom', custom: { name: 'g', format: { type: 'grammar', grammar } } },
        { type: 'mcp', server_label: 'x' },
      ],
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: location },
      },
    });
    expect(value.tools).toMatchObject([
      {
        kind: 'function',
        name: 'f',
        description: 'd',
        strict: true,
        schema: { type: 'object', $schema: 's' },
        at: 'tools[0]',
      },
      { kind: 'custom', name: 'g', grammar, at: 'tools[1]' },
      { kind: 'opaque', type: 'mcp', raw: { value: { server_label: 'x' } }, at: 'tools[2]' },
      { kind: 'web-search', contextSize: 'low', location, at: 'web_search_options' },
    ]);
  });

  const named = (name: string) => ({ type: 'function', function: { name } });
  test.each([
    ['auto', { mode: 'auto' }],
    ['none', { mode: 'none' }],
    ['required', { mode: 'required' }],
    ['any', { mode: 'required' }],
    [named('f'), { mode: 'one', name: 'f', form: 'json' }],
    [
      { type: 'custom', custom: { name: 'g' } },
      { mode: 'one', name: 'g', form: 'text' },
    ],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named('f'), named('h')] } },
      { mode: 'subset', required: true, names: [{ name: 'f' }, { name: 'h' }] },
    ],
    [{ type: 'hosted' }, { mode: 'opaque', raw: { format: 'openai-chat', value: { type: 'hosted' } } }],
  ] as [JsonObject | string, object][])('tool_choice %j', (choice, expected) => {
    expect(decode({ tool_choice: choice }).value.toolChoice).toEqual(expected as never);
  });
});

describe('controls', () => {
  test('every knob has its canonical place and remembers its own name', () => {
    const { value, losses } = decode({
      ...{
        temperature: 1.5,
        top_p: 0.5,
        top_k: 4,
        seed: 7,
        frequency_penalty: 1,
        presence_penalty: -1,
        n: 2,
      },
      ...{ logprobs: true, top_logprobs: 3, logit_bias: { 1: 2 }, stop: 'END', verbosity: 'low', user: 'u' },
      ...{ safety_identifier: 's', metadata: { a: 'b' }, service_tier: 'flex', parallel_tool_calls: false },
      ...{ prompt_cache_key: 'k', prompt_cache_retention: '24h', max_tokens: 5 },
      ...{ stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
    });
    expect(losses).toEqual([]);
    expect(value).toMatchObject({
      stream: true,
      includeUsage: true,
      sampling: {
        ...{ temperature: 1.5, topP: 0.5, topK: 4, seed: 7, frequencyPenalty: 1, presencePenalty: -1, n: 2 },
        ...{ logprobs: true, topLogprobs: 3, logitBias: { 1: 2 }, stop: ['END'] },
      },
      ...{ verbosity: 'low', userId: 'u', safetyId: 's', metadata: { a: 'b' }, serviceTier: 'flex' },
      ...{ parallelTools: false, maxOutputTokens: 5, cache: { key: 'k', retention: '24h' } },
    });
    expect(value.origin).toMatchObject({
      'sampling.topP': 'top_p',
      maxOutputTokens: 'max_tokens',
      userId: 'user',
      'cache.key': 'prompt_cache_key',
    });
  });

  test('max_completion_tokens wins, and says so', () => {
    const { value, losses } = decode({ max_tokens: 5, max_completion_tokens: 9 });
    expect([value.maxOutputTokens, losses.map((loss) => loss.path)]).toEqual([9, ['max_tokens']]);
  });

  test.each([
    [{ reasoning_effort: 'high' }, { effort: 'high', summary: 'auto' }],
    [{ reasoning_effort: 'none' }, { effort: 'none', mode: 'off' }],
    [{ reasoning: { effort: 'low', max_tokens: 9 } }, { effort: 'low', budgetTokens: 9, summary: 'auto' }],
    [
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      { mode: 'on', budgetTokens: 2048, summary: 'auto' },
    ],
    [{ thinking: { type: 'disabled' } }, { mode: 'off' }],
    [{ enable_thinking: false }, { mode: 'off' }],
    [{ thinking_budget: 100 }, { budgetTokens: 100, summary: 'auto' }],
    [{ chat_template_kwargs: { enable_thinking: true } }, { mode: 'on', summary: 'auto' }],
    [
      { reasoning_effort: 'low', thinking: { type: 'enabled' } },
      { effort: 'low', mode: 'on', summary: 'auto' },
    ],
  ] as [JsonObject, object][])('%j', (members, control) => {
    expect(decode(members)).toMatchObject({ value: { reasoning: control }, losses: [] });
    expect(decode(members).value.reasoning).toEqual(control as never);
  });

  test.each([
    [{ type: 'text' }, { kind: 'text' }],
    [{ type: 'json_object' }, { kind: 'json' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: { type: 'object' } } },
      { kind: 'schema', name: 'n', strict: true, schema: { type: 'object' } },
    ],
  ] as [JsonObject, object][])('response_format %j', (format, output) => {
    expect(decode({ response_format: format }).value.output).toEqual(output as never);
  });
});

describe('nothing is lost silently', () => {
  test('unknown members are named at every level', () => {
    expect(
      lossesOf({
        min_p: 0.1,
        store: true,
        prediction: { type: 'content', content: 'x' },
        stream_options: { odd: 1 },
        messages: [
          { role: 'user', odd: 1, content: [{ type: 'text', text: 'A', odd: 1 }] },
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://e.com', odd: 1 } }] },
          {
            role: 'assistant',
            tool_calls: [
              { id: 'a', type: 'function', odd: 1, function: { name: 'f', arguments: '{}', odd: 1 } },
            ],
          },
        ],
        tools: [{ type: 'function', odd: 1, function: { name: 'f', odd: 1 } }],
        response_format: { type: 'json_schema', json_schema: { schema: {}, odd: 1 } },
        reasoning: { exclude: true },
      }).sort(),
    ).toEqual(
      [
        ...[
          'min_p',
          'store',
          'prediction',
          'stream_options.odd',
          'messages[0].odd',
          'messages[0].content[0].odd',
        ],
        ...['messages[1].content[0].image_url.odd', 'messages[2].tool_calls[0].odd'],
        ...['messages[2].tool_calls[0].function.odd', 'tools[0].odd', 'tools[0].function.odd'],
        ...['response_format.json_schema.odd', 'reasoning.exclude'],
      ].sort(),
    );
  });

  test('names are cut and values never shown', () => {
    const { losses } = decode({ ['x'.repeat(200)]: 'secret value' });
    expect(losses[0]?.path).toHaveLength(64);
    expect(JSON.stringify(losses)).not.toContain('secret');
  });

  test('extensions of any type pass, as every vendor has its own', () => {
    const { value, losses } = decode({ reasoning: true, thinking: 'on', enable_thinking: 'yes' });
    expect(value.reasoning).toBeUndefined();
    expect(losses.map((loss) => loss.path)).toEqual(['reasoning', 'thinking', 'enable_thinking']);
  });

  test('null members say nothing', () => {
    expect(
      lossesOf({ audio: null, store: null, tools: null, max_tokens: null, stop: null, user: null }),
    ).toEqual([]);
  });
});

describe('what is refused', () => {
  test.each([
    [{ modalities: ['text', 'video'] }, 'unsupported_parameter', 'modalities'],
    [{ response_format: { type: 'grammar' } }, 'unsupported_parameter', 'response_format.type'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'missing_field', 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'invalid_value', 'messages[0].role'],
    [{ messages: [] }, 'invalid_value', 'messages'],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] },
      'invalid_value',
      'messages[0].content[0].text',
    ],
    [{ messages: [{ role: 'user', content: 5 }] }, 'invalid_value', 'messages[0].content'],
    [{ max_tokens: 'many' }, 'invalid_value', 'max_tokens'],
    [{ stream: 'yes' }, 'invalid_value', 'stream'],
    [{ tools: [{ type: 'function', function: { name: 7 } }] }, 'invalid_value', 'tools[0].function.name'],
  ] as [JsonObject, string, string][])('%j', (members, code, param) => {
    expect(faultOf(members)).toEqual([code, param]);
  });
});
