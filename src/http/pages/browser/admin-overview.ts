// The upper half of the admin page: spend, its charts, the health of the server, and what went wrong.

import { callTable } from './admin-call.ts';
import type { LogList, Readiness, UsageAnswer } from './admin-shapes.ts';
import { noBars, stackedBars } from './chart.ts';
import { byId, el, empty, fill } from './dom.ts';
import { bigMoney } from './key-standing.ts';
import { exact, stackOf } from './series.ts';
import { plural } from './words.ts';

const NONE = 'Calls that cost something show here.';
const FIGURES = [
  ['today', 1],
  ['week', 7],
  ['month', 30],
] as const;
const DAY_MS = 86_400_000;

export function overview() {
  const byModel = stackedBars(byId('by-model'), 'Spend by model');
  const byKey = stackedBars(byId('by-key'), 'Spend by key');
  return {
    showModels(usage: UsageAnswer): void {
      showFigures(usage);
      const points = usage.data.map((row) => ({
        day: row.day,
        name: row.model ?? 'no model',
        usd: row.cost_usd,
      }));
      byModel.show(stackOf(points, usage.from, usage.to), noBars(NONE));
    },
    showKeys(usage: UsageAnswer): void {
      const labels = keyLabels(usage);
      const points = usage.data.map((row) => ({
        day: row.day,
        name: labels.get(row.key ?? '') ?? 'no key',
        usd: row.cost_usd,
      }));
      byKey.show(stackOf(points, usage.from, usage.to), noBars(NONE));
    },
  };
}

/** Also of a server that is not ready, which answers 503. */
export async function showHealth(): Promise<void> {
  const checks = await readChecks();
  const troubles = Object.entries(checks);
  fill(
    byId('health'),
    el(
      'span',
      { class: `chip ${troubles.length === 0 ? 'active' : 'trouble'}` },
      troubles.length === 0 ? 'ready' : 'trouble',
    ),
    troubles.length === 0
      ? 'The ledger is healthy, and calls are taken.'
      : el('span', { class: 'wrong' }, troubles.map(([name, text]) => `${name}: ${text}`).join(' · ')),
  );
}

/** `open` is called with the id of a call. */
export function showErrors(rows: LogList['data'], open: (id: string) => void): void {
  if (rows.length === 0) {
    fill(byId('errors'), empty('No errors', el('p', {}, 'No call has failed in this time.')));
    return;
  }
  fill(byId('errors'), callTable('Errors', rows, open));
}

function showFigures(usage: UsageAnswer): void {
  for (const [id, days] of FIGURES) {
    const first = new Date(Date.parse(usage.to) - (days - 1) * DAY_MS).toISOString().slice(0, 10);
    const rows = usage.data.filter((row) => row.day >= first);
    const calls = rows.reduce((sum, row) => sum + row.calls, 0);
    const failed = rows.reduce((sum, row) => sum + row.failed, 0);
    fill(byId(id), bigMoney(exact(rows.reduce((sum, row) => sum + row.cost_usd, 0))));
    byId(`${id}-note`).textContent = `${plural(calls, 'call')}${failed > 0 ? `, ${failed} failed` : ''}`;
  }
}

/** Two keys may have one name: the second shows its id too. */
function keyLabels({ data }: UsageAnswer): Map<string, string> {
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  for (const { key, key_name: name } of data) {
    if (!key || labels.has(key)) continue;
    const own = name ?? key;
    const label = taken.has(own) ? `${own} (${key})` : own;
    labels.set(key, label);
    taken.add(label);
  }
  return labels;
}

async function readChecks(): Promise<Readiness['checks']> {
  try {
    const answer: Readiness = await (await fetch('/health/ready', { cache: 'no-store' })).json();
    return answer.checks;
  } catch {
    return { server: 'does not answer' };
  }
}
