// The page at `/admin`: asks for spend, keys, clients and errors with the admin secret, and shows them anew while somebody looks.

import { alertCard } from './admin-alerts.ts';

import { callOpener } from './admin-call.ts';
import { clientView } from './admin-clients.ts';

import { keyDialogs } from './admin-dialogs.ts';
import { keyTable } from './admin-keys.ts';
import { overview, showErrors, showHealth } from './admin-overview.ts';
import type { AdminHealth, LogList, UsageAnswer } from './admin-shapes.ts';
import { killSwitch } from './admin-switch.ts';
import { asker, type Refusal } from './api.ts';
import { dialog } from './dialog.ts';
import { byId, choice, el, empty, fill } from './dom.ts';
import { gate } from './gate.ts';
import { refreshing } from './refresh.ts';

const ERRORS_SHOWN = 50;
/** Clients that left are no errors of anybody's. */
const CLIENT_LEFT = 499;

const door = gate('osiris-admin', load);
const ask = asker(door.secret);
const view = overview();
const showAlerts = alertCard(ask);
const box = dialog();
const dialogs = keyDialogs(ask, box, () => void keys.load());
const keys = keyTable(ask, dialogs.show);
const control = killSwitch(ask, box, () => void load());
const openCall = callOpener(ask, box);
const clients = clientView(ask, box, openCall);
const since = choice('since', () => void loadErrors());
const refresh = refreshing(load);
byId('create').addEventListener('click', dialogs.create);
byId('forget').addEventListener('click', refresh.stop);

async function load(): Promise<void> {
  const secret = door.secret();
  const [models, byKey, health] = await Promise.all([
    ask<UsageAnswer>('/admin/usage?by=day,model&undelivered=false'),
    ask<UsageAnswer>('/admin/usage?by=day,key&undelivered=false'),
    ask<AdminHealth>('/admin/health'),
    showHealth(),
  ]);
  if (secret !== door.secret()) return;
  if (!models.ok) return refuse(models);
  if (!byKey.ok) return refuse(byKey);
  if (!health.ok) return refuse(health);
  notice(undefined);
  const board = byId('board');
  // Rows made anew would take the keyboard from whoever is on one
  const isFree = (id: string) => !byId(id).contains(document.activeElement);
  await Promise.all([
    isFree('keys') && keys.load(),
    isFree('clients') && clients.load(),
    isFree('errors') && loadErrors(),
  ]);
  if (board.hidden) door.open();
  view.showModels(models.value);
  view.showKeys(byKey.value);
  control.show(health.value);
  showAlerts(health.value);
  board.setAttribute('aria-busy', 'false');
  refresh.done();
}

async function loadErrors(): Promise<void> {
  const page = (status: string) =>
    ask<LogList>(`/admin/logs?status=${status}&since=${since()}&limit=${ERRORS_SHOWN * 2}`);
  const answers = await Promise.all([page('4xx'), page('5xx')]);
  const rows: LogList['data'] = [];
  for (const answer of answers) {
    if (!answer.ok) {
      fill(byId('errors'), empty('The errors could not be read', el('p', {}, answer.message)));
      return;
    }
    rows.push(...answer.value.data.filter(({ status }) => status !== CLIENT_LEFT));
  }
  rows.sort((left, right) => Date.parse(right.at) - Date.parse(left.at));
  showErrors(rows.slice(0, ERRORS_SHOWN), (id) => openCall(id));
}

function refuse(refusal: Refusal): void {
  if (refusal.status === 401 || refusal.status === 403 || byId('board').hidden) {
    refresh.stop();
    box.close();
    door.close(refusal);
    return;
  }
  // What was shown before stays: it is old, and says so
  notice(refusal.message);
  refresh.done(Math.max(1, refusal.waitS));
}

function notice(text: string | undefined): void {
  fill(byId('notice'), text !== undefined && el('p', { class: 'banner wrong' }, text));
}
