// What is left of a key's requests, in the names that each client library reads, and who should try again.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { askedOf, type Conformance, openConformance, PAIRS, requestOf } from '../support/conformance.ts';
import { openHere } from '../support/in-process.ts';
import { rawUpstream } from '../support/raw-upstream.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { WIRES } from '../support/wire.ts';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

const OPENAI = ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'];
const ANTHROPIC = ['limit', 'remaining', 'reset'].map((name) => `anthropic-ratelimit-requests-${name}`);
const NAMES: Record<WireFormat, string[]> = {
  'openai-chat': OPENAI,
  'openai-responses': OPENAI,
  'anthropic-messages': ANTHROPIC,
  'google-generate-content': [],
};

function rateHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.includes('ratelimit')).sort();
}

/** The three numbers agree, whatever their names. */
function expectRate(client: WireFormat, response: Response, remaining: number): void {
  const own = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
  expect(rateHeaders(response)).toEqual([...own, ...NAMES[client]].sort());
  const get = (name = '') => response.headers.get(name);
  expect([get(own[0]), get(own[1]), get(own[2])]).toEqual(['1', String(remaining), '60']);
  const [limit, left, reset] = NAMES[client];
  if (limit === undefined) return;
  expect([get(limit), get(left)]).toEqual(['1', String(remaining)]);
  if (client !== 'anthropic-messages') {
    expect(get(reset)).toBe('1m0s');
    return;
  }
  expect(get(reset)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const inS = (Date.parse(get(reset) ?? '') - Date.now()) / 1000;
  expect(inS).toBeGreaterThan(50);
  expect(inS).toBeLessThan(62);
}

test.each(PAIRS)('%s over %s: answers, streams and refusals tell it', async (client, over) => {
  for (const stream of [false, true]) {
    const asked = askedOf(over, stream);
    const body = stream
      ? WIRES[over].frames({ text: 'Hi' }, asked).join('')
      : JSON.stringify(WIRES[over].body({ text: 'Hi' }, asked));
    const theirs = 'x-ratelimit-remaining-tokens: 31337\r\nanthropic-ratelimit-tokens-limit: 31337\r\n';
    const type = stream ? 'text/event-stream' : 'application/json';
    const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${theirs}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    stage.answerWith({ pieces: [head + body], after: 'keep' });
    const { key } = stage.here.makeKey({ requestsPerMinute: 1 });
    const answer = await stage.ask(client, over, { key, stream });
    expect(answer.status).toBe(200);
    await answer.text();
    expectRate(client, answer, 0);
    const refused = await stage.ask(client, over, { key, stream });
    expect(refused.status).toBe(429);
    expectRate(client, refused, 0);
  }
});

test.each(WIRE_FORMATS)(
  'a client of %s is told not to multiply what several providers failed at',
  async (client) => {
    const upstream = await rawUpstream([
      { pieces: ['HTTP/1.1 500 Sorry\r\ncontent-length: 0\r\n\r\n'], after: 'keep' },
    ]);
    const deployments = [1, 2].map((n) => ({ provider: `p${n}`, model: 'm' }));
    const provider = { base_url: upstream.baseUrl, format: 'openai-chat', auth: 'none' };
    const price = { input: 0, output: 0 };
    const here = await openHere({
      sections: {
        providers: { p1: provider, p2: provider },
        models: { both: { price, deployments }, one: { price, deployments: deployments.slice(0, 1) } },
      },
    });
    try {
      for (const [model, retry] of [
        ['both', 'false'],
        ['one', null],
      ] as const) {
        for (const stream of [false, true]) {
          const { path, body } = requestOf(client, model, stream);
          const headers = { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' };
          const response = await fetch(here.url + path, {
            method: 'POST',
            headers,
            body: JSON.stringify(body),
          });
          await response.text();
          expect([model, response.status, response.headers.get('x-should-retry')]).toEqual([
            model,
            502,
            retry,
          ]);
        }
      }
    } finally {
      await here.stop();
      upstream.stop();
    }
  },
);
