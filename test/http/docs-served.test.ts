// The documentation page of the running program: a reader's way through it, with a real key and a real answer.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { findChromium, openPage } from '../support/browser.ts';
import { walkDocs } from '../support/docs-walk.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { documentFlaws, type OpenApi } from '../support/openapi-rules.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [] });
}, 120_000);
afterAll(() => gateway.stop());

test('the document of the program is sound', async () => {
  const response = await fetch(`${gateway.url}/openapi.json`);
  expect(documentFlaws(await response.json())).toEqual([]);
});

test('the header that wants all or nothing is named where a request can lose something, and only there', async () => {
  const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApi;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map(({ parameters = [] }) => ({ path, parameters })),
  );
  const strict = operations.filter(({ parameters }) =>
    parameters.some(({ name, in: place }) => name === 'X-Osiris-Strict' && place === 'header'),
  );
  expect(strict.map(({ path }) => path).sort()).toEqual([
    '/v1/chat/completions',
    '/v1/embeddings',
    '/v1/messages',
    '/v1/responses',
    '/v1beta/models/{model}:generateContent',
    '/v1beta/models/{model}:streamGenerateContent',
  ]);
});

test('the page of what survives translation shows every scenario of the kept table, from this server alone', async () => {
  const kept = await Bun.file(join(import.meta.dir, '../..', 'src/http/pages/translation.md')).text();
  const response = await fetch(`${gateway.url}/docs/translation`);
  expect(response.headers.get('content-type')).toStartWith('text/html');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await response.text();
  const scenarios = Array.from(kept.matchAll(/^## (.*)$/gm), ([, name = '']) => name);
  expect(scenarios.length).toBeGreaterThan(10);
  for (const name of scenarios) expect(page).toContain(`>${name}</h2>`);
  expect(page.match(/<table>/g)).toHaveLength(scenarios.length);
  expect((await fetch(`${gateway.url}/docs/translation`, { method: 'POST' })).status).toBe(405);
});

test('the manual is a page of its own, with places in it to link to', async () => {
  const page = await (await fetch(`${gateway.url}/docs/manual`)).text();
  expect(page).toContain('<h1 id="manual">Manual</h1>');
  const linked = Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id = '']) => id);
  expect(linked).toContain('what-a-call-costs');
  for (const id of linked) expect(page).toContain(`id="${id}"`);
  expect((await fetch(`${gateway.url}/docs/manual`, { method: 'POST' })).status).toBe(405);
});

const found = await findChromium();

describe.skipIf(found === undefined)('the page in a browser', () => {
  test('takes a key, executes an example against the sandbox, and asks nobody else', async () => {
    if (found === undefined) return;
    const { page, close } = await openPage(found);
    try {
      const walk = await walkDocs(page, gateway.url, gateway.key, async () => {});
      expect(walk.status).toContain('200');
      expect(walk.answer).toContain('chat.completion');
      expect([walk.elsewhere, walk.complaints]).toEqual([[], []]);
      expect(walk.stored).not.toContain(gateway.key);
    } finally {
      await close();
    }
  }, 90_000);
});
