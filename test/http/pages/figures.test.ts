// What the pages make of figures: amounts, scales, and the stacks of their charts.

import { describe, expect, test } from 'bun:test';
import { OTHERS, roundTop, stackOf } from '../../../src/http/pages/browser/series.ts';
import { plainModel, snippetFor } from '../../../src/http/pages/browser/snippet.ts';
import { exactMoney, money } from '../../../src/http/pages/browser/words.ts';

describe('amounts', () => {
  test.each([
    [0, '$0.00', '$0.00'],
    [10, '$10.00', '$10.00'],
    [1234.5, '$1,234.50', '$1,234.50'],
    [0.002, '$0.002', '$0.002'],
    [0.0000025, '$0.000003', '$0.0000025'],
    [0.000000001, '<$0.000001', '$0.000000001'],
    [38.840674808, '$38.8407', '$38.840674808'],
    [9.99996, '$10.00', '$9.99996'],
    [3.192, '$3.1920', '$3.192'],
    [57.89, '$57.89', '$57.89'],
    [1234.5601, '$1,234.5601', '$1,234.5601'],
    [-1.3777, '−$1.3777', '−$1.3777'],
  ])('%p reads %s and is %s', (usd, read, exact) => {
    expect([money(usd), exactMoney(usd)]).toEqual([read, exact]);
  });
});

describe('a stack', () => {
  const point = (day: string, name: string, usd: number) => ({ day, name, usd });

  test('has every day between, the largest name first, and sums without rounding errors', () => {
    const points = [
      point('2026-02-28', 'a', 0.1),
      point('2026-02-28', 'a', 0.2),
      point('2026-03-02', 'b', 4),
    ];
    expect(stackOf(points, '2026-02-27', '2026-03-02')).toEqual({
      days: ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'],
      bars: [
        { name: 'b', values: [0, 0, 0, 4], total: 4 },
        { name: 'a', values: [0, 0.3, 0, 0], total: 0.3 },
      ],
    });
  });

  test('gathers the small ones of many names and loses nothing', () => {
    const points = Array.from({ length: 40 }, (_, index) => point('2026-01-01', `m${index}`, index + 1));
    const { bars } = stackOf(points, '2026-01-01', '2026-01-01');
    expect(bars.map(({ name }) => name)).toEqual(['m39', 'm38', 'm37', 'm36', 'm35', 'm34', OTHERS]);
    expect(bars.reduce((sum, { total }) => sum + total, 0)).toBe((40 * 41) / 2);
  });

  test('has no bar for what was free, and none at all without calls', () => {
    expect(stackOf([point('2026-01-01', 'free', 0)], '2026-01-01', '2026-01-01').bars).toEqual([]);
    expect(stackOf([], '2026-01-01', '2026-01-02').bars).toEqual([]);
  });

  test('stands under a round amount', () => {
    expect([0, 0.003, 0.9, 1, 1.1, 2.2, 4, 7, 250].map(roundTop)).toEqual([
      1, 0.005, 1, 1, 2, 2.5, 5, 10, 250,
    ]);
  });
});

describe('a snippet', () => {
  test('names this server and the model, and never the key', () => {
    for (const program of ['curl', 'python', 'claude']) {
      const text = snippetFor(program, 'https://ai.example.com', 'gpt-5');
      expect(text).toContain('https://ai.example.com');
      expect(text).toContain('gpt-5');
      expect(text).not.toMatch(/sk-osiris-[0-9a-f]/);
    }
  });

  test('lets no model name into a shell that is more than a name', () => {
    expect(plainModel('anthropic/claude-sonnet-4-6')).toBe('anthropic/claude-sonnet-4-6');
    for (const name of ["x'; rm -rf /", '$(id)', '`id`', '', undefined])
      expect(plainModel(name)).toBe('sandbox/echo');
  });
});
