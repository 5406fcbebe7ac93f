// The pages for the holder of a key and for the operator, as a browser shows them over the real program.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { makeKey } from '../../support/asking.ts';
import { findChromium, openPage } from '../../support/browser.ts';
import type { Gateway } from '../../support/gateway.ts';
import { CALL_USD, PAID, startPaidGateway } from '../../support/paid.ts';

// a browser for each look, and some tests look twice
setDefaultTimeout(120_000);

const CALLS = 5;
const HOSTILE = '<img src=x onerror="document.title=\'broken\'">';

const chromium = await findChromium();
let gateway: Gateway;
let key = '';
beforeAll(async () => {
  gateway = await startPaidGateway({ sections: { billing: { daily_cap: 50 } } });
  key = (await makeKey(gateway, '--credit', '5', '--budget', '2/month')).key;
  await makeKey(gateway, '--name', HOSTILE, '--credit', '1');
  for (let call = 0; call < CALLS; call++) await ask(PAID);
  await ask('no-such-model');
}, 120_000);
afterAll(() => gateway.stop());

async function ask(model: string, secret = key): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.text();
  return response.status;
}

/** Opens a page, types the secret, and hands over what the browser saw on the way. */
async function unlocked(path: string, secret: string, look: (page: Page) => Promise<void>): Promise<void> {
  if (!chromium) return;
  const { page, close } = await openPage(chromium);
  try {
    const strangers: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url) && !request.url().startsWith('data:'))
        strangers.push(request.url());
      if (request.url().includes(secret)) strangers.push('the secret in an address');
    });
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(gateway.url + path);
    await page.locator('input').first().fill(secret);
    await page.keyboard.press('Enter');
    await look(page);
    expect(strangers).toEqual([]);
    expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie]))).not.toContain(
      secret,
    );
    expect(page.url()).not.toContain(secret);
    expect(await page.title()).not.toContain('broken');
  } finally {
    await close();
  }
}

describe.skipIf(!chromium)('/key', () => {
  test('shows the balance, the budget, the cost of each model and the last error', async () => {
    await unlocked('/key', key, async (page) => {
      await page.getByText('Cost by day').waitFor();
      await page.getByText('model_not_found').first().waitFor();
      const text = await page.locator('main').textContent();
      expect(text).toContain('$4.99');
      expect(text).toContain('$0.01 of $2.00');
      expect(text).toContain(PAID);
      expect(text).toContain(`${CALLS} calls`);
      expect(await page.locator('svg').count()).toBeGreaterThan(0);
      const cells = async (row: string) =>
        await page.locator(`#models ${row}`).first().locator('th, td').allTextContents();
      expect(await cells('thead tr')).toEqual(['Model', 'Calls', 'Tokens in', 'Tokens out', 'Cost']);
      expect(await cells('tbody tr')).toEqual([PAID, '5', '500', '500', '$0.01']);
    });
  });

  const used: [what: string, flags: string[], notice: string][] = [
    ['balance', ['--credit', `${CALL_USD}`], 'There is no balance: models that cost money answer 402'],
    ['budget', ['--credit', '5', '--budget', `${CALL_USD}/day`], 'The budget of this day is used up'],
    [
      'quota',
      ['--kind', 'time', '--days', '1', '--quota', `${CALL_USD}`],
      'The quota of this key is used up',
    ],
  ];
  test.each(used)('says that the %s is used up, as the next call is told', async (_, flags, notice) => {
    const { key: secret } = await makeKey(gateway, ...flags);
    await unlocked('/key', secret, async (page) => {
      await page.getByRole('heading', { name: 'Limits' }).waitFor();
      expect(await page.locator('#notice').textContent()).toBe('');
    });
    expect(await ask(PAID, secret)).toBe(200);
    expect(await ask(PAID, secret)).toBe(402);
    await unlocked('/key', secret, async (page) => {
      await page.locator('#notice').getByText(notice).waitFor();
    });
  });

  test('shows what is left of the quota of a window, which is not unlimited', async () => {
    const { key: secret } = await makeKey(gateway, ...['--kind', 'time', '--days', '1', '--quota', '2']);
    expect(await ask(PAID, secret)).toBe(200);
    await unlocked('/key', secret, async (page) => {
      await page.getByText('Left of the $2.00 for its window').waitFor();
      expect(await page.locator('#balance').textContent()).toBe(`$${(2 - CALL_USD).toFixed(4)}`);
    });
  });

  test('says in the server’s own words that a key is none of its own', async () => {
    await unlocked('/key', `sk-osiris-${'0'.repeat(32)}`, async (page) => {
      await page.getByText('No such API key here').waitFor();
    });
  });

  test('loads its picture', async () => {
    await unlocked('/key', key, async (page) => {
      await page.getByText('Cost by day').waitFor();
      const width = await page.evaluate(() => document.querySelector('img')?.naturalWidth ?? 0);
      expect(width).toBeGreaterThan(0);
    });
  });
});

describe.skipIf(!chromium)('/admin', () => {
  test('shows what was spent, every key, and errors; names do nothing but stand there', async () => {
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      await page.getByText('Spend by model').waitFor();
      await page.getByText(HOSTILE).first().waitFor();
      const text = await page.locator('main').textContent();
      expect(text).toContain('$0.01');
      expect(text).toContain('$4.99');
      expect(text).toContain('model_not_found');
      expect(await page.locator('img[src="x"]').count()).toBe(0);
    });
  });

  test('sorts all keys, not those on the page, and says to the minute when one was last used', async () => {
    const { key: busy } = await makeKey(gateway, '--name', 'the oldest of many', '--credit', '5');
    for (let call = 0; call < CALLS + 2; call++) expect(await ask(PAID, busy)).toBe(200);
    const others = Array.from({ length: 100 }, (_, index) =>
      fetch(`${gateway.url}/admin/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.adminSecret}` },
        body: JSON.stringify({ name: `new ${index}` }),
      }),
    );
    for (const made of await Promise.all(others)) expect(made.status).toBe(201);
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      const rows = page.locator('#keys tbody tr');
      await rows.nth(99).waitFor();
      expect(await page.locator('#keys').getByText('the oldest of many').count()).toBe(0);
      await page.getByRole('button', { name: 'Spent' }).click();
      const first = rows.first();
      await first.getByText('the oldest of many').waitFor();
      expect(await first.textContent()).toMatch(/just now|minutes? ago/);
      expect(await rows.nth(50).textContent()).toContain('never');
    });
  });

  test('pauses the server with a reason and resumes it, and says so while it is paused', async () => {
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      await page.getByRole('button', { name: 'Pause…' }).click();
      await page.locator('#pause-reason').fill(HOSTILE);
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      const banner = page.locator('#pauses');
      await banner.getByText('All calls are paused').waitFor();
      expect(await banner.textContent()).toContain(HOSTILE);
      expect(await ask(PAID)).toBe(503);
      expect(await page.locator('#health').textContent()).toContain('paused');
      await banner.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('button', { name: 'Pause…' }).waitFor();
      expect(await ask(PAID)).toBe(200);
    });
  });

  test('is used by keyboard alone: a dialog is open for typing and gives the focus back', async () => {
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      const create = page.getByRole('button', { name: 'Create key' });
      for (const [button, id] of [
        [create, 'new-name'],
        [page.getByRole('button', { name: 'Pause…' }), 'pause-reason'],
      ] as const) {
        await button.focus();
        await page.keyboard.press('Enter');
        expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
        await page.keyboard.press('Escape');
      }
      await create.focus();
      await page.keyboard.press('Enter');
      await page.keyboard.type('made by keyboard');
      await page.keyboard.press('Enter');
      await page.locator('#new-secret').waitFor();
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Copy');
      await page.keyboard.press('Escape');
      expect(await create.evaluate((button) => button === document.activeElement)).toBe(true);
    });
  });

  test('keeps the name of a model in one line', async () => {
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      await page.setViewportSize({ width: 700, height: 900 });
      const model = page.locator('#errors').getByText('no-such-model', { exact: true }).first();
      await model.waitFor();
      const lines = await model.evaluate((cell) => {
        const text = document.createRange();
        text.selectNodeContents(cell);
        return new Set([...text.getClientRects()].map(({ top }) => top)).size;
      });
      expect(lines).toBe(1);
    });
  });

  test('shows how much of the cap of the day is spent', async () => {
    await unlocked('/admin', gateway.adminSecret, async (page) => {
      await page.locator('#cap').getByText('Cap of the day').waitFor();
      expect(await page.locator('#cap').textContent()).toMatch(/\$0\.0\d+ of \$50\.00/);
    });
  });
});
