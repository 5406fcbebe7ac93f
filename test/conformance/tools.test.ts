// Kinds of tools and choices among them between the formats (T27 to T29), and requests that want all or nothing.

import { describe, expect, test } from 'bun:test';
import { openAnsweredFine } from '../support/answered-fine.ts';
import { framesOf, modelOver } from '../support/formats-here.ts';
import type { Json } from '../support/strict.ts';

const { here, upstream, sent } = await openAnsweredFine();

const user = (content: unknown) => ({ role: 'user', content });
const EMPTY = { type: 'object', properties: {} };

test('C→A: a function with the name of the provider’s search has another there, and its own for the client', async () => {
  const body = {
    messages: [user('go')],
    tools: [{ type: 'function', function: { name: 'web_search', parameters: EMPTY } }],
    tool_choice: { type: 'function', function: { name: 'web_search' } },
    web_search_options: {},
  };
  await here.ask('openai-chat', 'anthropic-messages', body);
  const [own, hosted] = sent().tools as Json[];
  expect(own?.name).toMatch(/^web_search_\w+$/);
  expect(hosted).toEqual({ type: 'web_search_20250305', name: 'web_search' });
  expect(sent().tool_choice).toEqual({ type: 'tool', name: own?.name });
  upstream.play([{ calls: [{ id: 'toolu_1', name: String(own?.name), args: '{}' }] }]);
  const answer = await here.ask('openai-chat', 'anthropic-messages', body);
  expect(answer.json().choices).toMatchObject([
    { message: { tool_calls: [{ function: { name: 'web_search' } }] } },
  ]);
});

describe('a choice among some tools, R→', () => {
  const declared = (name: string) => ({ type: 'function', name, parameters: EMPTY, strict: false });
  const tools = [
    declared('look'),
    declared('leap'),
    { type: 'namespace', name: 'team', description: 'team', tools: [declared('spawn')] },
    { type: 'web_search' },
    { type: 'code_interpreter', container: { type: 'auto' } },
  ];
  const allow = (mode: string, ...allowed: object[]) => ({
    input: 'go',
    tools,
    tool_choice: { type: 'allowed_tools', mode, tools: allowed },
  });
  const spawn = { type: 'function', name: 'spawn', namespace: 'team' };

  test('A: a tool in a namespace and one of the provider are sent, and nothing else', async () => {
    const body = allow('required', spawn, { type: 'web_search' });
    const answer = await here.ask('openai-responses', 'anthropic-messages', body);
    expect(answer.status).toBe(200);
    expect(sent().tools).toMatchObject([{ name: 'team__spawn' }, { type: 'web_search_20250305' }]);
    expect(sent().tool_choice).toEqual({ type: 'any' });
    expect(answer.headers.get('x-osiris-losses')).toContain('tools[0],tools[1],tools[4]');
  });

  test('G: the same', async () => {
    const answer = await here.ask(
      'openai-responses',
      'google-generate-content',
      allow('auto', spawn, { type: 'code_interpreter' }),
    );
    expect(answer.status).toBe(200);
    expect(sent().tools).toMatchObject([
      { functionDeclarations: [{ name: 'team__spawn' }] },
      { codeExecution: {} },
    ]);
    expect(sent().toolConfig).toEqual({
      functionCallingConfig: { mode: 'AUTO' },
      includeServerSideToolInvocations: true,
    });
  });

  test('C: the functions are, and that the search is none there is named', async () => {
    const without = { ...allow('auto', spawn, { type: 'web_search' }), tools: tools.slice(0, 4) };
    const answer = await here.ask('openai-responses', 'openai-chat', without);
    expect(answer.status).toBe(200);
    expect(sent().tool_choice).toEqual({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'team__spawn' } }] },
    });
    expect(answer.headers.get('x-osiris-losses')).toContain('tools[3]');
  });
});

describe('T27 R→A', () => {
  const tools = [
    {
      type: 'custom',
      name: 'apply',
      description: 'Applies a patch.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: "ok"' },
    },
    {
      type: 'namespace',
      name: 'team',
      description: 'team',
      tools: [{ type: 'function', name: 'spawn', parameters: EMPTY, strict: false }],
    },
    { type: 'local_shell' },
  ];

  test('a grammar is wrapped, a namespace flattened, the local shell a function', async () => {
    await here.ask('openai-responses', 'anthropic-messages', { input: 'go', tools });
    expect(sent().tools).toMatchObject([
      {
        name: 'apply',
        description: expect.stringContaining('start: "ok"'),
        input_schema: { properties: { input: { type: 'string' } }, required: ['input'] },
      },
      { name: 'team__spawn' },
      { name: 'local_shell', input_schema: { required: ['command'] } },
    ]);
  });

  const calls = [
    { id: 'toolu_1', name: 'apply', args: '{"input":"ok"}' },
    { id: 'toolu_2', name: 'team__spawn', args: '{"n":1}' },
    { id: 'toolu_3', name: 'local_shell', args: '{"command":["ls","-l"]}' },
  ];
  const items = [
    { type: 'custom_tool_call', call_id: 'toolu_1', name: 'apply', input: 'ok' },
    { type: 'function_call', call_id: 'toolu_2', namespace: 'team', name: 'spawn', arguments: '{"n":1}' },
    {
      type: 'local_shell_call',
      call_id: 'toolu_3',
      action: { type: 'exec', command: ['ls', '-l'], env: {} },
    },
  ];

  test('their calls come back as the items the client knows, streamed or whole', async () => {
    upstream.play([{ calls }, { calls }]);
    const whole = await here.ask('openai-responses', 'anthropic-messages', { input: 'go', tools });
    expect(whole.json().output).toMatchObject(items);
    const streamed = await here.ask('openai-responses', 'anthropic-messages', {
      input: 'go',
      tools,
      stream: true,
    });
    const done = framesOf(streamed.text).filter((frame) => frame.type === 'response.output_item.done');
    expect(done.map(({ item }) => item)).toMatchObject(items);
  });

  test('a tool that runs at another provider is refused by its name', async () => {
    const refused = await here.ask('openai-responses', 'anthropic-messages', {
      input: 'go',
      tools: [...tools, { type: 'image_generation' }],
    });
    expect(refused.status).toBe(400);
    expect(refused.json().error).toMatchObject({
      code: 'unsupported_parameter',
      param: 'tools[3]',
      message: expect.stringContaining('`image_generation`'),
    });
    expect(upstream.received).toHaveLength(0);
  });
});

describe('T28 A→C', () => {
  const tools = [
    { type: 'bash_20250124', name: 'bash' },
    { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
  ];
  const body = { max_tokens: 100, tools, messages: [user('go')] };

  test('typed tools are functions with the arguments their documentation gives them', async () => {
    await here.ask('anthropic-messages', 'openai-chat', body);
    expect(sent().tools).toMatchObject([
      { function: { name: 'bash', parameters: { properties: { command: {}, restart: {} } } } },
      {
        function: {
          name: 'str_replace_based_edit_tool',
          parameters: { properties: { command: { enum: ['view', 'create', 'str_replace', 'insert'] } } },
        },
      },
    ]);
  });

  test('the client sees its own tool called', async () => {
    upstream.play([{ calls: [{ id: 'call_1', name: 'bash', args: '{"command":"ls"}' }] }]);
    const answer = await here.ask('anthropic-messages', 'openai-chat', body);
    expect(answer.json()).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'call_1', name: 'bash', input: { command: 'ls' } }],
    });
  });

  test('a search among deferred tools is left out, and the tools are shown at once', async () => {
    const deferred = [
      { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
      { name: 'look', input_schema: EMPTY, defer_loading: true },
    ];
    const answer = await here.ask('anthropic-messages', 'openai-chat', { ...body, tools: deferred });
    expect(sent().tools).toMatchObject([{ function: { name: 'look' } }]);
    expect(answer.headers.get('x-osiris-losses')).toBe('2; dropped=tools[0],tools[1].defer_loading');
  });
});

test('T29 C→A: one call at a time is said in a choice of auto', async () => {
  const tools = [{ type: 'function', function: { name: 'look', parameters: EMPTY } }];
  await here.ask('openai-chat', 'anthropic-messages', {
    messages: [user('go')],
    tools,
    parallel_tool_calls: false,
  });
  expect(sent().tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
});

describe('a client that knows functions only', () => {
  const functions = [{ name: 'look', parameters: EMPTY }];
  const turn = { calls: [{ id: 'toolu_1', name: 'look', args: '{"at":"it"}' }] };
  const called = { name: 'look', arguments: '{"at":"it"}' };

  test('gets one function call in the old form, streamed or whole', async () => {
    upstream.play([turn, turn]);
    const body = { messages: [user('go')], functions };
    const whole = await here.ask('openai-chat', 'anthropic-messages', body);
    expect(whole.json().choices).toMatchObject([
      { finish_reason: 'function_call', message: { function_call: called } },
    ]);
    expect(whole.text).not.toContain('tool_calls');
    expect(sent().tool_choice).toMatchObject({ disable_parallel_tool_use: true });
    const streamed = await here.ask('openai-chat', 'anthropic-messages', { ...body, stream: true });
    const choices = framesOf(streamed.text).flatMap(({ choices: each }) => each as Json[]);
    const pieces = choices.flatMap(({ delta }) => (delta as Json).function_call ?? []) as Json[];
    expect(pieces.map((piece) => piece.name ?? '').join('')).toBe('look');
    expect(pieces.map((piece) => piece.arguments).join('')).toBe(called.arguments);
    expect(choices.at(-1)?.finish_reason).toBe('function_call');
    expect(streamed.text).not.toContain('tool_calls');
  });
});

describe('strict', () => {
  const body = { messages: [user('go')], seed: 7, logit_bias: { '50256': -100 } };

  test('the header makes every loss a 400 that names it, in the words of the client’s format', async () => {
    const refused = await here.ask('openai-chat', 'anthropic-messages', body, {
      headers: { 'x-osiris-strict': '1' },
    });
    expect(refused.status).toBe(400);
    expect(refused.json().error).toMatchObject({
      type: 'invalid_request_error',
      code: 'unsupported_parameter',
      param: 'seed',
      message: expect.stringMatching(/`seed` \(.+\), `logit_bias` \(.+\)/),
      details: { losses: [{ path: 'seed', action: 'dropped' }, { path: 'logit_bias' }] },
    });
    expect(upstream.received).toHaveLength(0);
  });

  test('without it the same request is answered and the losses are named', async () => {
    const answer = await here.ask('openai-chat', 'anthropic-messages', body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-osiris-losses')).toBe('2; dropped=seed,logit_bias');
  });

  test('a strict key says so for every request, and the header cannot undo it', async () => {
    const key = here.keyWith({ strict: true });
    const refused = await here.ask('openai-chat', 'anthropic-messages', body, {
      key,
      headers: { 'x-osiris-strict': '0' },
    });
    expect(refused.status).toBe(400);
    const plain = await here.ask('openai-chat', 'anthropic-messages', { messages: [user('go')] }, { key });
    expect(plain.status).toBe(200);
  });

  test('the bytes of a client whose format the model speaks lose nothing', async () => {
    const key = here.keyWith({ strict: true });
    const answer = await here.ask('openai-chat', 'openai-chat', body, { key });
    expect(answer.status).toBe(200);
    expect(sent()).toMatchObject({ ...body, model: 'up-openai-chat' });
    expect(answer.json().model).toBe(modelOver('openai-chat'));
  });

  test('a Gemini client reads the refusal in its own form', async () => {
    const response = await fetch(`${here.url}/v1beta/models/${modelOver('openai-chat')}:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': here.key, 'x-osiris-strict': '1' },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'go' }] }], labels: { team: 'a' } }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining('`labels`') },
    });
  });
});
