// The table of usage stays readable whatever keys are called.

import { expect, test } from 'bun:test';
import { usageTable } from '../../src/cli/usage-text.ts';

test('a long name of a key is cut, its id is not', () => {
  const tokens = { input_tokens: 2, cached_input_tokens: 0, output_tokens: 3 };
  const sums = { calls: 1, failed: 0, ...tokens, cost_usd: 0.5 };
  const row = { key: 'key_0123456789abcdef', key_name: 'n'.repeat(100), ...sums };
  const usage = { from: '2026-11-01', to: '2026-11-30', by: ['key'], data: [row], total: sums };
  const lines = usageTable(usage).split('\n');
  expect(lines[2]).toStartWith(`key_0123456789abcdef ${'n'.repeat(29)}…  `);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(110);
});
