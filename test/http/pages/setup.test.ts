// The page at /setup over the real program: filled for every client, and told of the first request.

import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { Os } from '../../../src/clients/client.ts';
import { chooseModels, type FilledBlock, fillClient } from '../../../src/clients/fill.ts';
import { CLIENTS } from '../../../src/clients/index.ts';
import { offeredIn } from '../../../src/clients/offered.ts';
import { makeKey } from '../../support/asking.ts';
import { describeInBrowser } from '../../support/browser-suite.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { namelessControls, type Watched } from '../../support/page-watch.ts';

setDefaultTimeout(90_000);

const CLAUDE = 'claude-cli/2.1.197 (external, cli)';
const PUBLIC = 'https://ai.example.com';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [] });
}, 120_000);
afterAll(() => gateway.stop());

/** As Claude Code sends it. */
async function send(model: string, userAgent = CLAUDE, key = gateway.key): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'user-agent': userAgent },
    body: JSON.stringify({ model, max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] }),
  });
  await response.text();
  return response.status;
}

test('the page is linked from where people begin', async () => {
  for (const path of ['/', '/key', '/docs'])
    expect(await (await fetch(gateway.url + path)).text()).toContain('href="/setup"');
  expect(gateway.logs()).toContain(`${gateway.url}/setup`);
});

describeInBrowser(
  '/setup in a browser',
  () => gateway.url,
  (opened) => {
    let page: Page;
    let watched: Watched;
    beforeEach(() => {
      ({ page, watched } = opened);
    });
    afterEach(() => {
      expect(watched.addresses.filter((address) => address.includes('sk-osiris'))).toEqual([]);
    });

    async function open(key = gateway.key, path = '/setup'): Promise<void> {
      await page.goto(gateway.url + path);
      await page.locator('#secret').fill(key);
      await page.locator('#key-note', { hasText: 'to choose from' }).waitFor();
    }
    const text = async (selector: string) => (await page.locator(selector).textContent()) ?? '';
    const choose = (group: string, value: string) =>
      page.locator(`#${group} label:has(input[value="${value}"])`).click();
    const snippets = () => page.locator('#recipe > .block .snippet pre').allTextContents();

    test('has the texts of osiris setup, for every client and system', async () => {
      await open();
      const list = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': gateway.key } });
      const offered = offeredIn(await list.json());
      for (const os of ['linux', 'macos', 'windows'] satisfies Os[]) {
        await choose('os', os);
        for (const client of CLIENTS) {
          await choose('clients', client.id);
          const models = chooseModels(client, offered);
          const fill = { origin: gateway.url, key: gateway.key, model: models[0], models };
          const blocks = fillClient(client, fill, os);
          const texts = blocks.flatMap((block) => (block.kind === 'steps' ? [] : [block.text]));
          expect([client.id, await snippets()]).toEqual([client.id, texts]);
          const steps = blocks.flatMap((block) => (block.kind === 'steps' ? block.steps : []));
          const values = steps.flatMap((step) => (typeof step === 'string' ? [] : [step[1]]));
          expect(await page.locator('.steps li code').allTextContents()).toEqual(values);
        }
      }
      await choose('os', 'linux');
      await choose('clients', 'codex');
      const { stdout } = await gateway.command([
        ...['setup', 'codex', '--json', '--no-proof', '--url', gateway.url, '--key', gateway.key],
      ]);
      const { blocks } = JSON.parse(stdout) as { blocks: FilledBlock[] };
      expect(await snippets()).toEqual(
        blocks.flatMap((block) => (block.kind === 'steps' ? [] : [block.text])),
      );
      expect(await page.locator('#recipe h3').first().textContent()).toBe('~/.codex/config.toml');
    });

    test('tells when the first request of the client arrives, and why one failed', async () => {
      const { key } = await makeKey(gateway);
      await open(key);
      await page
        .locator('.signal.waiting', { hasText: 'Waiting for the first request of Claude Code' })
        .waitFor();
      expect(await send('sandbox/echo', 'curl/8.5.0', key)).toBe(200);
      await page.locator('.signal.waiting', { hasText: 'came from curl 8.5.0' }).waitFor();
      expect(await send('sandbox/echo', CLAUDE, key)).toBe(200);
      await page.locator('.signal.answered', { hasText: 'Received: Claude Code 2.1.197 works.' }).waitFor();
      expect(await text('#signal-rest')).toMatch(
        /^sandbox\/echo answered in .*: \d+ tokens in, \d+ out, free\.$/,
      );
      expect(await send('sandbox/fail-500', CLAUDE, key)).toBe(502);
      await page.locator('.signal.failed', { hasText: 'but it failed: 502 bad_gateway' }).waitFor();
      expect(await send('no-such-model', CLAUDE, key)).toBe(400);
      await page.locator('.signal.failed', { hasText: '400 model_not_found' }).waitFor();
      expect(await text('#signal-rest')).toContain('There is no model `no-such-model`');
      const rows = await page.locator('#calls tbody tr').allTextContents();
      expect(rows).toHaveLength(4);
      expect(rows[0]).toContain('Claude Code 2.1.197');
      expect(rows[3]).toContain('curl 8.5.0');
      await choose('clients', 'codex');
      await page.locator('.signal.waiting', { hasText: 'first request of Codex' }).waitFor();
    });

    test('shows a request while it is under way', async () => {
      const { key } = await makeKey(gateway);
      await open(key);
      const leave = new AbortController();
      const hanging = fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        signal: leave.signal,
        headers: { 'x-api-key': key, 'user-agent': CLAUDE },
        body: JSON.stringify({
          model: 'sandbox/hang',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'x' }],
        }),
      }).catch(() => {});
      await page.locator('.signal.running', { hasText: 'Claude Code 2.1.197 asks sandbox/hang' }).waitFor();
      leave.abort();
      await hanging;
      await page.locator('.signal.failed', { hasText: 'left before the answer' }).waitFor();
    });

    test('takes nothing from the limits of the key', async () => {
      const { key } = await makeKey(gateway, '--rpm', '1');
      await open(key);
      await page.locator('.signal.waiting').waitFor();
      expect(await send('sandbox/echo', CLAUDE, key)).toBe(200);
      await page.locator('.signal.answered').waitFor();
      expect(await send('sandbox/echo', CLAUDE, key)).toBe(429);
      await page.locator('.signal.failed', { hasText: '429 rate_limit_exceeded' }).waitFor();
    });

    test('keeps the key to itself, in the tab only with a tick, and fills in none that does not open', async () => {
      await open();
      expect(await watched.stored()).not.toContain(gateway.key);
      await page.locator('#keep').check();
      expect(await watched.stored()).toContain(gateway.key);
      await page.goto(`${gateway.url}/setup#zed`);
      await page.reload();
      await page.locator('#key-note.good').waitFor();
      expect(await page.locator('#clients input:checked').getAttribute('value')).toBe('zed');
      await page.locator('#keep').uncheck();
      expect(await watched.stored()).not.toContain(gateway.key);
      const wrong = `sk-osiris-${'0'.repeat(32)}`;
      await page.locator('#secret').fill(wrong);
      await page.locator('#key-note.wrong', { hasText: 'No such API key here' }).waitFor();
      expect(await text('#recipe')).not.toContain(wrong);
      await page.locator('#secret').fill('sk-ant-api03');
      expect(await text('#key-note')).toContain('32 characters');
      await page.locator('#secret').fill(gateway.adminSecret);
      expect(await text('#key-note')).toContain('This is the admin secret');
      expect(await text('#recipe')).not.toContain('osiris-admin');
    });

    test('copies where the browser has no clipboard for pages', async () => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await open();
      await choose('clients', 'cline');
      await page.getByRole('button', { name: 'Copy: Base URL' }).click();
      await page.getByRole('button', { name: 'Copy: Base URL' }).filter({ hasText: 'Copied' }).waitFor();
      await page.locator('#secret').fill('');
      await page.locator('#secret').press('Control+V');
      expect(await page.locator('#secret').inputValue()).toBe(`${gateway.url}/v1`);
    });

    test('is led by the keyboard, has a name for everything, and fits a narrow phone', async () => {
      await page.setViewportSize({ width: 360, height: 780 });
      await open();
      await page.locator('#clients input:checked').focus();
      await page.keyboard.press('ArrowDown');
      expect(await page.locator('#clients input:checked').getAttribute('value')).toBe('codex');
      expect(page.url()).toBe(`${gateway.url}/setup#codex`);
      expect(await text('#recipe')).toContain('model_provider = "osiris"');
      expect(await namelessControls(page)).toEqual([]);
      for (const { id } of CLIENTS) {
        await choose('clients', id);
        expect([id, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([id, 360]);
      }
    });

    test('offers the models of the key, and fills in the one that is chosen', async () => {
      const { key } = await makeKey(gateway, '--models', 'sandbox/echo,sandbox/reason');
      await open(key);
      expect(await page.locator('#model option').allTextContents()).toEqual([
        'sandbox/echo',
        'sandbox/reason',
      ]);
      await page.locator('#model').selectOption('sandbox/reason');
      expect(await text('#recipe')).toContain('"ANTHROPIC_MODEL": "sandbox/reason"');
    });
  },
);

let elsewhere: Gateway;

describeInBrowser(
  '/setup of a server with a public address',
  () => elsewhere.url,
  (opened) => {
    beforeAll(async () => {
      elsewhere = await startGateway({ upstreams: [], server: { public_url: `${PUBLIC}/` } });
    }, 120_000);
    afterAll(() => elsewhere.stop());

    test('fills that in, and lets choose the one it was opened at', async () => {
      const { page } = opened;
      await page.goto(`${elsewhere.url}/setup`);
      expect(await page.locator('#recipe').textContent()).toContain(`"ANTHROPIC_BASE_URL": "${PUBLIC}"`);
      await page.locator('#address').selectOption(elsewhere.url);
      expect(await page.locator('#recipe').textContent()).toContain(
        `"ANTHROPIC_BASE_URL": "${elsewhere.url}"`,
      );
    });
  },
);
