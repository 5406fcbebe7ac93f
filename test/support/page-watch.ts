// Notes what a page does that it should not: requests elsewhere, secrets in addresses, complaints of the browser.

import type { Page } from 'playwright-core';

export type Watched = {
  elsewhere: string[];
  addresses: string[];
  complaints: string[];
  stored(): Promise<string>;
};

/** A refused request is no complaint: the browser prints one for each, and tests ask for some. */
export function watchPage(page: Page, origin: string): Watched {
  const elsewhere: string[] = [];
  const addresses: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    addresses.push(request.url());
    if (new URL(request.url()).origin !== origin) elsewhere.push(request.url());
  });
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type()) && !/^Failed to load resource/.test(line.text()))
      complaints.push(line.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return {
    elsewhere,
    addresses,
    complaints,
    stored: () =>
      page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])),
  };
}

/** Gives the secret to the door of the page at `path` with the keyboard alone, and waits for what is behind it. */
export async function openBoard(page: Page, address: string, secret: string): Promise<void> {
  await page.goto(address);
  await page.locator('#secret').waitFor();
  await page.keyboard.type(secret);
  await page.keyboard.press('Enter');
  await page.locator('#board').waitFor();
}

/** Fields and buttons without a name that a screen reader could say. */
export function namelessControls(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLInputElement>(
        'input, select, button, a[href], [role=region], [role=meter]',
      ),
    ]
      .filter((node) => {
        const label =
          node.labels?.[0]?.textContent ?? node.getAttribute('aria-label') ?? node.textContent ?? '';
        return label.trim() === '';
      })
      .map((node) => node.outerHTML),
  );
}
