// What conversions change on purpose on the way up and down, seen from both ends of the program.

import { describe, expect, test } from 'bun:test';
import { DIRECT, scriptedStage } from '../support/matrix.ts';
import { usageOf } from '../support/scenarios.ts';
import type { Turn, WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';

const ANSWER: Turn = { text: 'Done.', usage: { input: 90, cached: 10, output: 3, reasoning: 0 } };
const LABEL = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2; cch=1a2b3' };
const RULES = { type: 'text', text: 'Be brief.' };

describe.skipIf(DIRECT)('a converted call', () => {
  const { upstream, target } = scriptedStage();

  async function send(path: string, format: WireFormat, body: Json): Promise<Response> {
    upstream.play([ANSWER]);
    const { origin, key, model } = target(format);
    return await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, model }),
    });
  }

  const sent = (): Json => upstream.turnsTaken()[0]?.body ?? {};
  const question = (more: Json): Json => ({
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello?' }],
    ...more,
  });

  test('leaves a search tool out where the model would refuse the whole request', async () => {
    const answer = await send('/v1/responses', 'openai-chat', {
      input: 'Hello?',
      tools: [{ type: 'web_search', external_web_access: true }],
      tool_choice: 'auto',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-osiris-losses')).toContain('tools[0]');
    expect(sent()).not.toContainAnyKeys(['web_search_options', 'tools', 'tool_choice']);
  });

  test('sends a self-hosted server the older name of the cap', async () => {
    expect((await send('/v1/messages', 'openai-chat', question({}))).status).toBe(200);
    expect(sent()).toMatchObject({ max_tokens: 100 });
    expect(sent()).not.toHaveProperty('max_completion_tokens');
  });

  test('drops the label that means something to Anthropic alone, as a block of system text', async () => {
    for (const format of ['openai-chat', 'openai-responses'] as const) {
      const answer = await send('/v1/messages', format, question({ system: [LABEL, RULES] }));
      expect(answer.headers.get('x-osiris-losses')).toContain('system[0]');
      expect(JSON.stringify(sent())).not.toContain('billing-header');
      expect(JSON.stringify(sent())).toContain('Be brief.');
      await send('/v1/messages', format, question({ messages: [{ role: 'user', content: [LABEL] }] }));
      expect(JSON.stringify(sent())).toContain('billing-header');
    }
    await send('/v1/messages', 'anthropic-messages', question({ system: [LABEL, RULES] }));
    expect(sent().system).toEqual([LABEL, RULES]);
  });

  test('begins a Messages stream with an estimate and ends it with the provider’s count', async () => {
    const messages = [{ role: 'user', content: 'word '.repeat(400) }];
    const answer = await send('/v1/messages', 'openai-chat', question({ messages, stream: true }));
    const frames = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '));
    const events = frames.map((line) => JSON.parse(line.slice('data: '.length)) as Json);
    const usageIn = (type: string): Json => {
      const event = events.find((one) => one.type === type) ?? {};
      return ((event.message as Json | undefined) ?? event).usage as Json;
    };
    expect(usageIn('message_start').input_tokens).toBeWithin(400, 700);
    const { input, cached, output } = usageOf(ANSWER);
    expect(usageIn('message_delta')).toMatchObject({
      input_tokens: input - cached,
      cache_read_input_tokens: cached,
      output_tokens: output,
    });
  });

  test('gives Google no tool name that begins with a digit, and its client its own name back', async () => {
    upstream.play([{ calls: [{ id: 'call_scripted0', name: 'any', args: '{}' }] }]);
    const { origin, key, model } = target('google-generate-content');
    const ask = async () =>
      await fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({
          model,
          messages: [{ role: 'user', content: 'Hello?' }],
          tools: [{ type: 'function', function: { name: '2fa', parameters: { type: 'object' } } }],
          tool_choice: { type: 'function', function: { name: '2fa' } },
        }),
      });
    await ask();
    const [tool] = sent().tools as { functionDeclarations: { name: string }[] }[];
    const name = tool?.functionDeclarations[0]?.name ?? '';
    expect(name).toMatch(/^_2fa_\w+$/);
    expect(sent().toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] },
    });
    upstream.play([{ calls: [{ id: 'call_scripted0', name, args: '{}' }] }]);
    expect(await (await ask()).text()).toContain('"name":"2fa"');
  });

  test('asks for thoughts when a Chat client asks for reasoning', async () => {
    const ask = question({ reasoning_effort: 'low' });
    await send('/v1/chat/completions', 'anthropic-messages', ask);
    expect(sent().thinking).toMatchObject({ type: 'enabled', display: 'summarized' });
    await send('/v1/chat/completions', 'openai-responses', ask);
    expect(sent().reasoning).toEqual({ effort: 'low', summary: 'auto' });
  });
});
