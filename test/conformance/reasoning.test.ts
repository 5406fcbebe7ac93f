// Conformance: reasoning over turns and formats, with the fields that agents insist on.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { parseFrames } from '../../src/lib/sse.ts';
import { judge } from '../laws/grammar.ts';
import type { Target } from '../support/client.ts';
import { readAsCodex } from '../support/codex-reader.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import type { WireFormat } from '../support/script.ts';
import { openAnthropic } from '../support/stream-clients.ts';
import type { Json } from '../support/strict.ts';
import { expected, givenBack, LAST, TURNS } from '../support/thinking-turns.ts';
import { startThinkingUpstream } from '../support/thinking-upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const DAY_MS = 24 * 3_600_000;
const SCHEMA = { type: 'object' as const, properties: { place: { type: 'string' } }, required: ['place'] };
const ESCAPE = 'skip_thought_signature_validator';

/** Provider, format, what the model is called and how it thinks. */
const MODELS: Record<string, [provider: string, format: WireFormat, thinking: string]> = {
  claude: ['up-claude', 'anthropic-messages', 'adaptive'],
  gpt: ['up-gpt', 'openai-responses', 'effort'],
  gemini: ['up-gemini', 'google-generate-content', 'effort'],
  deep: ['deepseek', 'openai-chat', 'effort'],
};

const upstream = startThinkingUpstream();
let here: InProcess;

beforeAll(async () => {
  const providers = Object.values(MODELS).map(([id, format]) => [
    id,
    id === 'deepseek'
      ? { base_url: baseUrlOf(upstream.origin, format), api_key: 'deep-key' }
      : { base_url: baseUrlOf(upstream.origin, format), format, auth: 'none' },
  ]);
  const models = Object.entries(MODELS).map(([name, [provider, , thinking]]) => [
    name,
    {
      price: { input: 0, output: 0 },
      capabilities: { thinking },
      deployments: [{ provider, model: name === 'gemini' ? 'gemini-3-pro' : name }],
    },
  ]);
  here = await openHere({
    sections: { providers: Object.fromEntries(providers), models: Object.fromEntries(models) },
  });
});
beforeEach(() => {
  upstream.bodies.length = 0;
  upstream.script.length = 0;
});
afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

async function post(path: string, body: Json, key = here.key): Promise<Response> {
  const response = await fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

function target(model: string): Target {
  return { origin: here.url, baseUrl: `${here.url}/v1`, key: here.key, model };
}

/** The answer as it stands in the history of a request. */
function secondMessage(request: number): Json {
  const messages = (upstream.bodies[request]?.messages ?? []) as Json[];
  return messages[1] ?? {};
}

function thinkingTurn(format: WireFormat, turn: number): Json[] {
  const said = TURNS[format][turn];
  if (!said) throw new Error('no such turn');
  return said;
}

describe('T51 R→A: a Codex-like run of three turns', () => {
  test('T51 R→A: events, ids and items are what Codex insists on, and Claude gets its thoughts back', async () => {
    const turns = TURNS['anthropic-messages'];
    upstream.script.push(...turns, LAST['anthropic-messages']);
    const input: Json[] = [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are an agent.' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Will it rain?' }] },
    ];
    for (let turn = 0; turn <= turns.length; turn++) {
      const response = await post('/v1/responses', {
        model: 'claude',
        instructions: 'Use the tools.',
        input,
        tools: [
          { type: 'function', name: 'look_up', parameters: SCHEMA, strict: false },
          {
            type: 'custom',
            name: 'apply_patch',
            format: { type: 'grammar', syntax: 'lark', definition: 's: /x/' },
          },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        reasoning: { effort: 'medium', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: 'thread-1',
        store: false,
        stream: true,
      });
      const bytes = await response.bytes();
      expect(judge('openai-responses', new TextDecoder().decode(bytes))).toBe('finished');
      const { items, completed, ids } = readAsCodex(parseFrames(bytes));
      expect(ids.size).toBe(1);
      expect(completed.output).toEqual(items);
      expect(items.length).toBeGreaterThan(0);
      // Codex sends reasoning back without what it did not need
      input.push(...items.map((item) => (item.type === 'reasoning' ? { ...item, content: null } : item)));
      for (const { type, call_id } of items)
        if (type === 'function_call') input.push({ type: 'function_call_output', call_id, output: 'rain' });
      expect(givenBack('anthropic-messages', upstream.bodies[turn] ?? {})).toEqual(
        expected('anthropic-messages', turns.slice(0, turn)),
      );
    }
  });
});

describe('T53 A→R: thinking and tools over two turns', () => {
  /** Asks once, lets the answer be changed, and returns what was sent in the next turn. */
  async function twoTurns(change: (content: Json[]) => Json[]): Promise<{ sent: string; losses: string }> {
    upstream.script.push(thinkingTurn('openai-responses', 0), LAST['openai-responses']);
    const first = {
      model: 'gpt',
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 2048 },
      tools: [{ name: 'look_up', input_schema: SCHEMA }],
      messages: [{ role: 'user', content: 'Will it rain?' }],
    };
    const { content } = (await (await post('/v1/messages', first)).json()) as { content: Json[] };
    const messages = [
      ...first.messages,
      { role: 'assistant', content: change(content) },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'rain' }] },
    ];
    const response = await post('/v1/messages', { ...first, messages });
    await response.json();
    return {
      sent: JSON.stringify(upstream.bodies[1]),
      losses: response.headers.get('x-osiris-losses') ?? '',
    };
  }
  const SEAL = '"encrypted_content":"Oai1/seal+A=="';
  const resealed = (change: (signature: string) => string) => (content: Json[]) =>
    content.map((block) =>
      block.type === 'thinking' ? { ...block, signature: change(String(block.signature)) } : block,
    );

  test('T53 A→R: the envelope a client echoes becomes the encrypted content it came from', async () => {
    const { sent, losses } = await twoTurns((content) => content);
    expect(sent).toContain(SEAL);
    expect(sent).not.toContain('osr1.');
    expect(losses).not.toContain('messages[1]');
    expect(givenBack('openai-responses', upstream.bodies[1] ?? {})).toEqual(
      expected('openai-responses', [thinkingTurn('openai-responses', 0)]),
    );
  });

  test.each<[string, (signature: string) => string]>([
    ['changed in its payload', (seal) => seal.replace(/.(?=\.[^.]*$)/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['cut short', (seal) => seal.slice(0, -2)],
    ['of another format’s making', () => 'ErUBCkYIBRgCIkAforeign+signature=='],
  ])('T53 A→R: a signature %s is dropped with a recorded loss and never forwarded', async (_, change) => {
    let echoed = '';
    const { sent, losses } = await twoTurns(
      resealed((signature) => {
        echoed = change(signature);
        return echoed;
      }),
    );
    expect(echoed).not.toBe('');
    for (const secret of [echoed, SEAL, 'encrypted_content":"', 'osr1.']) expect(sent).not.toContain(secret);
    expect(losses).toContain('messages[1].content[0]');
  });
});

describe('T54 C→G: a Gemini 3 tool loop of a client that echoes nothing', () => {
  async function nextTurn(key?: string): Promise<Json[][]> {
    const messages = [
      { role: 'user', content: 'Will it rain?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'g1', type: 'function', function: { name: 'look_up', arguments: ARGUMENTS } }],
      },
      { role: 'tool', tool_call_id: 'g1', content: 'rain' },
    ];
    upstream.bodies.length = 0;
    upstream.script.push(LAST['google-generate-content']);
    await (await post('/v1/chat/completions', { model: 'gemini', messages, tools: TOOLS }, key)).json();
    return givenBack('google-generate-content', upstream.bodies[0] ?? {});
  }
  const TOOLS = [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }];
  // parsed and written again on the way, as many clients do
  const ARGUMENTS = '{ "place": "Bergen" }';

  for (const stream of [false, true])
    test(`T54 C→G: the signature comes back until it is a day old, to its own key only, ${stream ? 'streamed' : 'whole'}`, async () => {
      upstream.script.push(thinkingTurn('google-generate-content', 0));
      const messages = [{ role: 'user', content: 'Will it rain?' }];
      await (await post('/v1/chat/completions', { model: 'gemini', messages, tools: TOOLS, stream })).text();
      expect(await nextTurn()).toEqual([[{ id: 'g1', thoughtSignature: 'Goo1/seal+A==' }]]);
      const stranger = here.makeKey({ requestsPerMinute: 1000, concurrent: 10 }).key;
      expect(await nextTurn(stranger)).toEqual([[{ id: 'g1', thoughtSignature: ESCAPE }]]);
      here.clock.advance(DAY_MS + 1);
      expect(await nextTurn()).toEqual([[{ id: 'g1', thoughtSignature: ESCAPE }]]);
    });
});

describe('T55 A→C: DeepSeek', () => {
  const REQUEST = {
    model: 'deep',
    max_tokens: 4096,
    thinking: { type: 'enabled' as const, budget_tokens: 2048 },
    tools: [{ name: 'look_up', input_schema: SCHEMA }],
  };
  const QUESTION = { role: 'user' as const, content: 'Will it rain?' };
  const RESULT = {
    role: 'user' as const,
    content: [{ type: 'tool_result' as const, tool_use_id: 'c1', content: 'rain' }],
  };
  const THOUGHT = 'Rain? Likely 🌧, says DeepSeek.';

  test('T55 A→C: thoughts stream as a thinking block and go back as reasoning_content', async () => {
    upstream.script.push(thinkingTurn('openai-chat', 0), LAST['openai-chat']);
    const { messages } = openAnthropic(target('deep'));
    const stream = messages.stream({ ...REQUEST, messages: [QUESTION] });
    const { content } = await stream.finalMessage();
    expect(content[0]).toMatchObject({ type: 'thinking', thinking: THOUGHT });
    await messages.create({ ...REQUEST, messages: [QUESTION, { role: 'assistant', content }, RESULT] });
    expect(secondMessage(1)).toMatchObject({
      content: 'I look.',
      reasoning_content: THOUGHT,
      tool_calls: [{ id: 'c1' }],
    });
  });

  test('T55 A→C: thoughts that are lost become a blank, as DeepSeek refuses a turn without any', async () => {
    upstream.script.push(LAST['openai-chat']);
    const use = { type: 'tool_use' as const, id: 'c1', name: 'look_up', input: { place: 'Oslo' } };
    await openAnthropic(target('deep')).messages.create({
      ...REQUEST,
      messages: [QUESTION, { role: 'assistant', content: [use] }, RESULT],
    });
    expect(secondMessage(0)).toMatchObject({ reasoning_content: ' ' });
  });
});

describe('T56 A→A: thoughts that hide something', () => {
  for (const stream of [false, true])
    test(`T56 A→A: redacted and empty thinking come back byte for byte and in order, ${stream ? 'streamed' : 'whole'}`, async () => {
      const turns = [
        [
          { type: 'thinking', thinking: '', signature: 'Ant5/seal+none==' },
          { type: 'redacted_thinking', data: 'Ant6/seal+one==' },
          { type: 'redacted_thinking', data: 'Ant7/seal+two==' },
          { type: 'thinking', thinking: 'Then 🌧.\u2028', signature: 'Ant8/seal+text==' },
          { type: 'tool_use', id: 'toolu_1', name: 'look_up', input: { place: 'Bergen' } },
        ],
        LAST['anthropic-messages'],
      ];
      upstream.script.push(...turns);
      const { messages } = openAnthropic(target('claude'));
      const request = {
        model: 'claude',
        max_tokens: 4096,
        thinking: { type: 'adaptive' as const },
        tools: [{ name: 'look_up', input_schema: SCHEMA }],
      };
      const question = { role: 'user' as const, content: 'Will it rain?' };
      const first = { ...request, messages: [question] };
      const { content } = stream ? await messages.stream(first).finalMessage() : await messages.create(first);
      const result = { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'rain' };
      await messages.create({
        ...request,
        messages: [question, { role: 'assistant', content }, { role: 'user', content: [result] }],
      });
      const sent = secondMessage(1).content;
      expect(JSON.stringify(sent)).toBe(JSON.stringify(turns[0]));
    });
});
