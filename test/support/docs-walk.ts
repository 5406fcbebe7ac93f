// A reader's way through the documentation page in a browser, with everything noted that should not happen.

import type { Page } from 'playwright-core';

export type DocsWalk = {
  /** The status of the executed example, and what came back. */
  status: string;
  answer: string;
  /** Requests to any other origin. */
  elsewhere: string[];
  /** Errors and warnings of the console, and uncaught exceptions. */
  complaints: string[];
  /** What the page left in the browser's storage. */
  stored: string;
  darkened: boolean;
};

/**
 * Opens `/docs`, enters the key under Authorize, executes the Chat Completions example, looks at its schema, asks for dark colours.
 * `picture` is called at each stop with its name.
 */
export async function walkDocs(
  page: Page,
  origin: string,
  key: string,
  picture: (name: string) => Promise<unknown>,
): Promise<DocsWalk> {
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (asked !== origin && protocol !== 'data:') elsewhere.push(request.url());
  });
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));

  await page.goto(`${origin}/docs`);
  const operation = page.locator('#operations-Inference-createChatCompletion');
  await operation.waitFor();
  await picture('light');

  await page.locator('.auth-wrapper .authorize').click();
  await page.locator('.auth-container input').first().fill(key);
  await page.locator('.auth-container').first().locator('button.authorize').click();
  await picture('authorize');
  await page.locator('button.btn-done').first().click();

  await operation.locator('.opblock-summary-control').click();
  await operation.locator('button.execute').click();
  const row = operation.locator('.live-responses-table tr.response').last();
  await row.waitFor();
  await row.scrollIntoViewIfNeeded();
  await picture('executed');
  const status = (await row.locator('.response-col_status').textContent()) ?? '';
  const answer = (await row.locator('.highlight-code').first().textContent()) ?? '';

  await operation.locator('.opblock-section-request-body button[data-name="model"]').click();
  await operation.locator('.opblock-section-request-body .json-schema-2020-12').first().waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await picture('schema');

  await page.emulateMedia({ colorScheme: 'dark' });
  const darkened = await page.waitForSelector('html.dark-mode', { timeout: 5000 }).then(
    () => true,
    () => false,
  );
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running'));
  await picture('dark');
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
  return { status, answer, elsewhere, complaints, stored, darkened };
}
