// `/metrics` of the running program: who may read it, and whether its figures are those of the calls that were made.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import parse from 'parse-prometheus-text-format';
import { Fault, type FaultCode } from '../../src/canonical/fault.ts';
import { metricsGuard } from '../../src/http/metrics.ts';
import type { Gateway } from '../support/gateway.ts';
import { PAID, startPaidGateway } from '../support/paid.ts';

setDefaultTimeout(60_000);

type Families = ReturnType<typeof parse>;

const TOKEN = 'a-token-of-the-monitoring';
let gateway: Gateway;
let failures = 0;

beforeAll(async () => {
  gateway = await startPaidGateway({
    usage: {
      ...{ prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
      prompt_tokens_details: { cached_tokens: 200 },
    },
    onCall() {
      if (failures === 0) return undefined;
      failures--;
      return new Response('{"error":{"message":"busy"}}', { status: 500 });
    },
    credit: 10,
    server: { metrics_token: TOKEN },
    sections: { routing: { retries: 1 } },
  });
});
afterAll(() => gateway.stop());

const read = (headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }) =>
  fetch(`${gateway.url}/metrics`, { headers });

/** Asked until `enough`: calls are counted a moment after they have ended. */
async function figures(enough: (text: string) => boolean = () => true): Promise<Families> {
  for (;;) {
    const text = await (await read()).text();
    if (enough(text)) return parse(text);
    await Bun.sleep(10);
  }
}

function figure(families: Families, name: string, labels: Record<string, string> = {}): number {
  const { metrics } = families.find((each) => each.name === name) ?? { metrics: [] };
  const fitting = metrics.filter((metric) =>
    Object.entries(labels).every(([label, text]) => metric.labels?.[label] === text),
  );
  return fitting.reduce((sum, { value }) => sum + Number(value), 0);
}

function ask(model: string): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  });
}

describe('who may read it', () => {
  test('the token and the admin secret open it, and nothing else', async () => {
    const good = await read();
    expect([good.status, good.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect((await read({ authorization: `Bearer ${gateway.adminSecret}` })).status).toBe(200);
    expect((await read({})).status).toBe(401);
    expect((await read({ authorization: `Bearer ${gateway.key}` })).status).toBe(401);
    const wrong = await read({ authorization: `Bearer ${TOKEN}x` });
    expect([wrong.status, await wrong.text()]).toEqual([
      401,
      expect.stringContaining('server.metrics_token'),
    ]);
  });

  test('without a token in the file the answer is how there can be one, never to open /admin further', () => {
    const refuse = (code: FaultCode) => () => {
      throw new Fault(code, 'see server.admin_from');
    };
    const asked = new Request('http://localhost/metrics', { headers: { authorization: 'Bearer guess' } });
    for (const code of ['not_allowed', 'invalid_api_key'] as const) {
      expect(() => metricsGuard(() => undefined, refuse(code))(asked)).toThrow('The operator can set');
      expect(() => metricsGuard(() => TOKEN, refuse(code))(asked)).toThrow('Send the value of');
    }
    // an address that goes on guessing hears just that
    expect(() => metricsGuard(() => TOKEN, refuse('rate_limit_exceeded'))(asked)).toThrow(
      'see server.admin_from',
    );
  });

  test('the token opens nothing of the operator', async () => {
    const asked = await fetch(`${gateway.url}/admin/keys`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(asked.status).toBe(401);
  });
});

describe('what it says', () => {
  test('calls, tokens, money and attempts are those that were', async () => {
    failures = 1;
    for (let i = 0; i < 3; i++) expect((await ask(PAID)).status).toBe(200);
    expect((await ask('no-such-model')).status).toBe(400);
    const read = await figures((text) => text.includes('code="model_not_found"'));
    const of = { model: PAID, provider: 'up' };
    const format = 'openai-chat';
    expect(figure(read, 'osiris_calls_total', { ...of, format, status: '200', code: '' })).toBe(3);
    expect(figure(read, 'osiris_calls_total', { status: '400', model: '', code: 'model_not_found' })).toBe(1);
    expect(figure(read, 'osiris_tokens_total', { ...of, kind: 'input' })).toBe(2400);
    expect(figure(read, 'osiris_tokens_total', { ...of, kind: 'cached_input' })).toBe(600);
    expect(figure(read, 'osiris_tokens_total', { ...of, kind: 'output' })).toBe(1500);
    expect(figure(read, 'osiris_cost_usd_total', of)).toBe(0.045);
    expect(figure(read, 'osiris_key_cost_usd_total')).toBe(0.045);
    expect(figure(read, 'osiris_key_calls_total')).toBe(4);
    expect(figure(read, 'osiris_retries_total', of)).toBe(1);
    expect(figure(read, 'osiris_spent_today_usd')).toBe(0.045);
  });

  test('how the server stands is told as it is now', async () => {
    const before = await figures();
    expect(figure(before, 'osiris_ready')).toBe(1);
    expect(figure(before, 'osiris_paused')).toBe(0);
    expect((await gateway.command(['admin', 'pause'])).code).toBe(0);
    const paused = await figures();
    expect(figure(paused, 'osiris_paused')).toBe(1);
    expect(figure(paused, 'osiris_alert_open', { event: 'paused' })).toBe(1);
    expect((await gateway.command(['admin', 'resume'])).code).toBe(0);
    expect(figure(await figures(), 'osiris_paused')).toBe(0);
    expect(figure(before, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  test('when the program began is the same in every reading, at whichever part of a second', async () => {
    const told = new Set<number>();
    for (let i = 0; i < 12; i++) {
      told.add(figure(await figures(), 'process_start_time_seconds'));
      await Bun.sleep(90);
    }
    expect(told.size).toBe(1);
  });

  test('nothing of a prompt, a secret or what a client wrote stands in it', async () => {
    await ask('a-name-from-outside');
    const text = await (await read()).text();
    for (const word of ['hello', 'made-up', TOKEN, gateway.key, 'a-name-from-outside', 'no-such-model'])
      expect(text).not.toContain(word);
  });
});
