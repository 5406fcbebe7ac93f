// Tests in a browser: a fresh one for each, which may speak to nobody else and finds nothing to complain of.

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { findChromium, openPage } from './browser.ts';
import { type Watched, watchPage } from './page-watch.ts';

/** Filled before each test. */
export type Opened = { page: Page; watched: Watched };

const found = await findChromium();

/** Declares tests that are skipped where there is no browser; `origin` is asked when the first of them begins. */
export function describeInBrowser(
  name: string,
  origin: () => string,
  declare: (opened: Opened) => void,
): void {
  describe.skipIf(found === undefined)(name, () => {
    const opened = {} as Opened;
    let close: (() => Promise<void>) | undefined;
    beforeEach(async () => {
      if (found === undefined) return;
      const { page, close: end } = await openPage(found);
      close = end;
      Object.assign(opened, { page, watched: watchPage(page, origin()) });
    });
    afterEach(async () => {
      await close?.();
      const { elsewhere, complaints } = opened.watched;
      expect([elsewhere, complaints]).toEqual([[], []]);
    });
    declare(opened);
  });
}
