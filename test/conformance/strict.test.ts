// A forced call under strict (T15): forced where the model can be, refused where it cannot, and nobody is asked.

import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type InProcess, openHere } from '../support/in-process.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
let here: InProcess;

beforeAll(async () => {
  const model = (name: string) => ({
    price: { input: 0, output: 0 },
    deployments: [{ provider: 'up', model: name }],
  });
  here = await openHere({
    sections: {
      providers: { up: { base_url: upstream.baseUrl, format: 'anthropic-messages', auth: 'none' } },
      // what they can is in the catalogue
      models: {
        'claude-opus-5-5': model('claude-opus-5-5'),
        'claude-opus-4-8': model('claude-opus-4-8'),
      },
    },
  });
});
beforeEach(() => upstream.play([{ text: 'fine' }]));
afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

const LOOK = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };
const ONE = { type: 'function', function: { name: 'look' } };

const WAYS: [string, () => Record<string, string>][] = [
  ['the header', () => ({ 'x-api-key': here.key, 'x-osiris-strict': '1' })],
  ['a strict key', () => ({ 'x-api-key': here.makeKey({ requestsPerMinute: 60 }, { strict: true }).key })],
];
const CHOICES: [string, unknown][] = [
  ['one tool by name', ONE],
  ['any tool', 'required'],
  ['one tool of several', { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [ONE] } }],
];

function ask(model: string, tool_choice: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(`${here.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      ...{ model, tool_choice, tools: [LOOK] },
      messages: [{ role: 'user', content: 'Go' }],
    }),
  });
}

for (const [way, headers] of WAYS) {
  test.each(CHOICES)(`T15 C→A: with ${way}, %s that cannot be forced is a 400`, async (_, choice) => {
    const refused = await ask('claude-opus-5-5', choice, headers());
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        code: 'unsupported_parameter',
        param: 'tool_choice',
        message: expect.stringContaining('`tool_choice`'),
      },
    });
    expect(upstream.received).toEqual([]);
  });

  test(`T15 C→A: with ${way}, a call is forced where it can be, and a free choice is free`, async () => {
    expect((await ask('claude-opus-4-8', 'required', headers())).status).toBe(200);
    expect(upstream.turnsTaken()[0]?.body.tool_choice).toMatchObject({ type: 'any' });
    upstream.play([{ text: 'fine' }]);
    expect((await ask('claude-opus-5-5', 'auto', headers())).status).toBe(200);
  });
}
