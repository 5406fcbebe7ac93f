// The operator's page shows what is wrong now and what was told, and sends a test.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { findChromium, openPage } from '../../support/browser.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { openBoard, watchPage } from '../../support/page-watch.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const chromium = await findChromium();
let receiver: Receiver;
let gateway: Gateway;
beforeAll(async () => {
  receiver = startReceiver();
  const up = { provider: 'up', format: 'openai-chat' as const, apiKey: 'k', upstreamModel: 'm' };
  gateway = await startGateway({
    upstreams: [{ ...up, baseUrl: 'http://127.0.0.1:1/v1', model: 'm' }],
    sections: { alerts: { webhooks: [{ url: receiver.url }] } },
  });
  for (let i = 0; i < 3; i++)
    await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
    });
  await receiver.received(1);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

describe.skipIf(!chromium)('/admin', () => {
  test('shows open and recent alerts and how each receiver fares, and no address', async () => {
    if (!chromium) return;
    const { page, close } = await openPage(chromium);
    try {
      const watched = watchPage(page, gateway.url);
      await openBoard(page, `${gateway.url}/admin`, gateway.adminSecret);
      await page.locator('#troubles .banner').getByText('Provider up fails').waitFor();
      const card = page.locator('#alerts');
      await card.getByText('breaker_open').waitFor();
      await card.getByText(`1 alert sent to ${receiver.host}`).waitFor();
      await page.getByRole('button', { name: 'Send a test' }).click();
      await page.locator('#alerts-outcome').getByText(`${receiver.host} took it`).waitFor();
      expect(receiver.letters.at(-1)?.json).toMatchObject({ event: 'test' });
      expect(await page.content()).not.toContain('tell-nobody');
      expect([watched.elsewhere, watched.complaints]).toEqual([[], []]);
      if (process.env.KEEP_PICTURE) await page.screenshot({ path: process.env.KEEP_PICTURE, fullPage: true });
    } finally {
      await close();
    }
  }, 30_000);
});
