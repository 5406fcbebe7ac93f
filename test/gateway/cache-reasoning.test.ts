// Sealed reasoning in answers that are given again: it goes back to who made it, and to nobody else.

import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
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
      cache: { ttl: '1h', scope: 'server' },
      ...thinkingAccounts(upstream.origin, { one: ['account-1'], other: ['account-2'] }),
    },
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

const SEALS = ['Ant1/seal+A==', 'Ant2/seal+redacted=='];
const newKey = () => here.makeKey({ requestsPerMinute: 1000, concurrent: 100 }).key;
let questions = 0;

/** A conversation in either format; a Chat client keeps what it is given, but for reasoning when it is told to. */
class Talk {
  readonly #isChat: boolean;
  readonly #key: string;
  readonly #forgets: boolean;
  #messages: Json[];

  constructor(question: string, isChat: boolean, key: string, forgets = false) {
    this.#isChat = isChat;
    this.#key = key;
    this.#forgets = forgets;
    this.#messages = [{ role: 'user', content: question }];
  }

  /** Asks, takes the answer into the conversation and says what the cache did. */
  async ask(model: string): Promise<string | null> {
    const schema = { type: 'object', properties: { place: { type: 'string' } } };
    const tools = this.#isChat
      ? [{ type: 'function', function: { name: 'look_up', parameters: schema } }]
      : [{ name: 'look_up', input_schema: schema }];
    const response = await fetch(here.url + (this.#isChat ? '/v1/chat/completions' : '/v1/messages'), {
      method: 'POST',
      headers: { 'x-api-key': this.#key, 'content-type': 'application/json' },
      body: JSON.stringify({ model, tools, messages: this.#messages, max_tokens: 100 }),
    });
    expect(response.status).toBe(200);
    this.#goOn((await response.json()) as Json);
    return response.headers.get('x-osiris-cache');
  }

  #goOn(answer: Json): void {
    if (this.#isChat) {
      const [{ message } = { message: {} }] = answer.choices as { message: Json }[];
      const { reasoning_details: _, reasoning_content: __, reasoning: ___, ...bare } = message;
      this.#messages.push(this.#forgets ? bare : message);
      for (const { id } of (message.tool_calls ?? []) as { id: string }[])
        this.#messages.push({ role: 'tool', tool_call_id: id, content: 'rain' });
      return;
    }
    const content = answer.content as Json[];
    const results = content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'rain' }));
    this.#messages.push({ role: 'assistant', content });
    if (results.length > 0) this.#messages.push({ role: 'user', content: results });
  }
}

const sealsIn = (body: Json | undefined) => SEALS.filter((seal) => JSON.stringify(body).includes(seal));

/** The clients by whom an answer is fetched first, and by whom again. */
const CLIENTS = [
  ['Messages', false, false],
  ['Chat', true, false],
  ['Chat that forgets', true, true],
] as const;
const PAIRS = CLIENTS.flatMap(([first, firstIsChat]) =>
  CLIENTS.map(([again, isChat, forgets]) => [first, again, firstIsChat, isChat, forgets] as const),
);

test.each(PAIRS)(
  'given to %s, then to %s, it goes back to its provider',
  async (_, __, first, isChat, forgets) => {
    const question = `Question ${++questions}?`;
    upstream.script.push(TURNS[FORMAT][0] ?? [], LAST[FORMAT]);
    expect(await new Talk(question, first, newKey()).ask('model-of-one')).toBe('miss');
    const talk = new Talk(question, isChat, newKey(), forgets);
    expect(await talk.ask('model-of-one')).toBe('hit');
    expect(await talk.ask('model-of-one')).toBe('miss');
    expect(upstream.bodies).toHaveLength(2);
    expect(sealsIn(upstream.bodies[1])).toEqual(SEALS);
  },
);

test.each(PAIRS)(
  'given to %s, then to %s, it goes to no other provider',
  async (_, __, first, isChat, forgets) => {
    const question = `Question ${++questions}?`;
    upstream.script.push(TURNS[FORMAT][0] ?? [], LAST[FORMAT]);
    await new Talk(question, first, newKey()).ask('model-of-one');
    const talk = new Talk(question, isChat, newKey(), forgets);
    expect(await talk.ask('model-of-one')).toBe('hit');
    await talk.ask('model-of-other');
    expect(upstream.bodies).toHaveLength(2);
    expect(sealsIn(upstream.bodies[1])).toEqual([]);
  },
);

test('a conversation that is held again is answered again, turn by turn', async () => {
  const question = `Question ${++questions}?`;
  const key = newKey();
  for (const isChat of [false, true]) {
    upstream.script.push(TURNS[FORMAT][0] ?? [], TURNS[FORMAT][1] ?? [], LAST[FORMAT]);
    const said = [];
    for (const _ of [1, 2]) {
      const talk = new Talk(question, isChat, key);
      for (const __ of [1, 2, 3]) said.push(await talk.ask('model-of-one'));
    }
    // the first turn of the Chat client is that of the other one
    expect(said.slice(3)).toEqual(['hit', 'hit', 'hit']);
  }
});
