// A provider that repeats what it was sent: none of the operator's secrets, and nothing of a prompt, goes further.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject } from '../../src/lib/json.ts';
import { type InProcess, openHere } from '../support/in-process.ts';

const CREDENTIAL = 'made-up-credential-of-the-operator';
const HEADER = 'made-up-token-of-a-gateway-between';
const PROMPT = 'what nobody else may read';

/** Where the provider repeats its request. */
let told: 'message' | 'code' | 'type' = 'message';
let status = 400;
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch({ headers, url }) {
    const words = `${headers.get('authorization')} ${headers.get('x-between')} ${new URL(url).host} ${PROMPT}`;
    const names = { code: headers.get('x-between')?.split(' ')[1], type: 'invalid' };
    const error = told === 'message' ? { message: words, ...names } : { message: 'No.', [told]: words };
    return Response.json({ error }, { status });
  },
});

let here: InProcess;
beforeAll(async () => {
  here = await openHere({
    sections: {
      providers: {
        up: {
          base_url: `${provider.url.origin}/v1`,
          format: 'openai-chat',
          api_key: CREDENTIAL,
          headers: { 'X-Between': `Token ${HEADER}`, 'X-Title': 'No.' },
        },
      },
      models: { m: { price: { input: 0, output: 0 }, deployments: [{ provider: 'up', model: 'm' }] } },
      routing: { retries: 0, cooldown: '1s' },
    },
  });
});
afterAll(async () => {
  await here.stop();
  await provider.stop(true);
});

describe.each([400, 404, 500])('a provider that answers %p', (answered) => {
  test.each(['message', 'code', 'type'] as const)('and repeats in its %s what it was sent', async (place) => {
    told = place;
    status = answered;
    const response = await fetch(`${here.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: PROMPT }] }),
    });
    const body = await response.text();
    const { rows } = await here.journal.find({ limit: 1 });
    const kept = JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    for (const text of [body, kept])
      for (const secret of [CREDENTIAL, HEADER, provider.url.host]) expect(text).not.toContain(secret);
    expect(kept).not.toContain(PROMPT);
    expect(kept).toContain(String(answered));
    if (answered === 400 && place === 'message') {
      // the words of a refusal are the client's own to read
      expect(asObject(asObject(JSON.parse(body)).error).message).toContain(PROMPT);
      expect(body).toContain('[redacted]');
    }
  });
});
