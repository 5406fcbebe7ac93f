// Answers that a client would fetch from the provider later: asked for by nobody, since nobody here would see or pay them.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asObject } from '../../src/lib/json.ts';
import { type InProcess, openHere } from '../support/in-process.ts';

let sent = 0;
beforeEach(() => {
  sent = 0;
});

/** Takes every request for later. */
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch() {
    sent += 1;
    return Response.json({ id: 'resp_1', object: 'response', status: 'queued', output: [], usage: null });
  },
});

let here: InProcess;
beforeAll(async () => {
  const formats = ['openai-chat', 'openai-responses'];
  here = await openHere({
    sections: {
      providers: Object.fromEntries(
        formats.map((format) => [format, { base_url: `${provider.url.origin}/v1`, format, auth: 'none' }]),
      ),
      models: Object.fromEntries(
        formats.map((format) => [
          format,
          { price: { input: 0, output: 0 }, deployments: [{ provider: format, model: 'm' }] },
        ]),
      ),
    },
  });
});
afterAll(async () => {
  await here.stop();
  await provider.stop(true);
});

const RESPONSES = '/v1/responses';
const CHAT = '/v1/chat/completions';
const ASKS = {
  [RESPONSES]: '"input":"Hi"',
  [CHAT]: '"messages":[{"role":"user","content":"Hi"}]',
};

function ask(path: keyof typeof ASKS, model: string, members: string): Promise<Response> {
  return fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: `{"model":"${model}",${ASKS[path]},${members}}`,
  });
}

const MODELS = { 'openai-responses': RESPONSES, 'openai-chat': CHAT } as const;

describe.each(Object.keys(MODELS) as (keyof typeof MODELS)[])('a model behind %s', (model) => {
  test.each([
    [RESPONSES, 'background', '"background":true'],
    [RESPONSES, 'background', '"background":true,"stream":true'],
    [CHAT, 'deferred', '"deferred":true'],
  ] as const)(
    'is not asked for an answer by %s that is fetched later: %s (%s)',
    async (path, member, members) => {
      const response = await ask(path, model, members);
      expect(response.status).toBe(400);
      const { code, param } = asObject(asObject(await response.json()).error);
      expect([code, param]).toEqual(['unsupported_parameter', member]);
      expect(sent).toBe(0);
    },
  );
});

test.each([
  [RESPONSES, 'openai-responses', 'background'],
  [CHAT, 'openai-chat', 'deferred'],
] as const)(
  '%s does not send such a wish beside its opposite, of which the provider may believe either',
  async (path, model, member) => {
    const response = await ask(path, model, `"${member}":true,"${member}":false`);
    expect(response.status).toBe(400);
    expect(asObject(asObject(await response.json()).error).param).toBe(member);
    expect(sent).toBe(0);
  },
);
