// How canonical requests are written for a Responses upstream, and that they survive the way back.

import { expect, test } from 'bun:test';
import type { CacheMark, Message, Part } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import { asArray, type JsonObject } from '../../../src/lib/json.ts';
import { faultOf } from '../../support/fault-of.ts';
import { encode, user } from '../../support/responses-encoding.ts';

const refusal = (members: Partial<CanonicalRequest>) => faultOf(() => encode(members));

test('the least request asks for nothing to be stored and for reasoning to come back sealed', () => {
  expect(encode({})).toEqual({
    value: {
      model: 'gpt-5-mini',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      include: ['reasoning.encrypted_content'],
      store: false,
    },
    losses: [],
  });
  expect(encode({}, { thinking: 'none' }).value.include).toBeUndefined();
  expect(encode({ stream: true }).value.stream).toBe(true);
});

test('one plain system text is the instructions; developer and marked texts stay in the input', () => {
  const system = (role: 'system' | 'developer', ...parts: Part[]): Message => ({ role, parts });
  const plain = encode({ messages: [system('system', { kind: 'text', text: 'A' }), user] });
  expect(plain.value.instructions).toBe('A');
  expect(asArray(plain.value.input)).toHaveLength(1);
  const developer = encode({ messages: [system('developer', { kind: 'text', text: 'A' }), user] });
  expect(developer.value.instructions).toBeUndefined();
  expect(developer.value.input).toMatchObject([{ role: 'developer' }, { role: 'user' }]);
  const marked = encode({
    messages: [system('system', { kind: 'text', text: 'A', cache: { ttl: '5m' }, at: 'system[0]' }), user],
  });
  expect(marked.value.input).toMatchObject([{ role: 'developer' }, { role: 'user' }]);
  expect(marked.losses).toMatchObject([{ path: 'system[0]', action: 'dropped' }]);
  const old = encode(
    { messages: [system('developer', { kind: 'text', text: 'A' }), user] },
    { developerRole: false },
  );
  expect(old.value.input).toMatchObject([{ role: 'system' }, { role: 'user' }]);
});

test('pages that another provider cited are left out of earlier words: OpenAI knows files by its own ids', () => {
  const page = { format: 'anthropic-messages', value: { type: 'page_location' } } as const;
  const own = { type: 'file_citation', file_id: 'file-1', filename: 'a.pdf', index: 1 };
  const said: Part = {
    kind: 'text',
    text: 'x',
    at: 'messages[1]',
    citations: [
      { kind: 'document', title: 'D', raw: page },
      { kind: 'document', title: 'a.pdf', raw: { format: 'openai-responses', value: own } },
      { kind: 'url', url: 'https://a.example' },
    ],
  };
  const { value, losses } = encode({ messages: [user, { role: 'assistant', parts: [said] }, user] });
  expect(asArray(value.input)[1]).toMatchObject({
    content: [{ annotations: [own, { type: 'url_citation', url: 'https://a.example' }] }],
  });
  expect(losses).toMatchObject([{ path: 'messages[1].citations', action: 'dropped' }]);
});

test('every kind of user content has its part', () => {
  const parts: Part[] = [
    { kind: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AA' }, detail: 'low' },
    { kind: 'image', source: { from: 'url', url: 'https://example.com/a.png' } },
    { kind: 'file', source: { from: 'base64', mediaType: 'application/pdf', data: 'BB' } },
    { kind: 'file', source: { from: 'text', text: 'body' }, title: 'Note' },
  ];
  expect(encode({ messages: [{ role: 'user', parts }] }).value.input).toEqual([
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_image', detail: 'low', image_url: 'data:image/png;base64,AA' },
        { type: 'input_image', image_url: 'https://example.com/a.png' },
        { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,BB' },
        { type: 'input_text', text: 'Note\n\nbody' },
      ],
    },
  ]);
});

test('assistant history is output text, by phase, with calls and their outputs behind it', () => {
  const messages: Message[] = [
    user,
    {
      role: 'assistant',
      parts: [
        { kind: 'text', text: 'A', phase: 'commentary' },
        { kind: 'tool-call', id: 'c1', name: 'f', form: 'json', input: '', itemId: 'toolu_x' },
        { kind: 'tool-call', id: 'c2', name: 'g', form: 'text', input: 'raw', itemId: 'ctc_9' },
      ],
    },
    { role: 'user', parts: [{ kind: 'text', text: 'and?' }] },
    {
      role: 'tool',
      parts: [
        { kind: 'tool-result', callId: 'c2', form: 'text', content: [], isError: false },
        {
          kind: 'tool-result',
          callId: 'c1',
          form: 'json',
          content: [{ kind: 'text', text: 'no' }],
          isError: true,
        },
      ],
    },
  ];
  const { value, losses } = encode({ messages });
  expect(asArray(value.input).slice(1)).toEqual([
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'A', annotations: [] }],
      phase: 'commentary',
    },
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'custom_tool_call', id: 'ctc_9', call_id: 'c2', name: 'g', input: 'raw' },
    { type: 'function_call_output', call_id: 'c1', output: '[tool error] no' },
    { type: 'custom_tool_call_output', call_id: 'c2', output: '' },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'and?' }] },
  ]);
  expect(losses).toEqual([]);
});

test('a call without a result gets one, a result without a call becomes a message, both reported', () => {
  const { value, losses } = encode({
    messages: [
      user,
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', id: 'c1', name: 'f', form: 'json', input: '{}', at: 'messages[1]' }],
      },
      {
        role: 'tool',
        parts: [
          {
            kind: 'tool-result',
            callId: 'zz',
            form: 'json',
            content: [{ kind: 'text', text: 'lost' }],
            isError: false,
            at: 'messages[2]',
          },
        ],
      },
    ],
  });
  expect(asArray(value.input).slice(2)).toEqual([
    {
      type: 'function_call_output',
      call_id: 'c1',
      output: '[tool error] No result was recorded for this call.',
    },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'Result of an earlier tool call:' },
        { type: 'input_text', text: 'lost' },
      ],
    },
  ]);
  expect(losses.map((loss) => loss.path)).toEqual(['messages[1]', 'messages[2]']);
});

test('long call ids are shortened alike in call and output, and stay different from each other', () => {
  const ids = [`${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`];
  const { value } = encode({
    messages: [
      user,
      {
        role: 'assistant',
        parts: ids.map((id): Part => ({ kind: 'tool-call', id, name: 'f', form: 'json', input: '{}' })),
      },
      {
        role: 'tool',
        parts: ids.map(
          (callId): Part => ({ kind: 'tool-result', callId, form: 'json', content: [], isError: false }),
        ),
      },
    ],
  });
  const sent = asArray(value.input)
    .slice(1)
    .map((item) => String((item as JsonObject).call_id));
  expect(sent.every((id) => id.length <= 64)).toBe(true);
  expect(new Set(sent).size).toBe(2);
  expect(sent.slice(0, 2)).toEqual(sent.slice(2));
});

const CLOSED = { type: 'object', additionalProperties: false };

test('tools are written natively, namespaces gathered, strict spelled out', () => {
  const { value } = encode({
    tools: [
      { kind: 'function', name: 'a', schema: { type: 'object' }, description: 'A' },
      { kind: 'function', name: 'b', namespace: 'ns', schema: CLOSED, strict: true },

      { kind: 'custom', name: 'c', grammar: { syntax: 'lark', definition: 'start: "x"' } },
      { kind: 'custom', name: 'd', namespace: 'ns' },
      {
        kind: 'web-search',
        allowedDomains: ['example.com'],
        location: { country: 'NO' },
        raw: { format: 'anthropic-messages', value: {} },
      },
    ],
    toolChoice: { mode: 'one', name: 'c', form: 'text' },
    parallelTools: false,
  });
  expect(value.tools).toEqual([
    { type: 'function', name: 'a', description: 'A', parameters: { type: 'object' }, strict: false },
    {
      type: 'namespace',
      name: 'ns',
      description: 'ns',
      tools: [
        { type: 'function', name: 'b', parameters: CLOSED, strict: true },
        { type: 'custom', name: 'd' },
      ],
    },
    { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
    {
      type: 'web_search',
      filters: { allowed_domains: ['example.com'] },
      user_location: { type: 'approximate', country: 'NO' },
    },
  ]);
  expect(value.tool_choice).toEqual({ type: 'custom', name: 'c' });
  expect(value.parallel_tool_calls).toBe(false);
});

test('limits are kept: the cap, the ids, the schema name', () => {
  expect(encode({ maxOutputTokens: 5000, origin: { maxOutputTokens: 'max_tokens' } })).toMatchObject({
    value: { max_output_tokens: 1000 },
    losses: [{ path: 'max_tokens', action: 'clamped' }],
  });
  expect(encode({ maxOutputTokens: 3 })).toMatchObject({
    value: { max_output_tokens: 16 },
    losses: [{ action: 'changed' }],
  });
  const long = encode({ userId: 'u'.repeat(80), safetyId: 's' });
  expect(String(long.value.user)).toHaveLength(64);
  expect(long.value.user).not.toContain('uuu');
  expect(long.losses).toMatchObject([{ path: 'user', action: 'changed' }]);
  expect(encode({ output: { kind: 'schema', schema: { type: 'object' } } }).value.text).toEqual({
    format: { type: 'json_schema', name: 'response', schema: { type: 'object' } },
  });
  const closed = { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false };
  const strictOf = (schema: JsonObject) =>
    encode({ output: { kind: 'schema', schema, strict: 'possible' } }).value.text;
  expect(strictOf(closed)).toMatchObject({ format: { strict: true } });
  expect(strictOf({ ...closed, required: [] })).toMatchObject({ format: { strict: false } });
  expect(encode({ serviceTier: 'standard_only' }).value.service_tier).toBe('default');
});

test('settings the provider does not have are dropped and named as the client wrote them', () => {
  const { value, losses } = encode(
    {
      sampling: {
        stop: ['x'],
        seed: 1,
        frequencyPenalty: 1,
        presencePenalty: 1,
        logitBias: {},
        topK: 4,
        temperature: 0.3,
        n: 1,
      },
      origin: { 'sampling.stop': 'stop_sequences', 'sampling.temperature': 'temperature' },
    },
    { sampling: false },
  );
  expect(Object.keys(value).sort()).toEqual(['include', 'input', 'model', 'store']);
  expect(losses.map((loss) => loss.path).sort()).toEqual(
    [
      'stop_sequences',
      'seed',
      'frequencyPenalty',
      'presencePenalty',
      'logitBias',
      'topK',
      'temperature',
    ].sort(),
  );
  expect(encode({ sampling: { temperature: 1 } }, { sampling: false }).losses).toEqual([]);
});

test('what would change the answer is refused by name', () => {
  expect(refusal({ sampling: { n: 2 }, origin: { 'sampling.n': 'n' } })).toMatchObject({
    code: 'unsupported_parameter',
    param: 'n',
  });
  const audio: Part = {
    kind: 'audio',
    source: { from: 'base64', mediaType: 'audio/wav', data: 'AA' },
    at: 'messages[0].content[1]',
  };
  expect(refusal({ messages: [{ role: 'user', parts: [audio] }] }).param).toBe('messages[0].content[1]');
  const raw = { format: 'anthropic-messages' as const, value: {} };
  expect(refusal({ tools: [{ kind: 'opaque', type: 'web_fetch', raw, at: 'tools[0]' }] }).param).toBe(
    'tools[0]',
  );
  const source = { from: 'file-id' as const, id: 'file_secret', format: 'anthropic-messages' as const };
  const fault = refusal({
    messages: [{ role: 'user', parts: [{ kind: 'image', source, at: 'messages[0]' }] }],
  });
  expect(fault.param).toBe('messages[0]');
  expect(fault.message).not.toContain('file_secret');
});

test('cache marks are breakpoints for the models that know them, the last four of them', () => {
  const part = (text: string, ttl?: CacheMark['ttl']): Part => {
    return { kind: 'text', text, at: text, ...(ttl === undefined ? {} : { cache: { ttl } }) };
  };
  const messages: Message[] = [
    { role: 'user', parts: [part('a', '5m'), part('b', '1h'), part('c', 'default')] },
    { role: 'assistant', parts: [{ kind: 'tool-call', id: 'x', name: 'f', form: 'json', input: '{}' }] },
    {
      role: 'tool',
      parts: [
        {
          kind: 'tool-result',
          callId: 'x',
          form: 'json',
          content: [part('d')],
          isError: false,
          cache: { ttl: '30m' },
        },
      ],
    },
    { role: 'user', parts: [part('e', 'default')] },
  ];
  const { value, losses } = encode({ messages }, { model: 'gpt-5.6-sol' });
  const explicit = (ttl?: string) => ({
    prompt_cache_breakpoint: ttl === undefined ? { mode: 'explicit' } : { mode: 'explicit', ttl },
  });
  expect(value.input).toMatchObject([
    { content: [{ text: 'a' }, { text: 'b', ...explicit('12h') }, { text: 'c', ...explicit() }] },
    { type: 'function_call' },
    { type: 'function_call_output', output: [{ text: 'd', ...explicit('30m') }] },
    { content: [{ text: 'e', ...explicit() }] },
  ]);
  expect(losses.map(({ path, action }) => `${action} ${path}`)).toEqual([
    'changed a',
    'changed b',
    'dropped a',
  ]);
  const older = encode({ messages }, { model: 'gpt-5.5' });
  expect(JSON.stringify(older.value)).not.toContain('breakpoint');
  expect(older.losses).toHaveLength(5);
});
