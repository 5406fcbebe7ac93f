// What a prompt is taken to be worth when its provider does not count it.

import { expect, test } from 'bun:test';
import { estimatePromptTokens } from '../../src/billing/body-tokens.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('text counts by its length', () => {
  expect(estimatePromptTokens(new Uint8Array(360).fill(97))).toBe(100);
});

test('an image of a million characters is one image, not a quarter of a million tokens', () => {
  const tokens = estimatePromptTokens(bytes({ url: `data:image/png;base64,${'A'.repeat(1_000_000)}` }));
  expect(tokens).toBeGreaterThanOrEqual(1_600);
  expect(tokens).toBeLessThan(1_620);
});

test('a PDF counts by its pages', () => {
  const tokens = estimatePromptTokens(bytes({ type: 'base64', data: `JVBERi0x${'A'.repeat(660_000)}` }));
  expect(tokens).toBeGreaterThanOrEqual(20_000);
  expect(tokens).toBeLessThan(20_010);
});

test('a long text with spaces, or in a script without any, stays text', () => {
  expect(estimatePromptTokens(bytes('word '.repeat(20_000)))).toBeGreaterThan(27_000);
  expect(estimatePromptTokens(bytes('字'.repeat(20_000)))).toBeGreaterThan(16_000);
});

test.each([
  ['Chat', { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(100_000)}` } }],
  ['Chat audio', { type: 'input_audio', input_audio: { format: 'mp3', data: 'A'.repeat(100_000) } }],
  ['Messages', { type: 'image', source: { type: 'base64', data: 'A'.repeat(100_000) } }],
  ['Gemini', { inlineData: { mimeType: 'image/png', data: 'A'.repeat(100_000) } }],
])('a file is known as one in %s', (_, part) => {
  expect(estimatePromptTokens(bytes(part))).toBeLessThan(1_700);
});
