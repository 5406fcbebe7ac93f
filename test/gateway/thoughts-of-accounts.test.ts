// Reasoning belongs to the account that was given it: conversations stay with theirs, and nobody else sees any of it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type InProcess, openHere } from '../support/in-process.ts';
import type { Json } from '../support/strict.ts';
import { LAST, TURNS } from '../support/thinking-turns.ts';
import { startThinkingUpstream, thinkingAccounts } from '../support/thinking-upstream.ts';

const FORMAT = 'anthropic-messages';
const upstream = startThinkingUpstream();
let here: InProcess;

beforeAll(async () => {
  here = await openHere({
    sections: {
      ...thinkingAccounts(upstream.origin, {
        several: ['account-1', 'account-2', 'account-3'],
        other: ['account-4'],
      }),
    },
  });
});
beforeEach(() => {
  upstream.bodies.length = 0;
  upstream.credentials.length = 0;
  upstream.script.length = 0;
});
afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

let talks = 0;

/** A conversation in one of two formats, with seals and calls of its own; the Chat client sends no thoughts back. */
class Talk {
  losses = '';
  readonly turns: Json[][];
  readonly #isChat: boolean;
  readonly #stream: boolean;
  readonly #messages: Json[] = [{ role: 'user', content: 'Will it rain?' }];

  constructor(isChat: boolean, stream = false) {
    this.#isChat = isChat;
    this.#stream = stream;
    talks++;
    const own = JSON.stringify(TURNS[FORMAT])
      .replaceAll('seal+', `seal+${talks}`)
      .replaceAll('toolu_', `toolu_${talks}_`);
    this.turns = JSON.parse(own) as Json[][];
  }

  /** The seals of the conversation that stand in a request. */
  sealsIn(body: Json | undefined): string[] {
    const seals = JSON.stringify(this.turns).match(/Ant\d\/seal\+[\w=]+/g) ?? [];
    return seals.filter((seal) => JSON.stringify(body).includes(seal));
  }

  async ask(model: string, turn: number): Promise<void> {
    upstream.script.push(this.turns[turn] ?? LAST[FORMAT]);
    const response = await this.send(model);
    expect(response.status).toBe(200);
    this.losses = response.headers.get('x-osiris-losses') ?? '';
    await response.text();
    this.#goOn(this.turns[turn] ?? []);
  }

  send(model: string, headers: Record<string, string> = {}): Promise<Response> {
    const schema = { type: 'object', properties: {} };
    const tools = this.#isChat
      ? [{ type: 'function', function: { name: 'look_up', parameters: schema } }]
      : [{ name: 'look_up', input_schema: schema }];
    return fetch(here.url + (this.#isChat ? '/v1/chat/completions' : '/v1/messages'), {
      method: 'POST',
      headers: { 'x-api-key': here.key, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        ...{ model, tools, messages: this.#messages, stream: this.#stream },
        ...(this.#isChat ? {} : { max_tokens: 100 }),
      }),
    });
  }

  /** What a client would have made of the answer. */
  #goOn(said: Json[]): void {
    const calls = said.filter((block) => block.type === 'tool_use');
    if (!this.#isChat) {
      const content = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'rain' }));
      this.#messages.push({ role: 'assistant', content: said }, { role: 'user', content });
      return;
    }
    const tool_calls = calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }));
    this.#messages.push({ role: 'assistant', content: null, tool_calls });
    for (const { id } of calls) this.#messages.push({ role: 'tool', tool_call_id: id, content: 'rain' });
  }
}

describe.each([
  ['passing through', false],
  ['kept for a client that sends none back', true],
])('reasoning %s', (_, isChat) => {
  for (const stream of [false, true])
    test(`a conversation stays with its account while others take their turns, ${stream ? 'streamed' : 'whole'}`, async () => {
      const talks = [new Talk(isChat, stream), new Talk(isChat, stream), new Talk(isChat, stream)];
      const accounts: unknown[][] = [];
      for (const turn of [0, 1, 2]) {
        for (const talk of talks) await talk.ask('model-of-several', turn);
        accounts.push(upstream.credentials.splice(0));
      }
      const [first = []] = accounts;
      expect(new Set(first).size).toBe(3);
      expect(accounts).toEqual([first, first, first]);
      for (const [position, body] of upstream.bodies.entries()) {
        const own = talks[position % talks.length];
        const seals = talks.map((talk) => talk.sealsIn(body).length);
        const count = [0, 2, 3][Math.floor(position / talks.length)] ?? 0;
        expect(seals).toEqual(talks.map((talk) => (talk === own ? count : 0)));
      }
    });

  test('another provider of the same format gets none of it, and its own account all of it again', async () => {
    const talk = new Talk(isChat);
    await talk.ask('model-of-several', 0);
    await talk.ask('model-of-other', 1);
    expect(talk.sealsIn(upstream.bodies[1])).toEqual([]);
    if (!isChat) expect(talk.losses).toContain('messages[1].content[0]');
    await talk.ask('model-of-several', 2);
    const [first, , third] = upstream.credentials;
    expect(third).toBe(first ?? '');
    expect(talk.sealsIn(upstream.bodies[2])).toHaveLength(2);
  });
});

describe('under strict', () => {
  const strict = { 'x-osiris-strict': '1' };

  test('a conversation whose thoughts would be left out is refused, and their own account answers it', async () => {
    const talk = new Talk(false);
    await talk.ask('model-of-several', 0);
    upstream.bodies.length = 0;
    const refused = await talk.send('model-of-other', strict);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(/`messages\[1\]\.content\[0\]` \(reasoning that .* did not seal\)/),
      },
    });
    expect(upstream.bodies).toEqual([]);
    const answer = await talk.send('model-of-several', strict);
    expect(answer.status).toBe(200);
    expect(talk.sealsIn(upstream.bodies[0])).toHaveLength(2);
  });

  test('an envelope that was changed on the way is refused too', async () => {
    const signature = 'osr1.eyJpIjoieCJ9.AAAAAAAAAAAAAAAAAAAAAA';
    const content = [{ type: 'thinking', thinking: 'Rain?', signature }];
    const response = await fetch(`${here.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': here.key, 'content-type': 'application/json', ...strict },
      body: JSON.stringify({
        ...{ model: 'model-of-other', max_tokens: 100 },
        messages: [
          { role: 'user', content: 'Will it rain?' },
          { role: 'assistant', content },
          { role: 'user', content: 'Sure?' },
        ],
      }),
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Json };
    expect(error.message).toContain('`messages[1].content[0]`');
    expect(JSON.stringify(error)).not.toContain(signature);
    expect(upstream.bodies).toEqual([]);
  });
});

describe('what the sandbox thought', () => {
  let alone: InProcess;

  beforeAll(async () => {
    const provider = { base_url: `${upstream.origin}/v1`, format: FORMAT, auth: 'x-api-key' };
    alone = await openHere({
      sandbox: true,
      sections: {
        providers: { only: { ...provider, api_key: 'account-1' } },
        models: {
          claude: {
            price: { input: 0, output: 0 },
            capabilities: { thinking: 'adaptive' },
            deployments: [{ provider: 'only', model: 'claude' }],
          },
        },
      },
    });
  });
  afterAll(() => alone.stop());

  const ask = (model: string, messages: Json[], stream: boolean): Promise<Response> =>
    fetch(`${alone.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': alone.key, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ model, messages, stream, max_tokens: 4000 },
        thinking: { type: 'enabled', budget_tokens: 1024 },
      }),
    });

  for (const stream of [false, true])
    test(`never reaches the only account there is, ${stream ? 'streamed' : 'whole'}`, async () => {
      const question = { role: 'user', content: `Will it rain${stream ? '' : ' today'}?` };
      const said = await (await ask('sandbox/reason', [question], stream)).text();
      const [, signature = ''] = /"signature":"([^"]+)"/.exec(said) ?? [];
      expect(signature).not.toBe('');
      const thinking = { type: 'thinking', thinking: 'Rain?', signature };
      const content = [thinking, { type: 'text', text: 'It may.' }];
      const talk = [question, { role: 'assistant', content }, { role: 'user', content: 'Sure?' }];
      upstream.script.push(LAST[FORMAT]);
      const answer = await ask('claude', talk, false);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-osiris-losses')).toContain('messages[1].content[0]');
      await answer.text();
      expect(JSON.stringify(upstream.bodies)).not.toContain(signature);
      expect(JSON.stringify(upstream.bodies)).toContain('It may.');
    });
});
