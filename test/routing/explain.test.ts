// The order that explain tells is the one calls take: strategies, models that stand in, tags, and who has failed.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';

setDefaultTimeout(60_000);

type Told = {
  answered: boolean;
  refusals: { code: string }[];
  candidates: {
    provider: string;
    answers_as: string;
    fallback: boolean;
    asked: boolean;
    obstacle: string | null;
    reasons: string[];
    price: { up_to_usd: string } | null;
    requests: { body: { model: string } }[];
  }[];
};

let provider: Bun.Server<undefined>;
let gateway: Gateway;
/** Which of the deployments answer with a failure. */
const failing = new Set<string>();
const asked: string[] = [];

beforeAll(async () => {
  provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { model } = (await request.json()) as { model: string };
      asked.push(model);
      if (failing.has(model)) return Response.json({ error: { message: 'down' } }, { status: 500 });
      const message = { role: 'assistant', content: 'yes' };
      return Response.json({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      });
    },
  });
  const up = { format: 'openai-chat', base_url: `http://127.0.0.1:${provider.port}/v1`, auth: 'none' };
  gateway = await startGateway({
    upstreams: [],
    credit: 10,
    sections: {
      providers: { dear: up, cheap: { ...up, tags: ['eu'] } },
      models: {
        main: {
          price: { input: 1, output: 1 },
          deployments: [
            { provider: 'dear', model: 'main-dear', cost: { input: 9, output: 9 } },
            { provider: 'cheap', model: 'main-cheap', cost: { input: 1, output: 1 } },
          ],
        },
        other: {
          price: { input: 100, output: 100 },
          max_output: 1000,
          deployments: [{ provider: 'dear', model: 'other-dear' }],
        },
      },
      routing: { strategy: 'cheapest', retries: 0, fallbacks: { main: ['other'] }, cooldown: '1h' },
    },
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

async function explain(members: object): Promise<Told> {
  const response = await fetch('http://osiris/admin/explain', {
    unix: join(gateway.directory, 'state', 'osiris.sock'),
    method: 'POST',
    body: JSON.stringify({ model: 'main', prompt: 'Hello', format: 'chat', ...members }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Told;
}

function call(): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify({ model: 'main', messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

test('the strategy orders the deployments, models that stand in come last and have a price of their own', async () => {
  const { candidates } = await explain({});
  expect(candidates.map(({ requests }) => requests[0]?.body.model)).toEqual([
    'main-cheap',
    'main-dear',
    'other-dear',
  ]);
  expect(candidates[0]?.reasons.join()).toMatch(/would cost the operator about \$0\.\d+ there/);
  expect(candidates[0]).toMatchObject({ fallback: false, answers_as: 'main', price: null });
  // 1,000 tokens at 100 USD a million and six of the prompt
  expect(candidates[2]).toMatchObject({ fallback: true, answers_as: 'other' });
  expect(candidates[2]?.price?.up_to_usd).toStartWith('0.1005');
});

test('a key that requires tags is told which deployments it may not be sent to', async () => {
  const made = await gateway.command([
    'keys',
    'create',
    '--name',
    'eu',
    '--credit',
    '1',
    '--require-tags',
    'eu',
    '--json',
  ]);
  const { id } = JSON.parse(made.stdout) as { id: string };
  const told = await explain({ key: id });
  expect(told.answered).toBe(true);
  expect(told.candidates.map(({ provider: name, asked: isAsked }) => [name, isAsked])).toEqual([
    ['cheap', true],
    ['dear', false],
    ['dear', false],
  ]);
  expect(told.candidates[1]?.obstacle).toContain('tags eu');
  const none = await explain({ key: id, model: 'other' });
  expect(none.answered).toBe(false);
  expect(none.refusals).toMatchObject([{ code: 'model_not_allowed' }]);
});

test('who has failed of late comes behind the others, and explaining neither asks nor heals anybody', async () => {
  failing.add('main-cheap');
  for (let each = 0; each < 3; each++) expect((await call()).status).toBe(200);
  asked.length = 0;
  for (let each = 0; each < 5; each++) {
    const { candidates } = await explain({});
    expect(candidates.map(({ requests }) => requests[0]?.body.model)).toEqual([
      'main-dear',
      'other-dear',
      'main-cheap',
    ]);
    expect(candidates[2]?.reasons.join()).toContain('has failed of late');
  }
  expect(asked).toEqual([]);
  expect((await call()).status).toBe(200);
  expect(asked).toEqual(['main-dear']);
});
