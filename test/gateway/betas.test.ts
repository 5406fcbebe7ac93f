// Providers of Anthropic's format that know only some of its betas, or members: what they refuse stays here.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let asked: { betas: string | null; body: JsonObject } | undefined;
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    asked = { betas: request.headers.get('anthropic-beta'), body: (await request.json()) as JsonObject };
    return Response.json({
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
      content: [{ type: 'text', text: 'Hi' }],
      usage: { input_tokens: 1, output_tokens: 1 },
    });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const upstream = (name: string, quirks: JsonObject) => ({
    ...{ provider: name, model: name, upstreamModel: 'm', format: 'anthropic-messages' as const },
    ...{ baseUrl: `http://127.0.0.1:${provider.port}`, apiKey: 'made-up', settings: { quirks } },
  });
  gateway = await startGateway({
    upstreams: [
      upstream('picky', {
        refuses_betas: ['context-management', 'fine-grained-tool-streaming-2025-05-14', 'fast-mode'],
        refuses: ['service_tier'],
      }),
      upstream('plain', { refuses_betas: ['*'] }),
      upstream('whole', {}),
    ],
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

const BETAS =
  'claude-code-20250219,context-management-2025-06-27, fine-grained-tool-streaming-2025-05-14,interleaved-thinking-2025-05-14';
const TOOL = { name: 'read', input_schema: { type: 'object' }, eager_input_streaming: true };

async function ask(model: string, members: JsonObject = {}): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${gateway.key}`,
      'anthropic-beta': BETAS,
    },
    body: JSON.stringify({
      ...{ model, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
      ...{ context_management: { edits: [] }, service_tier: 'auto', tools: [TOOL] },
      ...members,
    }),
  });
}

test('refused betas are left out of the header, and what they unlock of the body, each named', async () => {
  const response = await ask('picky');
  expect(response.status).toBe(200);
  expect(asked?.betas).toBe('claude-code-20250219,interleaved-thinking-2025-05-14');
  const { eager_input_streaming: _, ...tool } = TOOL;
  expect(asked?.body.tools).toEqual([tool]);
  expect(asked?.body).not.toContainAnyKeys(['context_management', 'service_tier']);
  expect(response.headers.get('x-osiris-losses')).toBe(
    '3; dropped=service_tier,context_management,tools[0].eager_input_streaming',
  );
});

test('a provider that knows none gets no such header', async () => {
  await ask('plain', { speed: 'fast', output_config: { effort: 'low', task_budget: { total: 1 } } });
  expect(asked?.betas).toBeNull();
  expect(asked?.body).not.toContainAnyKeys(['context_management', 'speed']);
  expect(asked?.body.output_config).toEqual({ effort: 'low' });
});

test('tools that belong to a refused beta go with what it unlocks', async () => {
  const plain = { name: 'read', input_schema: { type: 'object' } };
  const response = await ask('plain', {
    context_management: null,
    mcp_servers: [{ type: 'url', name: 'docs', url: 'https://mcp.example.com' }],
    tools: [
      { type: 'mcp_toolset', mcp_server_name: 'docs' },
      { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
      { ...plain, defer_loading: true },
    ],
  });
  expect(asked?.body).not.toContainKey('mcp_servers');
  expect(asked?.body.tools).toEqual([plain]);
  expect(response.headers.get('x-osiris-losses')).toBe(
    '4; dropped=mcp_servers,tools[0],tools[1],tools[2].defer_loading',
  );
});

test('without such a quirk all of it goes through as it came', async () => {
  const response = await ask('whole');
  expect(response.headers.get('x-osiris-losses')).toBeNull();
  expect(asked?.betas).toBe(BETAS);
  expect(asked?.body).toMatchObject({ context_management: { edits: [] }, tools: [TOOL] });
});

test('strict calls are told what would be left out', async () => {
  const strict = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'x-osiris-strict': '1' },
    body: JSON.stringify({
      ...{ model: 'picky', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
      context_management: {},
    }),
  });
  expect(strict.status).toBe(400);
  expect(await strict.text()).toContain('context_management');
});
