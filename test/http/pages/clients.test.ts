// The clients on the page at /admin: what calls, what fails for it and why, down to the single call.

import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from '../../support/browser-suite.ts';
import { type InProcess, openHere } from '../../support/in-process.ts';
import { namelessControls, openBoard } from '../../support/page-watch.ts';
import { fail } from '../../support/spending.ts';

setDefaultTimeout(60_000);

const EVIL = '<img src=x onerror=alert(1)>';
let here: InProcess;
beforeAll(async () => {
  here = await openHere({});
  // The journal's `since` asks the real clock
  here.clock.advance(Date.now() - here.clock.nowMs());
  const { stored } = here.makeKey({}, { name: 'Design team' });
  const note = (members: Parameters<typeof fail>[2]) =>
    fail(here, stored, { client: 'claude-code', clientVersion: '2.1.197', ...members });
  note({ status: 200, clientVersion: '2.1.190', model: 'opus' });
  note({ status: 200 });
  note({ status: 502, code: 'bad_gateway', message: EVIL });
  note({ status: 429, code: 'rate_limit_exceeded', message: 'Wait.', requestId: 'the-limited' });
  fail(here, stored, { status: 402, code: 'insufficient_balance', message: 'Empty.' });
});
afterAll(() => here.stop());

describeInBrowser(
  '/admin in a browser',
  () => here.url,
  (opened) => {
    let page: Page;
    beforeEach(async () => {
      ({ page } = opened);
      await openBoard(page, `${here.url}/admin`, here.adminSecret);
    });

    const rowsOf = async (table: string) => {
      const rows = await page.locator(`${table} tbody tr`).all();
      return Promise.all(rows.map((row) => row.locator('td').allTextContents()));
    };

    test('lists the programs, also those without a name', async () => {
      const rows = await rowsOf('#clients');
      expect(rows.map((cells) => cells.slice(0, 5))).toEqual([
        ['no name', '—', '1', '1 (100%)', '1 × insufficient_balance'],
        ['claude-code', '2.1.197, 2.1.190', '4', '2 (50%)', '1 × rate_limit_exceeded'],
      ]);
      await page.locator('#clients-since label', { hasText: '24 hours' }).click();
      await page.locator('#clients button.link', { hasText: 'no name' }).click();
      expect(await page.locator('#dialog').textContent()).toContain('Empty.');
      expect(await page.locator('#client-calls').count()).toBe(0);
    });

    test('shows of one its versions, its failures and its calls, and each call in full', async () => {
      await page.locator('#clients button.link', { hasText: 'claude-code' }).click();
      await page.locator('#client-calls tbody tr').nth(3).waitFor();
      const dialog = page.locator('#dialog');
      expect(await dialog.textContent()).toContain('4 calls, 2 failed (50%)');
      expect(await dialog.textContent()).toContain(EVIL);
      expect(await page.locator('img:not([src^="/pages/"])').count()).toBe(0);
      expect(await namelessControls(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'rate_limit_exceeded' }).click();
      await dialog.getByText('Last calls: rate_limit_exceeded').waitFor();
      expect(await page.locator('#client-calls tbody tr').count()).toBe(1);
      await page.locator('#client-calls tbody button.link').click();
      await dialog.locator('.facts', { hasText: 'the-limited' }).waitFor();
      expect(await dialog.locator('.facts').textContent()).toContain('Design team');
      await dialog.getByRole('button', { name: 'Back' }).click();
      await dialog.getByRole('button', { name: '2.1.190' }).click();
      await dialog.getByText('Last calls: 2.1.190').waitFor();
      expect(await page.locator('#client-calls tbody tr').count()).toBe(1);
      await dialog.getByRole('button', { name: 'All of them' }).click();
      await page.locator('#client-calls tbody tr').nth(3).waitFor();
    });

    test('shows failures on a phone without scrolling sideways, each word beside what it is', async () => {
      await page.setViewportSize({ width: 390, height: 780 });
      const tables = () =>
        page.locator('.stacked').evaluateAll((all) => all.map((each) => each.scrollWidth - each.clientWidth));
      expect(await tables()).toEqual([0]);
      const [first] = await page.locator('#errors tbody tr').all();
      const places = await first
        ?.locator('td')
        .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().top));
      expect(new Set(places).size).toBe(7);
      const heads = await first
        ?.locator('td')
        .evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell, '::before').content));
      expect(heads).toEqual(
        ['When', 'Status', 'What', 'Key', 'Model', 'Provider', 'Client'].map((head) => `"${head}"`),
      );
      await page.locator('#clients button.link', { hasText: 'claude-code' }).click();
      await page.locator('#client-calls tbody tr').nth(3).waitFor();
      expect(await tables()).toEqual([0, 0, 0]);
    });

    test('opens a call from the list of errors, on a narrow phone, too', async () => {
      await page.setViewportSize({ width: 360, height: 780 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await page.locator('#errors tr', { hasText: 'insufficient_balance' }).locator('button.link').click();
      await page.locator('#dialog .facts', { hasText: 'insufficient_balance' }).waitFor();
      const { width = 0, x = 0 } = (await page.locator('#dialog').boundingBox()) ?? {};
      expect(x + width).toBeLessThanOrEqual(360);
    });
  },
);
