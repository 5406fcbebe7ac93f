// Calls of the journal for the operator: as a table, and one of them in full.

import type { LogEntry } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import type { Dialog } from './dialog.ts';
import { type Child, el, factList, table } from './dom.ts';
import { statusMark } from './key-usage.ts';
import { count, exactMoney, fromNow, moment, tookOf } from './words.ts';

/** Opens a call by its id; `back` leads to where it was opened from. */
export type OpenCall = (id: string, back?: () => void) => void;

export function callOpener(ask: Ask, dialog: Dialog): OpenCall {
  return (id, back) => void show(id, back);

  async function show(id: string, back: (() => void) | undefined): Promise<void> {
    const answer = await ask<LogEntry>(`/admin/logs/${encodeURIComponent(id)}`);
    const leave = back && linkButton('Back', back);
    dialog.show(
      'Call',
      answer.ok ? factsOf(answer.value) : el('p', { class: 'wrong' }, answer.message),
      leave && el('div', { class: 'buttons' }, leave),
    );
  }
}

/** The newest first, as the server has them. */
export function callTable(label: string, rows: readonly LogEntry[], open: (id: string) => void): HTMLElement {
  const cells = rows.map((row) => [
    el(
      'time',
      { datetime: row.at, title: moment(row.at) },
      linkButton(fromNow(row.at), () => open(row.id)),
    ),
    outcomeMark(row.status),
    el('div', { class: 'reason' }, el('code', {}, row.code ?? ''), el('span', {}, row.message ?? '')),
    row.key_name ?? row.key ?? '—',
    el('span', { class: 'whole' }, row.model ?? row.model_asked ?? '—'),
    row.provider ?? '—',
    el('span', { class: 'whole' }, row.client === null ? '—' : `${row.client} ${row.client_version ?? ''}`),
  ]);
  const heads: Parameters<typeof table>[1] = [
    ['When'],
    ['Status'],
    ['What'],
    ['Key'],
    ['Model'],
    ['Provider'],
    ['Client'],
  ];
  return table(label, heads, cells, 'stacked');
}

export function linkButton(text: string, act: () => void): HTMLElement {
  const button = el('button', { type: 'button', class: 'link whole' }, text);
  button.addEventListener('click', act);
  return button;
}

function outcomeMark(status: number): HTMLElement {
  return status < 400 ? el('span', { class: 'chip active' }, String(status)) : statusMark(status);
}

function factsOf(call: LogEntry): HTMLElement {
  const facts: [string, Child | null][] = [
    ['Outcome', el('span', {}, outcomeMark(call.status), ' ', el('code', {}, call.code ?? ''))],
    ['Message', call.message],
    ['When', `${moment(call.at)}, ${fromNow(call.at)}`],
    ['Call', el('code', {}, call.id)],
    ['Request', el('code', {}, call.request_id)],
    ['Key', call.key_name ?? call.key],
    ['Client', call.client && `${call.client} ${call.client_version ?? ''}`],
    ['Route', `${call.path}${call.stream ? ' (stream)' : ''}`],
    ['Model asked', call.model_asked],
    ['Model', call.model],
    ['Provider', call.provider],
    ['Provider said', call.upstream_status === null ? null : String(call.upstream_status)],
    ['Attempts', String(call.attempts)],
    ['Failed attempts', call.failed_attempts],
    ['Losses', call.losses],
    [
      'Tokens',
      call.input_tokens === null
        ? null
        : `${count(call.input_tokens)} in (${count(call.cached_tokens ?? 0)} cached), ${count(call.output_tokens ?? 0)} out`,
    ],
    ['Cost', call.cost_usd === null ? null : exactMoney(call.cost_usd)],
    ['Settled as', call.rule],
    ['Took', tookOf(call.duration_ms)],
    ['First byte', call.first_byte_ms === null ? null : `after ${tookOf(call.first_byte_ms)}`],
  ];
  return factList(facts.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}
