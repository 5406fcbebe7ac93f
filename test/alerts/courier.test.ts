// Alerts reach their receiver: in order, signed, again until they arrive, and never more of them than there is room for.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import type { Alert } from '../../src/alerts/alert.ts';
import { Courier } from '../../src/alerts/courier.ts';
import { postToWebhook } from '../../src/alerts/webhook.ts';
import { ALERT_EVENTS } from '../../src/config/alerts-schema.ts';
import type { WebhookConfig } from '../../src/config/config.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { fakeClock } from '../support/store-fixtures.ts';

let receiver: Receiver;
beforeEach(() => {
  receiver = startReceiver();
});
afterEach(() => receiver.stop());

const alert = (n: number, members: Partial<Alert> = {}): Alert => ({
  id: `alert_${n}`,
  event: 'breaker_open',
  state: 'raised',
  subject: 'one',
  message: `Number ${n} <fails> & is left alone.`,
  details: { status: 500 },
  atMs: clock.nowMs(),
  sinceMs: clock.nowMs(),
  times: 1,
  ...members,
});

let clock = fakeClock();
/** `waits` are those between tries; `failed` resolves when one has begun, and `goOn` ends it. */
function open(members: Partial<WebhookConfig> = {}) {
  clock = fakeClock();
  const waits: number[] = [];
  let fire: (() => void) | undefined;
  let begun = Promise.withResolvers<void>();
  const hook: WebhookConfig = {
    ...{ url: receiver.url, host: receiver.host, format: 'json', events: ALERT_EVENTS, headers: {} },
    ...members,
  };
  const courier = new Courier(hook, {
    ...{ post: postToWebhook, server: () => 'ai.example.com', userAgent: 'osiris/1.2.3', clock },
    after(delayMs, call) {
      waits.push(delayMs);
      fire = call;
      begun.resolve();
      return () => {};
    },
  });
  const failed = () => begun.promise;
  const goOn = async () => {
    await failed();
    begun = Promise.withResolvers<void>();
    fire?.();
  };
  return { courier, waits, failed, goOn };
}
const failsWith = (status: number, headers: Record<string, string> = {}) => {
  receiver.answer = () => new Response('no', { status, headers });
};

describe('an alert', () => {
  test('is posted as JSON that says everything', async () => {
    const { courier } = open();
    courier.take(alert(1, { times: 3 }));
    const [letter] = await receiver.received(1);
    expect(letter?.json).toEqual({
      type: 'osiris.alert',
      server: 'ai.example.com',
      id: 'alert_1',
      event: 'breaker_open',
      state: 'raised',
      subject: 'one',
      message: 'Number 1 <fails> & is left alone.',
      details: { status: 500 },
      at: new Date(clock.nowMs()).toISOString(),
      since: new Date(clock.nowMs()).toISOString(),
      times: 3,
    });
    expect(letter?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'osiris/1.2.3',
    });
    expect(letter?.headers['webhook-signature']).toBeUndefined();
  });

  test('is a message for Slack, in which nothing can be markup', async () => {
    const { courier } = open({ format: 'slack' });
    courier.take(alert(1));
    const [letter] = await receiver.received(1);
    expect(Object.keys(letter?.json ?? {})).toEqual(['text']);
    expect(letter?.json.text).toBe(
      '🔴 Osiris at ai.example.com: Number 1 &lt;fails&gt; &amp; is left alone. (breaker_open, raised)',
    );
  });

  test('is a message for Discord, which calls nobody and fits', async () => {
    const { courier } = open({ format: 'discord' });
    courier.take(alert(1, { message: `@everyone ${'x'.repeat(5000)}` }));
    const [letter] = await receiver.received(1);
    expect(String(letter?.json.content).length).toBe(2000);
    expect(letter?.json.allowed_mentions).toEqual({ parse: [] });
  });

  test.each([
    ['a text', 'open sesame', Buffer.from('open sesame')],
    ['base64 behind whsec_', 'whsec_AAECAwQF', Buffer.from([0, 1, 2, 3, 4, 5])],
  ])('is signed with %s as Standard Webhooks have it', async (_, secret, key) => {
    const { courier } = open({ secret });
    courier.take(alert(1));
    const [letter] = await receiver.received(1);
    const { headers, text } = letter ?? expect.unreachable();
    expect(headers['webhook-id']).toBe('alert_1');
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(clock.nowMs() / 1000)));
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const mac = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  });

  test('bears the headers that its receiver asks for', async () => {
    const { courier } = open({ headers: { authorization: 'Bearer abc' } });
    courier.take(alert(1));
    const [letter] = await receiver.received(1);
    expect(letter?.headers.authorization).toBe('Bearer abc');
  });

  test('goes to nobody who does not want to know of such events', async () => {
    const { courier } = open({ events: ['account_empty'] });
    courier.take(alert(1));
    courier.take(alert(2, { event: 'account_empty' }));
    const letters = await receiver.received(1);
    expect(letters.map(({ json }) => json.id)).toEqual(['alert_2']);
  });
});

describe('a receiver that is down', () => {
  test('gets all alerts in their order when it is back, after waits that grow', async () => {
    const { courier, waits, failed, goOn } = open();
    failsWith(503);
    for (const n of [1, 2, 3]) courier.take(alert(n));
    for (let i = 0; i < 4; i++) await goOn();
    await failed();
    expect(courier.standing()).toMatchObject({ waiting: 3, sent: 0, trouble: 'answered 503: no' });
    receiver.answer = () => new Response('ok');
    await goOn();
    const letters = await receiver.received(8);
    expect(letters.map(({ json }) => json.id)).toEqual([...Array(6).fill('alert_1'), 'alert_2', 'alert_3']);
    await courier.close(new Promise(() => {}));
    for (const [index, wait] of waits.entries())
      expect(Math.abs(wait / (1000 * 2 ** index) - 1)).toBeLessThanOrEqual(0.25);
    expect(courier.standing()).toMatchObject({ waiting: 0, dropped: 0, trouble: undefined });
  });

  test('is not asked more than every five minutes at last, nor before it wants to be', async () => {
    const { courier, waits, goOn } = open();
    failsWith(429, { 'retry-after': '7' });
    courier.take(alert(1));
    for (let i = 0; i < 12; i++) await goOn();
    expect(waits[0]).toBe(7000);
    expect(waits.at(-1)).toBe(300_000);
    await courier.close(Promise.resolve());
  });

  test('has a hundred alerts kept for it, the newest, and the others are counted', async () => {
    const { courier, failed, goOn } = open();
    failsWith(500);
    for (let n = 1; n <= 250; n++) courier.take(alert(n));
    await failed();
    expect(courier.standing()).toMatchObject({ waiting: 100, dropped: 150 });
    receiver.answer = () => new Response('ok');
    await goOn();
    const letters = await receiver.received(101);
    // the first one was under way
    expect(letters.map(({ json }) => json.id).slice(1, 4)).toEqual(['alert_1', 'alert_152', 'alert_153']);
    expect(letters.at(-1)?.json.id).toBe('alert_250');
  });

  test('is told nothing that is older than a day', async () => {
    const { courier, failed, goOn } = open();
    failsWith(500);
    courier.take(alert(1));
    await failed();
    clock.advance(86_400_000);
    courier.take(alert(2));
    receiver.answer = ({ json }) => new Response('', { status: json.id === 'alert_1' ? 500 : 200 });
    await goOn();
    const letters = await receiver.received(3);
    expect(letters.map(({ json }) => json.id)).toEqual(['alert_1', 'alert_1', 'alert_2']);
    await courier.close(new Promise(() => {}));
    expect(courier.standing()).toMatchObject({ dropped: 1, sent: 1 });
  });
});

describe('a receiver that does not like an alert', () => {
  test('is asked three times, and then told of the next one', async () => {
    const { courier, goOn } = open();
    receiver.answer = ({ json }) => new Response('', { status: json.id === 'alert_1' ? 404 : 200 });
    courier.take(alert(1));
    courier.take(alert(2));
    await goOn();
    await goOn();
    const letters = await receiver.received(4);
    expect(letters.map(({ json }) => json.id)).toEqual([...Array(3).fill('alert_1'), 'alert_2']);
  });

  test('is not followed to where it sends', async () => {
    const { courier } = open();
    const elsewhere = startReceiver();
    receiver.answer = () => Response.redirect(elsewhere.url, 307);
    const posted = await courier.postNow(alert(1));
    expect(posted.status).toBe(307);
    expect(elsewhere.letters).toEqual([]);
    await elsewhere.stop();
  });

  test('may say why, as long as it repeats no secret', async () => {
    const { courier } = open({ secret: 'open sesame', headers: { authorization: 'Bearer abcdefgh' } });
    receiver.answer = () =>
      new Response(`bad\n token\u0007 at ${receiver.url}: open sesame, Bearer abcdefgh ${'x'.repeat(9000)}`, {
        status: 403,
      });
    const { answer } = await courier.postNow(alert(1));
    expect(answer).toStartWith('bad token at ');
    expect(answer.length).toBeLessThanOrEqual(200);
    for (const secret of ['tell-nobody', 'nor-this', 'sesame', 'abcdefgh'])
      expect(answer).not.toContain(secret);
  });
});

test('what cannot be reached is named by its error, without the address', async () => {
  const { courier } = open({ url: 'http://127.0.0.1:1/hook/tell-nobody' });
  const { status, answer } = await courier.postNow(alert(1));
  expect([status, answer]).toEqual([undefined, 'could not be reached (ECONNREFUSED)']);
});

describe('at the end', () => {
  test('what waits is tried once more, at once', async () => {
    const { courier, failed } = open();
    failsWith(500);
    courier.take(alert(1));
    courier.take(alert(2));
    await failed();
    receiver.answer = () => new Response('ok');
    await courier.close(new Promise(() => {}));
    expect(receiver.letters.map(({ json }) => json.id)).toEqual(['alert_1', 'alert_1', 'alert_2']);
    courier.take(alert(3));
    expect(courier.standing()).toMatchObject({ sent: 2, waiting: 0 });
  });

  test('a receiver that hangs is not waited for longer than is allowed', async () => {
    const { courier } = open();
    receiver.answer = () => new Promise<Response>(() => {});
    courier.take(alert(1));
    courier.take(alert(2));
    await receiver.received(1);
    await courier.close(Promise.resolve());
    expect(courier.standing()).toMatchObject({ sent: 0, waiting: 0 });
  });
});
