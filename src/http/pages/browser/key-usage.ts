// What a key has cost: the chart's table by model, all figures by day, and its last errors.

import { swatch } from './chart.ts';
import { amount, byId, type Child, el, empty, fill, table } from './dom.ts';
import type { KeyUsageAnswer } from './key-shapes.ts';
import { exact, type Stack } from './series.ts';
import { count, dayName, exactMoney, fromNow, moment, shortCount } from './words.ts';

type Sums = { calls: number; input: number; output: number; usd: number };

export const UNNAMED = 'no model';

export function showModels(usage: KeyUsageAnswer, stack: Stack): void {
  const models = new Map<string, Sums>();
  for (const row of usage.data) {
    const name = row.model ?? UNNAMED;
    const sums = models.get(name) ?? { calls: 0, input: 0, output: 0, usd: 0 };
    models.set(name, {
      calls: sums.calls + row.calls,
      input: sums.input + row.input_tokens,
      output: sums.output + row.output_tokens,
      usd: exact(sums.usd + row.cost_usd),
    });
  }
  if (models.size === 0) {
    fill(byId('models'));
    return;
  }
  const seriesOf = (name: string) => stack.bars.findIndex((bar) => bar.name === name);
  const rows = [...models]
    .sort(([, left], [, right]) => right.usd - left.usd || right.calls - left.calls)
    .map(([name, sums]) => [
      el(
        'span',
        { class: 'model' },
        seriesOf(name) < 0 ? el('i', { class: 'swatch none' }) : swatch(seriesOf(name)),
        name,
      ),
      ...figures(sums),
    ]);
  const { total } = usage;
  const all = {
    calls: total.calls,
    input: total.input_tokens,
    output: total.output_tokens,
    usd: total.cost_usd,
  };
  rows.push([el('strong', {}, 'Total'), ...figures(all)]);
  fill(
    byId('models'),
    table(
      'Cost by model',
      [['Model'], ['Calls', 'number'], ['Tokens in', 'number'], ['Tokens out', 'number'], ['Cost', 'number']],
      rows,
    ),
    byDay(usage),
  );
}

export function showErrors({ errors }: KeyUsageAnswer): void {
  if (errors.length === 0) {
    fill(
      byId('errors'),
      empty('No errors', el('p', {}, 'Nothing this key asked for has failed in this time.')),
    );
    return;
  }
  const rows = errors.map((error) => [
    el('time', { datetime: error.at, title: moment(error.at) }, fromNow(error.at)),
    statusMark(error.status),
    el('div', { class: 'reason' }, el('code', {}, error.code ?? ''), el('span', {}, error.message ?? '')),
    el('span', { class: 'whole' }, error.model ?? '—'),
    el('code', { class: 'id' }, error.request_id),
  ]);
  fill(
    byId('errors'),
    table('Last errors', [['When'], ['Status'], ['What'], ['Model'], ['Request id']], rows, 'stacked'),
  );
}

export function statusMark(status: number): HTMLElement {
  return el('span', { class: `status ${status >= 500 ? 'theirs' : 'yours'}` }, String(status));
}

function figures({ calls, input, output, usd }: Sums): Child[] {
  return [count(calls), shortCount(input), shortCount(output), amount(usd)];
}

function byDay({ data }: KeyUsageAnswer): HTMLElement {
  const rows = data
    .toSorted((left, right) =>
      left.day < right.day ? 1 : left.day > right.day ? -1 : right.cost_usd - left.cost_usd,
    )
    .map((row) => [
      dayName(row.day),
      el('span', { class: 'whole' }, row.model ?? UNNAMED),
      count(row.calls),
      count(row.input_tokens),
      count(row.cached_input_tokens),
      count(row.output_tokens),
      exactMoney(row.cost_usd),
    ]);
  return el(
    'details',
    {},
    el('summary', {}, 'All figures by day'),
    table(
      'Cost by day and model',
      [
        ['Day'],
        ['Model'],
        ['Calls', 'number'],
        ['Tokens in', 'number'],
        ['of it cached', 'number'],
        ['Tokens out', 'number'],
        ['Cost', 'number'],
      ],
      rows,
    ),
  );
}
