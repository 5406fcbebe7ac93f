// A chart of stacked bars by day, drawn to the width it has; each day says its figures to mouse, finger, keyboard and ear.

import { type Child, el, empty, fill, svg } from './dom.ts';
import { exact, roundTop, type Stack } from './series.ts';
import { dayName, exactMoney, money, shortMoney } from './words.ts';

const HEIGHT = 220;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 10;
const RIGHT = 16;
const LABEL_WIDTH = 64;

/** `show` draws another stack in the same place. `label` says what the chart is of. */
export function stackedBars(host: HTMLElement, label: string): { show(stack: Stack, nothing: Child): void } {
  let stack: Stack = { days: [], bars: [] };
  /** The day that has the keyboard. */
  let current = -1;
  const plot = el('div', { class: 'plot' });
  const tip = el('div', { class: 'tip', hidden: true });
  const legend = el('ul', { class: 'legend' });
  const draw = () => {
    if (plot.isConnected && plot.clientWidth > 0) fill(plot, picture(), tip);
  };
  new ResizeObserver(draw).observe(plot);

  return {
    show(next, nothing) {
      stack = next;
      if (stack.bars.length === 0) {
        fill(host, nothing);
        return;
      }
      current = Math.min(current < 0 ? stack.days.length - 1 : current, stack.days.length - 1);
      fill(legend, ...stack.bars.map((bar, index) => legendItem(bar.name, bar.total, index)));
      if (!plot.isConnected) fill(host, plot, legend);
      draw();
    },
  };

  function picture(): SVGElement {
    const width = plot.clientWidth;
    const sums = stack.days.map((_, day) =>
      exact(stack.bars.reduce((sum, bar) => sum + (bar.values[day] ?? 0), 0)),
    );
    const top = roundTop(Math.max(...sums));
    const step = (width - LEFT - RIGHT) / stack.days.length;
    const yOf = (usd: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - usd / top);
    const days = stack.days.map((day, index) => column(day, index, sums[index] ?? 0, step, yOf));
    const made = svg(
      'svg',
      {
        width,
        height: HEIGHT,
        viewBox: `0 0 ${width} ${HEIGHT}`,
        role: 'group',
        'aria-label': `${label}, one bar a day`,
      },
      ...scale(width, top, yOf),
      ...dates(step),
      ...days,
    );
    made.addEventListener('keydown', (event) => {
      const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -1000, End: 1000 };
      const move = moves[event.key];
      if (move === undefined) return;
      event.preventDefault();
      days[current]?.setAttribute('tabindex', '-1');
      current = Math.max(0, Math.min(days.length - 1, current + move));
      days[current]?.setAttribute('tabindex', '0');
      days[current]?.focus();
    });
    return made;
  }

  function column(
    day: string,
    index: number,
    sum: number,
    step: number,
    yOf: (usd: number) => number,
  ): SVGElement {
    const parts = stack.bars.map((bar) => ({ name: bar.name, usd: bar.values[index] ?? 0 }));
    const there = parts.filter(({ usd }) => usd > 0).map(({ name, usd }) => `${name} ${exactMoney(usd)}`);
    const width = Math.max(2, Math.min(36, step * 0.72));
    const x = LEFT + index * step + (step - width) / 2;
    let below = 0;
    const blocks = parts.map(({ usd }, series) => {
      if (usd <= 0) return undefined;
      const y = yOf(below + usd);
      const height = Math.max(1, yOf(below) - y - (below > 0 ? 1 : 0));
      below += usd;
      return svg('rect', {
        class: `s${series}`,
        x,
        y,
        width,
        height,
        rx: Math.min(2, width / 4),
        'data-usd': usd,
      });
    });
    const made = svg(
      'g',
      {
        class: 'day',
        role: 'img',
        tabindex: index === current ? 0 : -1,
        'aria-label': `${dayName(day)}: ${exactMoney(sum)}${there.length > 0 ? ` (${there.join(', ')})` : ''}`,
      },
      svg('rect', {
        class: 'hit',
        x: LEFT + index * step,
        y: TOP,
        width: step,
        height: HEIGHT - TOP - BOTTOM,
      }),
      ...blocks,
    );
    const show = () => showTip(day, sum, parts, LEFT + (index + 0.5) * step);
    made.addEventListener('pointerenter', show);
    made.addEventListener('focus', show);
    for (const end of ['pointerleave', 'blur'])
      made.addEventListener(end, () => tip.toggleAttribute('hidden', true));
    return made;
  }

  function showTip(day: string, sum: number, parts: { name: string; usd: number }[], x: number): void {
    const lines = parts
      .map(({ name, usd }, series) => (usd > 0 ? tipLine(name, usd, series) : undefined))
      .reverse();
    fill(
      tip,
      el('div', { class: 'tip-head' }, el('span', {}, dayName(day)), el('strong', {}, money(sum))),
      ...lines,
    );
    tip.toggleAttribute('hidden', false);
    // Kept inside the plot, beside the bar
    const room = plot.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, x > plot.clientWidth / 2 ? x - tip.offsetWidth - 14 : x + 14))}px`;
  }

  function dates(step: number): SVGElement[] {
    const every = Math.max(1, Math.ceil(LABEL_WIDTH / step));
    const last = stack.days.length - 1;
    return stack.days.flatMap((day, index) =>
      (last - index) % every === 0 && LEFT + (index + 0.5) * step > LEFT + 18
        ? [
            svg(
              'text',
              {
                class: 'axis',
                x: LEFT + (index + 0.5) * step,
                y: HEIGHT - 6,
                'text-anchor': 'middle',
              },
              dayName(day),
            ),
          ]
        : [],
    );
  }
}

function scale(width: number, top: number, yOf: (usd: number) => number): SVGElement[] {
  // At round amounts: quarters of 2, fifths of everything else
  const lines = String(exact(top)).replace(/[0.]/g, '') === '2' ? 4 : 5;
  return Array.from({ length: lines + 1 }, (_, line) => exact((top * line) / lines)).flatMap((usd) => [
    svg('line', {
      class: usd === 0 ? 'base' : 'grid',
      x1: LEFT,
      x2: width - RIGHT,
      y1: yOf(usd),
      y2: yOf(usd),
    }),
    svg('text', { class: 'axis', x: LEFT - 8, y: yOf(usd) + 4, 'text-anchor': 'end' }, shortMoney(usd)),
  ]);
}

function legendItem(name: string, usd: number, series: number): HTMLElement {
  return el(
    'li',
    {},
    swatch(series),
    el('span', { class: 'name' }, name),
    el('span', { class: 'sum' }, money(usd)),
  );
}

function tipLine(name: string, usd: number, series: number): HTMLElement {
  return el(
    'div',
    { class: 'tip-line' },
    swatch(series),
    el('span', { class: 'name' }, name),
    el('span', {}, money(usd)),
  );
}

export function swatch(series: number): HTMLElement {
  return el('i', { class: `swatch s${series}`, 'aria-hidden': 'true' });
}

/** Where there is nothing to draw yet. */
export function noBars(text: string): HTMLElement {
  return empty('No cost in this time', el('p', {}, text));
}
