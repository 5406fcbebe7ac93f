// A member that stands twice in a request, in the running program: no provider is to read another one than was priced.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { PATHS } from '../support/asking.ts';
import { balanceOf } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let sent: string[] = [];
beforeEach(() => {
  sent = [];
});

const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    sent.push(await request.text());
    const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
    const message = { role: 'assistant', content: 'Done.' };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    return Response.json({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const base = { base_url: `${provider.url.origin}/v1`, api_key: 'made-up' };
  const model = (at: string) => ({
    ...{ price: { input: 1, output: 1, tiers: { priority: { input: 2, output: 2 } } } },
    deployments: [{ provider: at, model: at }],
  });
  const ids = ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'];
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: Object.fromEntries(ids.map((id) => [id, { ...base, format: id }])),
      models: Object.fromEntries(ids.map((id) => [id, model(id)])),
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

const ROUTES = {
  ...PATHS,
  'google-generate-content': '/v1beta/models/google-generate-content:generateContent',
};
const ASKS = {
  'openai-chat': '"model":"openai-chat","messages":[{"role":"user","content":"Hi"}]',
  'openai-responses': '"model":"openai-responses","input":"Hi"',
  'anthropic-messages':
    '"model":"anthropic-messages","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]',
  'google-generate-content': '"contents":[{"role":"user","parts":[{"text":"Hi"}]}]',
};
type Client = keyof typeof ASKS;

async function ask(client: Client, body: string): Promise<{ status: number; answer: JsonObject }> {
  const response = await fetch(gateway.url + ROUTES[client], {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, answer: asObject(await response.json()) };
}

const advisor = '"type":"advisor_20260301","name":"a"';
describe.each<[Client, string, string]>([
  ['openai-chat', 'model', '"model":"openai-chat"'],
  ['openai-chat', 'service_tier', '"service_tier":"priority" ,\n"service_tier":"default"'],
  ['openai-chat', 'service_tier', '"service_\\u0074ier":"priority","service_tier":"default"'],
  ['openai-chat', 'n', '"n":9,"n":1'],
  ['openai-chat', 'stream', '"stream":true,"stream":false'],
  ['openai-chat', 'models', '"models":["dear"],"models":[]'],
  ['anthropic-messages', 'plugins[0].id', '"plugins":[{"id":"fusion","id":"web"}]'],
  [
    ...(['openai-chat', 'tools[0].parameters.model'] as const),
    '"tools":[{"type":"openrouter:web_search","parameters":{"model":"dear","model":"cheap"}}]',
  ],
  ['openai-responses', 'tools', '"tools":[{"type":"web_search"}],"tools":[]'],
  ['openai-responses', 'max_output_tokens', '"max_output_tokens":9000,"max_output_tokens":1'],
  ['anthropic-messages', 'fallbacks', '"fallbacks":[{"model":"dear"}],"fallbacks":[]'],
  ['anthropic-messages', 'fallbacks[1].model', '"fallbacks":[{"model":"b"},{"model":"dear","model":"a"}]'],
  [
    'anthropic-messages',
    'tools[0].model',
    `"tools":[{${advisor},"model":"dear","model":"anthropic-messages"}]`,
  ],
  ['anthropic-messages', 'speed', '"speed":"fast","speed":"standard"'],
  [
    'google-generate-content',
    'generationConfig',
    '"generationConfig":{"candidateCount":8},"generationConfig":{}',
  ],
  ['google-generate-content', 'serviceTier', '"serviceTier":"priority","serviceTier":"standard"'],
  [
    'google-generate-content',
    'generationConfig.maxOutputTokens',
    '"generationConfig":{"maxOutputTokens":9000,"maxOutputTokens":1}',
  ],
  [
    'google-generate-content',
    'generation_config.candidate_count',
    '"generation_config":{"candidate_count":8,"candidate_count":1}',
  ],
])('for %s, %s', (client, path, members) => {
  test(`is refused: ${members.replaceAll(/\s/g, ' ')}`, async () => {
    const before = await balanceOf(gateway);
    const { status, answer } = await ask(client, `{${ASKS[client]},${members}}`);
    expect(status).toBe(400);
    const { message, param, status: word, type } = asObject(answer.error);
    expect(message).toBe(
      `\`${path}\` stands twice in the request, and programs differ in which one counts. Send it once.`,
    );
    if (client === 'google-generate-content') expect(word).toBe('INVALID_ARGUMENT');
    else expect([param, type]).toEqual([path, 'invalid_request_error']);
    expect(sent).toEqual([]);
    expect(await balanceOf(gateway)).toBe(before);
  });
});

test.each<[Client, string, string]>([
  ['openai-chat', 'Model', 'model'],
  ['openai-chat', 'SERVICE_TIER', 'service_tier'],
  ['openai-chat', 'to\u006fl\u017f', 'tools'],
  ['openai-responses', 'Max_Output_To\u212aens', 'max_output_tokens'],
  ['anthropic-messages', 'Speed', 'speed'],
])(
  'for %s, what programs that fold letters read as another member is refused: %s',
  async (client, name, dear) => {
    const { status, answer } = await ask(client, `{${ASKS[client]},${JSON.stringify(name)}:"dear"}`);
    expect(status).toBe(400);
    const { message, param } = asObject(answer.error);
    expect(message).toBe(
      `Some programs take \`${name}\` for \`${dear}\`. Send \`${dear}\` in its place, once.`,
    );
    expect(param).toBe(name);
    expect(sent).toEqual([]);
  },
);

test('what is written anew says what was read here, and nothing else', async () => {
  const body = '"model":"anthropic-messages","model":"openai-chat","max_tokens":9000,"max_tokens":7';
  const { status } = await ask('anthropic-messages', `{${body},"messages":[{"role":"user","content":"Hi"}]}`);
  expect(status).toBe(200);
  expect(JSON.parse(String(sent[0]))).toMatchObject({ model: 'openai-chat', max_tokens: 7 });
});

test('names that stand once in each of several objects pass, and so does what a client tells the model', async () => {
  const told = `{"type":"function","function":{"name":"f","parameters":{"type":"object","x":1,"x":2}}}`;
  const others = '"__proto__":{"model":"a"},"metadata":{"model":"b"},"user":"\\u006dax"';
  const body = `{${ASKS['openai-chat']}, "tools":[${told}],${others}}`;
  expect((await ask('openai-chat', body)).status).toBe(200);
  expect(sent).toEqual([body]);
});
