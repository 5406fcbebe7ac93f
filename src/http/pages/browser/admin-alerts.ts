// The part of the admin page that shows alerts: what is wrong now, what was told of late, and whether it arrives.

import type { AdminHealth, AlertView, TestAnswer } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import { byId, el, empty, fill, table } from './dom.ts';
import { fromNow, moment, plural } from './words.ts';

const MARKS: Record<AlertView['state'], string> = {
  raised: 'chip trouble',
  reminder: 'chip expired',
  cleared: 'chip active',
  test: 'chip',
};

/** Takes the button of the card; returns what shows an answer of `/admin/health`. */
export function alertCard(ask: Ask): (health: AdminHealth) => void {
  byId('alerts-test').addEventListener('click', async () => {
    say('Sending…');
    const answer = await ask<TestAnswer>('/admin/alerts/test', {});
    if (!answer.ok) return say(answer.message);
    const { data } = answer.value;
    say(data.length === 0 ? NO_WEBHOOK : data.map(outcomeOf).join(' · '));
  });
  return ({ alerts }) => {
    fill(byId('troubles'), ...alerts.open.map(banner));
    fill(
      byId('alerts'),
      alerts.recent.length === 0
        ? empty('No alerts', el('p', {}, 'Nothing has gone wrong since the server started.'))
        : recentTable(alerts.recent),
      el('p', { class: 'note' }, alerts.webhooks.map(describeWebhook).join(' · ') || NO_WEBHOOK),
    );
  };
}

const NO_WEBHOOK = 'Nobody is told: the configuration has no alerts.webhooks.';

function say(text: string): void {
  byId('alerts-outcome').textContent = text;
}

function banner({ message, since }: AlertView): HTMLElement {
  return el('p', { class: 'banner wrong' }, `${message} Since ${moment(since)}.`);
}

function recentTable(recent: AlertView[]): HTMLElement {
  const cells = recent.map(({ at, state, event, message }) => [
    el('time', { datetime: at, title: moment(at) }, fromNow(at)),
    el('span', { class: MARKS[state] }, state),
    el('div', { class: 'reason' }, el('code', {}, event), el('span', {}, message)),
  ]);
  return table('Alerts', [['When'], ['State'], ['What']], cells);
}

function describeWebhook({
  receiver,
  sent,
  waiting,
  dropped,
  trouble,
}: AdminHealth['alerts']['webhooks'][number]) {
  const counts = [
    `${plural(sent, 'alert')} sent to ${receiver}`,
    waiting > 0 && `${waiting} waiting`,
    dropped > 0 && `${dropped} dropped`,
    trouble !== null && trouble,
  ];
  return counts.filter(Boolean).join(', ');
}

function outcomeOf({ receiver, ok, status, answer }: TestAnswer['data'][number]): string {
  if (ok) return `${receiver} took it`;
  return status === null ? `${receiver} ${answer}` : `${receiver} answered ${status} ${answer}`.trim();
}
