// How requests of Responses clients are read, and what of them is reported as lost or refused.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBody } from '../../../src/formats/check.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts';
import { faultOf } from '../../support/fault-of.ts';

const codex: JsonObject = JSON.parse(
  readFileSync(join(import.meta.dir, '../../fixtures', 'openai-responses', 'codex-request.json'), 'utf8'),
);
const decode = (body: JsonObject) => openaiResponses.decodeRequest({ model: 'm', input: 'hi', ...body });
const messagesOf = (...input: JsonValue[]) => decode({ input }).value.messages;

const refusal = (body: JsonObject) => faultOf(() => decode(body));

describe('a Codex request', () => {
  const { value, losses } = openaiResponses.decodeRequest(codex);

  test('passes the wire schema and loses nothing', () => {
    expect(() => checkBody('openai-responses', codex)).not.toThrow();
    expect(losses).toEqual([]);
  });

  test('keeps its conversation, one assistant turn and one set of results', () => {
    expect(value.messages.map((message) => message.role)).toEqual([
      'developer',
      'user',
      'user',
      'assistant',
      'tool',
    ]);
    expect(value.messages[3]?.parts).toMatchObject([
      {
        kind: 'reasoning',
        summary: ['Use ls.'],
        content: [],
        seal: { issuer: 'openai', data: 'gAAAAABsealed==' },
      },
      {
        kind: 'tool-call',
        id: 'call_1',
        itemId: 'fc_1',
        name: 'exec_command',
        input: '{"cmd":"ls"}',
        at: 'input[4]',
      },
      { kind: 'tool-call', id: 'call_2', name: 'spawn', namespace: 'multi_agent_v1', input: '{}' },
    ]);
    expect(value.messages[4]?.parts).toMatchObject([
      { callId: 'call_1', isError: false, content: [{ kind: 'text', text: 'README.md\n' }] },
      { callId: 'call_2', isError: true, content: [{ kind: 'text', text: 'no agents left' }] },
    ]);
  });

  test('keeps its tools, the namespace on each of its functions', () => {
    expect(value.tools).toMatchObject([
      { kind: 'function', name: 'exec_command', strict: false, at: 'tools[0]' },
      { kind: 'function', name: 'spawn', namespace: 'multi_agent_v1', at: 'tools[1].tools[0]' },
      { kind: 'web-search', raw: { value: { type: 'web_search', external_web_access: true } } },
    ]);
  });

  test('keeps its controls', () => {
    expect(value).toMatchObject({
      stream: true,
      parallelTools: true,
      toolChoice: { mode: 'auto' },
      reasoning: { summary: 'auto' },
      cache: { key: '0199-thread' },
    });
  });
});

test('instructions and a text input become a system and a user message', () => {
  expect(decode({ instructions: 'Be brief.' }).value.messages).toEqual([
    {
      role: 'system',
      parts: [{ kind: 'text', text: 'Be brief.', at: 'instructions' }],
      at: 'instructions',
    },
    { role: 'user', parts: [{ kind: 'text', text: 'hi', at: 'input' }], at: 'input' },
  ]);
});

test('items without a type are messages, and every content part is read', () => {
  const [message] = messagesOf({
    role: 'user',
    content: [
      { type: 'input_text', text: 'See', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
      { type: 'input_image', image_url: 'https://example.com/a.png' },
      { type: 'input_image', file_id: 'file-1' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
      { type: 'input_file', file_url: 'https://example.com/b.pdf' },
    ],
  });
  expect(message?.parts).toEqual([
    { kind: 'text', text: 'See', cache: { ttl: '12h' }, at: 'input[0].content[0]' },
    {
      kind: 'image',
      source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' },
      detail: 'low',
      at: 'input[0].content[1]',
    },
    { kind: 'image', source: { from: 'url', url: 'https://example.com/a.png' }, at: 'input[0].content[2]' },
    {
      kind: 'image',
      source: { from: 'file-id', id: 'file-1', format: 'openai-responses' },
      at: 'input[0].content[3]',
    },
    {
      kind: 'file',
      source: { from: 'base64', mediaType: 'application/pdf', data: 'BBBB' },
      title: 'a.pdf',
      at: 'input[0].content[4]',
    },
    { kind: 'file', source: { from: 'url', url: 'https://example.com/b.pdf' }, at: 'input[0].content[5]' },
  ]);
});

test('contiguous assistant items are one turn, with phase and refusal kept', () => {
  const messages = messagesOf(
    { role: 'user', content: 'hi' },
    {
      type: 'message',
      role: 'assistant',
      phase: 'commentary',
      content: [{ type: 'output_text', text: 'A', annotations: [] }],
    },
    { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'free text' },
    { type: 'custom_tool_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'done' }] },
  );
  expect(messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool']);
  expect(messages[1]?.parts).toMatchObject([
    { kind: 'text', text: 'A', phase: 'commentary' },
    { kind: 'refusal', text: 'No.' },
    { kind: 'tool-call', form: 'text', input: 'free text' },
  ]);
  expect(messages[2]?.parts).toMatchObject([{ form: 'text', callId: 'c1' }]);
});

test('client tools of the format become functions, their calls and outputs too', () => {
  const { value, losses } = decode({
    tools: [
      { type: 'shell', environment: { type: 'local' } },
      { type: 'apply_patch' },
      { type: 'local_shell' },
    ],
    input: [
      { type: 'shell_call', call_id: 's1', action: { commands: ['ls'] } },
      {
        type: 'local_shell_call',
        id: 'lsh_1',
        call_id: 'l1',
        status: 'completed',
        action: { type: 'exec', command: ['ls'], env: {} },
      },
      {
        type: 'apply_patch_call',
        call_id: 'p1',
        status: 'completed',
        operation: { type: 'delete_file', path: 'a' },
      },
      {
        type: 'shell_call_output',
        call_id: 's1',
        output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
      },
      { type: 'local_shell_call_output', id: 'lsh_1', output: 'a' },
      { type: 'apply_patch_call_output', call_id: 'p1', status: 'failed', output: 'no such file' },
    ],
  });
  expect(value.tools.map((tool) => tool.kind === 'function' && tool.name)).toEqual([
    'shell',
    'apply_patch',
    'local_shell',
  ]);
  expect(value.tools.every((tool) => tool.kind === 'function' && tool.implied !== undefined)).toBe(true);
  expect(value.messages[0]?.parts).toMatchObject([
    { name: 'shell', input: '{"commands":["ls"]}' },
    { name: 'local_shell', input: '{"command":["ls"],"env":{}}' },
    { name: 'apply_patch', input: '{"type":"delete_file","path":"a"}' },
  ]);
  expect(value.messages[1]?.parts).toMatchObject([
    { callId: 's1', isError: false },
    { callId: 'l1', content: [{ text: 'a' }] },
    { callId: 'p1', isError: true, content: [{ text: 'no such file' }] },
  ]);
  expect(losses).toEqual([]);
});

test('hosted tools and their history stay opaque, with what is readable of them', () => {
  const { value } = decode({
    tools: [
      { type: 'file_search', vector_store_ids: ['vs_1'] },
      { type: 'shell', environment: { type: 'container_auto' } },
    ],
    input: [
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'nile' } },
    ],
  });
  expect(value.tools.map((tool) => tool.kind)).toEqual(['opaque', 'opaque']);
  expect(value.messages[0]?.parts).toMatchObject([{ kind: 'opaque', text: 'Searched the web for: nile' }]);
});

test('every form of tool choice is read', () => {
  const choice = (tool_choice: JsonValue) => decode({ tool_choice }).value.toolChoice;
  expect(choice('required')).toEqual({ mode: 'required' });
  expect(choice({ type: 'function', name: 'f' })).toEqual({ mode: 'one', name: 'f', form: 'json' });
  expect(choice({ type: 'custom', name: 'c' })).toEqual({ mode: 'one', name: 'c', form: 'text' });
  expect(choice({ type: 'shell' })).toEqual({ mode: 'one', name: 'shell', form: 'json' });
  const tools = [
    { type: 'function', name: 'a' },
    { type: 'custom', name: 'b' },
  ];
  expect(choice({ type: 'allowed_tools', mode: 'required', tools })).toEqual({
    mode: 'subset',
    required: true,
    names: [{ name: 'a' }, { name: 'b' }],
  });
  expect(choice({ type: 'mcp', server_label: 's' })?.mode).toBe('opaque');
  expect(refusal({ tool_choice: 'sometimes' })).toMatchObject({
    code: 'invalid_value',
    param: 'tool_choice',
  });
});

test('generation controls are read with the member each came from', () => {
  const { value, losses } = decode({
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 3,
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    reasoning: { effort: 'high', summary: 'detailed' },
    text: {
      format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
      verbosity: 'low',
    },
    user: 'u',
    safety_identifier: 's',
    metadata: { a: 'b' },
    service_tier: 'flex',
    prompt_cache_retention: '24h',
    parallel_tool_calls: false,
  });
  expect(losses).toEqual([]);
  expect(value).toMatchObject({
    maxOutputTokens: 100,
    sampling: { temperature: 0.5, topP: 0.9, topLogprobs: 3, logprobs: true },
    reasoning: { effort: 'high', summary: 'detailed' },
    output: { kind: 'schema', name: 'n', strict: true },
    verbosity: 'low',
    userId: 'u',
    safetyId: 's',
    metadata: { a: 'b' },
    serviceTier: 'flex',
    cache: { retention: '24h' },
    parallelTools: false,
    origin: { maxOutputTokens: 'max_output_tokens', 'sampling.topP': 'top_p', output: 'text.format' },
  });
});

test('tools and settings that arrive in the middle count for the whole request, and are reported as moved', () => {
  const { value, losses } = decode({
    reasoning: { effort: 'low' },
    input: [
      { role: 'user', content: 'hi' },
      {
        type: 'additional_tools',
        role: 'developer',
        tools: [{ type: 'function', name: 'late', parameters: {} }],
      },
      { type: 'configuration_update', reasoning: { effort: 'high' } },
    ],
  });
  expect(value.tools).toMatchObject([{ name: 'late', at: 'input[1].tools[0]' }]);
  expect(value.reasoning?.effort).toBe('high');
  expect(losses.map(({ path, action }) => [path, action])).toEqual([
    ['input[1]', 'moved'],
    ['input[2]', 'moved'],
  ]);
});
