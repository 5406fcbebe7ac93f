// The pages at /key and /admin over a scripted ledger: exact figures, safe names, secrets that stay put.

import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from '../../support/browser-suite.ts';
import { type InProcess, openHere } from '../../support/in-process.ts';
import { namelessControls, openBoard, type Watched } from '../../support/page-watch.ts';
import { fail, spend } from '../../support/spending.ts';

setDefaultTimeout(60_000);

const EVIL = '<img src=x onerror=alert(1)>';
const DAY_MS = 86_400_000;
let here: InProcess;
let team: ReturnType<InProcess['makeKey']>;
beforeAll(async () => {
  here = await openHere({});
  // The journal's `since` asks the real clock
  here.clock.advance(Date.now() - here.clock.nowMs());
  team = here.makeKey(
    { requestsPerMinute: 40, concurrent: 20 },
    {
      name: 'Design team',
      creditNano: 20_000_000_000n,
      budget: { amountNano: 5_000_000_000n, period: 'day' },
    },
  );
  const evil = here.makeKey({}, { name: EVIL, creditNano: 1_000_000_000n });
  await spend(here, [
    { key: team.stored, daysAgo: 0, model: 'opus', nano: 1_250_000_000n },
    { key: team.stored, daysAgo: 0, model: 'mini', nano: 250_000_000n },
    { key: team.stored, daysAgo: 3, model: EVIL, nano: 2_000_000_001n },
    { key: evil.stored, daysAgo: 8, model: 'opus', nano: 500_000_000n },
  ]);
  fail(here, team.stored, { status: 429, code: 'rate_limit_exceeded', message: EVIL, client: EVIL });
});
afterAll(() => here.stop());

describe('the files of the pages', () => {
  test('come with a policy under which nothing inline and nothing foreign runs', async () => {
    for (const path of ['/', '/setup', '/key', '/admin']) {
      const response = await fetch(here.url + path);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      const html = await response.text();
      expect(html).not.toMatch(/https?:\/\/|<style|style=|\son\w+=|<script(?![^>]* src="\/pages\/)/);
      for (const [, address = ''] of html.matchAll(/(?:src|href)="(\/pages\/[^"]*)"/g)) {
        const file = await fetch(here.url + address);
        expect([address, file.status]).toEqual([address, 200]);
        expect(file.headers.get('cache-control')).toContain('immutable');
      }
    }
  });

  test('are a closed list, and link to one another', async () => {
    for (const name of ['package.json', '__proto__', '..%2fpage.css'])
      expect((await fetch(`${here.url}/pages/${name}`)).status).toBe(404);
    const home = await (await fetch(`${here.url}/`)).text();
    for (const path of ['/setup', '/key', '/docs', '/admin']) expect(home).toContain(`href="${path}"`);
    expect(await (await fetch(`${here.url}/docs`)).text()).toContain('href="/key"');
  });

  test('of the operator are shown to allowed addresses only, and hold no secret', async () => {
    expect(await (await fetch(`${here.url}/admin`)).text()).toContain('id="secret"');
    const closed = await openHere({ server: { admin_from: ['10.9.9.9'] } });
    const refused = await fetch(`${closed.url}/admin`);
    const html = await refused.text();
    await closed.stop();
    expect(refused.status).toBe(403);
    expect(html).toContain('server.admin_from');
    expect(html).not.toContain('id="secret"');
  });
});

describeInBrowser(
  'in a browser',
  () => here.url,
  (opened) => {
    let page: Page;
    let watched: Watched;
    beforeEach(() => {
      ({ page, watched } = opened);
    });

    const text = (selector: string) => page.locator(selector).textContent();
    const day = (daysAgo: number) =>
      new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
        here.clock.nowMs() - daysAgo * DAY_MS,
      );
    const barsOf = (host: string) =>
      page.locator(`${host} .day`).evaluateAll((days) =>
        days.flatMap((day) => {
          const blocks = [...day.querySelectorAll<SVGRectElement>('[data-usd]')];
          const height = blocks.reduce((sum, block) => sum + block.height.baseVal.value, 0);
          return blocks.length === 0
            ? []
            : [{ label: day.getAttribute('aria-label'), height: Math.round(height) }];
        }),
      );

    test('the key page shows the figures of the ledger, and bars that match them', async () => {
      await openBoard(page, `${here.url}/key`, team.key);
      expect(await text('#name')).toBe('Design team');
      // 20 less 1.25, 0.25 and 2.000000001
      expect(await text('#balance')).toBe('$16.50');
      expect(await page.locator('#balance span').first().getAttribute('title')).toBe('$16.499999999');
      expect(await text('#spent')).toBe('$3.50');
      expect(await text('#spent-note')).toBe('3 calls');
      expect(await text('#limits')).toContain('40 of 40 left');
      expect(await text('#limits')).toContain('of $5.00');
      const bars = await barsOf('#chart');
      expect(bars.map(({ label }) => label)).toEqual([
        `${day(3)}: $2.000000001 (${EVIL} $2.000000001)`,
        `${day(0)}: $1.50 (opus $1.25, mini $0.25)`,
      ]);
      const [first, second] = bars;
      expect((second?.height ?? 0) / (first?.height ?? 1)).toBeCloseTo(0.75, 1);
      const row = page.locator('#models table').first().locator('tr', { hasText: 'opus' });
      expect(await row.locator('td').allTextContents()).toEqual(['opus', '1', '10', '5', '$1.25']);
      expect(await text('#errors')).toContain('rate_limit_exceeded');
      expect(await text('#snippet')).toContain(`${here.url}/v1/chat/completions`);
      expect(await page.locator('img:not([src^="/pages/"])').count()).toBe(0);
      expect(await namelessControls(page)).toEqual([]);
    });

    test('the chart tells each day to the keyboard', async () => {
      await openBoard(page, `${here.url}/key`, team.key);
      await page.locator('#chart .day[tabindex="0"]').focus();
      expect(await text('#chart .tip')).toContain('$1.25');
      for (let days = 0; days < 3; days++) await page.keyboard.press('ArrowLeft');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toStartWith(
        day(3),
      );
      expect(await text('#chart .tip')).toContain(EVIL);
    });

    test('secrets stay in memory, are forgotten when asked to, and kept in the tab only with a tick', async () => {
      await openBoard(page, `${here.url}/key`, team.key);
      expect(await watched.stored()).not.toContain(team.key);
      await page.locator('#forget').click();
      await page.locator('#gate').waitFor();
      expect(await page.locator('#secret').inputValue()).toBe('');
      await page.locator('#keep').check();
      await page.locator('#secret').fill(team.key);
      await page.locator('#gate-form button').click();
      await page.locator('#board').waitFor();
      expect(await watched.stored()).toContain(team.key);
      await page.reload();
      await page.locator('#board').waitFor();
      await page.locator('#forget').click();
      expect(await watched.stored()).not.toContain(team.key);
      expect(watched.addresses.filter((address) => address.includes('sk-osiris'))).toEqual([]);
    });

    test("a wrong key is told in the server's own words", async () => {
      const wrong = `sk-osiris-${'0'.repeat(32)}`;
      const said = await fetch(`${here.url}/v1/key`, { headers: { 'x-api-key': wrong } });
      const { error } = (await said.json()) as { error: { message: string } };
      await page.goto(`${here.url}/key`);
      await page.locator('#secret').fill(wrong);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: error.message }).waitFor();
      expect(await page.locator('#board').isVisible()).toBe(false);
      expect(await watched.stored()).not.toContain(wrong);
    });

    test('a key without calls is shown a line to paste, an expired one what that means', async () => {
      await openBoard(page, `${here.url}/key`, here.makeKey({}, { creditNano: 1_000_000_000n }).key);
      expect(await text('#chart')).toContain('No calls yet');
      expect(await text('#chart')).toContain(`curl ${here.url}/v1/chat/completions`);
      await openBoard(page, `${here.url}/key`, here.makeKey({}, { expiresAtMs: Date.UTC(2020, 0, 1) }).key);
      expect(await text('#notice')).toContain('expired');
      expect(await text('#about')).not.toContain('Strict');
      await openBoard(page, `${here.url}/key`, here.makeKey({}, { strict: true, autoCache: true }).key);
      expect(await text('#about')).toContain('Strict');
      expect(await text('#about')).toContain('Auto cache');
    });

    test('too many looks are told, and what was shown stays', async () => {
      await openBoard(page, `${here.url}/key`, team.key);
      const error = { message: 'Wait 7 s.', code: 'rate_limit_exceeded' };
      const refusal = { status: 429, headers: { 'retry-after': '7' }, json: { error } };
      await page.route('**/v1/key', (route) => route.fulfill(refusal));
      await page.locator('#range input[value="7"]').check({ force: true });
      await page.locator('#notice', { hasText: 'Wait 7 s.' }).waitFor();
      expect(await text('#balance')).toBe('$16.50');
    });

    test('the admin page shows spend, keys and errors, with names as nothing but text', async () => {
      await openBoard(page, `${here.url}/admin`, here.adminSecret);
      expect([await text('#today'), await text('#week'), await text('#month')]).toEqual([
        '$1.50',
        '$3.50',
        '$4.00',
      ]);
      expect((await barsOf('#by-key')).map(({ label }) => label)).toEqual([
        `${day(8)}: $0.50 (${EVIL} $0.50)`,
        `${day(3)}: $2.000000001 (Design team $2.000000001)`,
        `${day(0)}: $1.50 (Design team $1.50)`,
      ]);
      expect(await text('#health')).toContain('healthy');
      expect(await text('#keys')).toContain(EVIL);
      expect(await text('#errors')).toContain('Design team');
      expect(await text('#errors')).toContain(EVIL);
      await page.locator('#keys button.link', { hasText: EVIL }).click();
      expect(await text('#dialog')).toContain(EVIL);
      expect(await page.locator('img:not([src^="/pages/"])').count()).toBe(0);
      expect(await namelessControls(page)).toEqual([]);
      expect(await watched.stored()).not.toContain(here.adminSecret);
    });

    test('the operator makes a key that works, fills it and revokes it', async () => {
      await openBoard(page, `${here.url}/admin`, here.adminSecret);
      await page.locator('#create').click();
      await page.getByLabel('Name', { exact: true }).fill('from the page');
      await page.getByLabel('Credit in USD').fill('nothing');
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      await page.locator('#dialog [role=alert]', { hasText: 'Credit must be an amount' }).waitFor();
      await page.getByLabel('Credit in USD').fill('3.25');
      await page.getByLabel('Strict: refuse').check();
      await page.getByLabel('Auto cache:').check();
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      const secret = (await page.locator('#new-secret').textContent()) ?? '';
      expect(secret).toMatch(/^sk-osiris-[0-9a-f]{32}$/);
      const look = () => fetch(`${here.url}/v1/key`, { headers: { 'x-api-key': secret } });
      expect(await (await look()).json()).toMatchObject({
        name: 'from the page',
        balance_usd: 3.25,
        strict: true,
        auto_cache: 'on',
      });
      await page.keyboard.press('Escape');
      await page.locator('#search').fill('FROM THE');
      await page.waitForFunction(() => document.querySelectorAll('#keys tbody tr').length === 1);
      expect(await page.content()).not.toContain(secret);
      expect(watched.addresses.join()).not.toContain(secret);
      await page.locator('#keys button.link').click();
      await page.getByLabel('Add credit in USD').fill('1');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.locator('#dialog .facts', { hasText: '$4.25' }).waitFor();
      expect(await text('#dialog .facts')).toContain('Strict');
      await page.getByRole('button', { name: 'Revoke key…' }).click();
      expect((await look()).status).toBe(200);
      await page.getByRole('button', { name: 'Revoke for good' }).click();
      await page.locator('#keys .chip.revoked').waitFor();
      expect((await look()).status).toBe(401);
    });

    test('both fit a narrow phone, and so does the page of the API', async () => {
      await page.setViewportSize({ width: 360, height: 780 });
      await page.goto(`${here.url}/docs`);
      await page.locator('.opblock').first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      // the whole menu, without swiping, where most phones begin
      await page.setViewportSize({ width: 390, height: 780 });
      await page.goto(here.url);
      const menu = page.locator('.bar nav');
      expect(await menu.evaluate((nav) => nav.scrollWidth - nav.clientWidth)).toBe(0);
      await page.setViewportSize({ width: 360, height: 780 });
      for (const [path, secret] of [
        ['/key', team.key],
        ['/admin', here.adminSecret],
      ] as const) {
        await openBoard(page, here.url + path, secret);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
    });
  },
);
