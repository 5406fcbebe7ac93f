// Calls that must be made, under strict, where the model cannot be forced: T15 of the conformance list.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const SECRET = 'upstream-secret';

let upstream: Upstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = startUpstream({ key: SECRET });
  const at = { format: 'anthropic-messages', baseUrl: upstream.baseUrl, apiKey: SECRET } as const;
  const models = ['claude-opus-4-8', 'claude-opus-5-5'];
  gateway = await startGateway({
    upstreams: models.map((model) => ({ ...at, provider: `at-${model}`, model, upstreamModel: model })),
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const ASK = [{ role: 'user', content: 'Go' }];
const LOOK = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: { q: { type: 'string' } } } },
};

function post(path: string, body: Json, headers: Record<string, string>): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}`, ...headers },
    body: JSON.stringify(body),
  });
}

test.each([
  ['one tool by name', { type: 'function', function: { name: 'look' } }, 'claude-opus-5-5'],
  ['any tool', 'required', 'claude-opus-5-5'],
  [
    'one tool of several',
    {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'look' } }] },
    },
    'claude-opus-5-5',
  ],
])(
  'T15 C→A: under strict %s is refused where it cannot be forced, and nobody is asked',
  async (_, tool_choice, model) => {
    upstream.play([{ text: 'not to be asked' }, { text: 'fine' }]);
    const made = await gateway.command(['keys', 'create', '--name', 'all-or-nothing', '--strict', '--json']);
    const { key } = JSON.parse(made.stdout) as { key: string };
    const ask = (headers: Record<string, string>, choice: unknown) =>
      post('/v1/chat/completions', { model, messages: ASK, tools: [LOOK], tool_choice: choice }, headers);
    for (const headers of [{ 'x-osiris-strict': '1' }, { authorization: `Bearer ${key}` }]) {
      const refused = await ask(headers, tool_choice);
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
      expect((await ask(headers, 'auto')).status).toBe(200);
      expect(upstream.turnsTaken()).toHaveLength(1);
      upstream.play([{ text: 'not to be asked' }]);
    }
  },
);

test('T15 C→A: under strict a call is forced where it can be', async () => {
  upstream.play([{ calls: [{ id: 'toolu_1', name: 'look', args: '{"q":"x"}' }] }]);
  const body = { model: 'claude-opus-4-8', messages: ASK, tools: [LOOK], tool_choice: 'required' };
  const answer = await post('/v1/chat/completions', body, { 'x-osiris-strict': '1' });
  expect(answer.status).toBe(200);
  expect(upstream.turnsTaken()[0]?.body.tool_choice).toMatchObject({ type: 'any' });
});
