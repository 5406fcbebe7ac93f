// Figures for monitoring systems, read by a parser that somebody else wrote.

import { describe, expect, test } from 'bun:test';
import parse from 'parse-prometheus-text-format';
import { Exposition, Histogram } from '../../src/lib/exposition.ts';

describe('a page of figures', () => {
  test('reads as what was put in, whatever the labels hold', () => {
    const page = new Exposition();
    const odd = 'a "quoted"\\ back\nand next, {x="y"} ü';
    page.add('calls_total', 'counter', 'Calls.', [
      [{ model: odd, code: '' }, 3],
      [{ model: 'plain', code: '429' }, 0.000000001],
    ]);
    page.add('ready', 'gauge', 'Is it?', [[{}, 1]]);
    expect(parse(page.toString())).toEqual([
      {
        name: 'calls_total',
        help: 'Calls.',
        type: 'COUNTER',
        metrics: [
          { value: '3', labels: { model: odd, code: '' } },
          { value: '1e-9', labels: { model: 'plain', code: '429' } },
        ],
      },
      { name: 'ready', help: 'Is it?', type: 'GAUGE', metrics: [{ value: '1' }] },
    ]);
  });

  test('counts into a histogram up to and with each bound', () => {
    const page = new Exposition();
    const histogram = new Histogram([0.125, 1, 10]);
    for (const value of [0.0625, 0.125, 0.25, 10, 10.5, 300]) histogram.observe(value);
    page.addHistogram('wait_seconds', 'Waits.', [[{}, histogram]]);
    expect(parse(page.toString())).toEqual([
      {
        name: 'wait_seconds',
        help: 'Waits.',
        type: 'HISTOGRAM',
        metrics: [
          {
            buckets: { '0.125': '2', '1': '3', '10': '4', '+Inf': '6' },
            count: '6',
            sum: '320.9375',
          },
        ],
      },
    ]);
  });

  test('keeps the histograms of different labels apart, and leaves out what is empty', () => {
    const page = new Exposition();
    const histogram = new Histogram([1]);
    histogram.observe(2);
    page.addHistogram('wait_seconds', 'Waits.', [
      [{ provider: 'a' }, histogram],
      [{ provider: 'b' }, new Histogram([1])],
      [{ provider: 'c' }, histogram],
    ]);
    const lines = page.toString().split('\n').slice(2);
    expect(lines).toEqual([
      'wait_seconds_bucket{provider="a",le="1"} 0',
      'wait_seconds_bucket{provider="a",le="+Inf"} 1',
      'wait_seconds_sum{provider="a"} 2',
      'wait_seconds_count{provider="a"} 1',
      'wait_seconds_bucket{provider="c",le="1"} 0',
      'wait_seconds_bucket{provider="c",le="+Inf"} 1',
      'wait_seconds_sum{provider="c"} 2',
      'wait_seconds_count{provider="c"} 1',
      '',
    ]);
  });

  test('says nothing of a name without figures', () => {
    const page = new Exposition();
    page.add('calls_total', 'counter', 'Calls.', []);
    expect(page.toString()).toBe('');
  });
});
