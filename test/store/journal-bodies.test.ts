// What of a kept body tells how its client signs in at its own servers.

import { expect, test } from 'bun:test';
import { keepBody } from '../../src/store/sqlite/journal-bodies.ts';

const kept = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return keepBody({ bytes, totalBytes: bytes.length }, []).text;
};
const tool = { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com' };

test('headers of a server go whole, whatever stands among them', () => {
  for (const headers of [
    { 'X-Own': 'canary' },
    { 'X-Own': 'canary', 'X-Version': 2 },
    { 'X-Own': ['canary'] },
  ])
    for (const space of [undefined, 2]) {
      const text = kept(JSON.stringify({ tools: [{ ...tool, headers }], input: 'Go.' }, null, space));
      expect(text).not.toContain('canary');
      expect(text).toContain('Go.');
    }
  expect(kept('{"tools":[{"headers":{"X-Own":"cana')).not.toContain('cana');
  const schema = { properties: { headers: { type: 'object', properties: { etag: { type: 'string' } } } } };
  expect(kept(JSON.stringify(schema))).toBe(JSON.stringify(schema));
});

test('of a server’s address its host is kept', () => {
  for (const address of [
    'https://mcp.example.com/sse?token=canary',
    'https://mcp.example.com/s/canary/mcp',
    'https://me:canary@mcp.example.com/sse',
    'https://mcp.example.com#canary',
  ]) {
    const responses = kept(JSON.stringify({ tools: [{ ...tool, server_url: address }], input: 'Go.' }));
    const server = { tool_configuration: { allowed_tools: ['a'] }, type: 'url', url: address, name: 'docs' };
    const picture = { type: 'url', url: 'https://example.com/a.png' };
    const body = { mcp_servers: [{ ...server, name: 'a' }, server], input: 'Go.', picture };
    const messages = kept(JSON.stringify(body));
    for (const text of [responses, messages]) {
      expect(text).not.toContain('canary');
      expect(text).toContain('"https://mcp.example.com/…"');
      expect(text).toContain('Go.');
    }
    expect(messages).toContain(picture.url);
  }
});

test('long bodies take no long time', () => {
  const long = 'x'.repeat(200_000);
  const begun = performance.now();
  const openings = ['"headers":{"a":"', '"mcp_servers":[{"url":"', '"server_url":"', '"mcp_servers":[[['];
  for (const open of openings) expect(kept(open + long).length).toBeGreaterThan(0);
  kept('"headers":{"a":1,'.repeat(15_000));
  kept('"mcp_servers":['.repeat(15_000));
  expect(performance.now() - begun).toBeLessThan(5_000);
});
