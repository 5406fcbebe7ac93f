// The page at `/key`: asks how the key stands and what it has cost, and shows it anew while somebody looks.

import { asker, type Refusal } from './api.ts';
import { noBars, stackedBars } from './chart.ts';
import { byId, choice, copyOnClick, el, empty, fill } from './dom.ts';
import { gate } from './gate.ts';
import type { KeyAnswer, KeyUsageAnswer } from './key-shapes.ts';
import { showStanding, troubleOf } from './key-standing.ts';
import { showErrors, showModels, UNNAMED } from './key-usage.ts';
import { refreshing } from './refresh.ts';
import { stackOf } from './series.ts';
import { plainModel, snippetFor } from './snippet.ts';

let model = 'sandbox/echo';
let isModelKnown = false;
const door = gate('osiris-key', load);
const ask = asker(door.secret);
const chart = stackedBars(byId('chart'), 'Cost by day');
const days = choice('range', () => void load());
const program = choice('snippets', showSnippet);
const refresh = refreshing(load);
copyOnClick(byId('copy'), () => byId('snippet').textContent ?? '');
byId('forget').addEventListener('click', () => {
  refresh.stop();
  isModelKnown = false;
});

/** Only the last of several asked at once is shown. */
let turn = 0;

async function load(): Promise<void> {
  turn += 1;
  const mine = turn;
  const secret = door.secret();
  const [key, usage] = await Promise.all([
    ask<KeyAnswer>('/v1/key'),
    ask<KeyUsageAnswer>(`/v1/key/usage?days=${days()}`),
  ]);
  if (mine !== turn || secret !== door.secret()) return;
  if (!key.ok) return refuse(key);
  showStanding(key.value);
  notice(troubleOf(key.value), 'warn');
  await chooseModel(key.value, usage.ok ? usage.value : undefined);
  showSnippet(program());
  const board = byId('board');
  if (board.hidden) door.open();
  if (usage.ok) showUsage(usage.value);
  else fill(byId('models'), empty('The usage could not be read', el('p', {}, usage.message)));
  board.setAttribute('aria-busy', 'false');
  refresh.done(usage.ok ? 0 : usage.waitS);
}

function refuse(refusal: Refusal): void {
  const isOpen = !byId('board').hidden;
  if (refusal.status === 401 || !isOpen) {
    refresh.stop();
    door.close(refusal);
    return;
  }
  // What was shown before stays: it is old, and says so
  notice(refusal.message, 'wrong');
  refresh.done(Math.max(1, refusal.waitS));
}

function showUsage(usage: KeyUsageAnswer): void {
  const points = usage.data.map((row) => ({ day: row.day, name: row.model ?? UNNAMED, usd: row.cost_usd }));
  const stack = stackOf(points, usage.from, usage.to);
  const { calls } = usage.total;
  chart.show(
    stack,
    calls > 0
      ? noBars('All calls went to models that are free.')
      : empty(
          'No calls yet',
          el('p', {}, 'Paste this into a terminal, with your key in $OSIRIS_KEY:'),
          el('pre', {}, snippetFor('curl', location.origin, model)),
        ),
  );
  showModels(usage, stack);
  showErrors(usage);
}

/** The model used most, else the first that this key may use. */
async function chooseModel(key: KeyAnswer, usage: KeyUsageAnswer | undefined): Promise<void> {
  if (isModelKnown) return;
  const used = usage?.data.toSorted((left, right) => right.calls - left.calls)[0]?.model;
  const named = used ?? key.models?.find((name) => !name.includes('*'));
  if (named) model = plainModel(named);
  else {
    const list = await ask<{ data: { id: string }[] }>('/v1/models');
    model = plainModel(list.ok ? list.value.data[0]?.id : undefined);
  }
  isModelKnown = true;
}

function showSnippet(chosen: string): void {
  byId('snippet').textContent = snippetFor(chosen, location.origin, model);
}

function notice(text: string | undefined, kind: 'warn' | 'wrong'): void {
  fill(byId('notice'), text !== undefined && el('p', { class: `banner ${kind}` }, text));
}
