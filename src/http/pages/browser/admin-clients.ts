// The programs that call, for the operator: all of them, and one with its versions, its failures and its last calls.

import { callTable, linkButton, type OpenCall } from './admin-call.ts';
import type { ClientEntry, ClientList, LogList } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import type { Dialog } from './dialog.ts';
import { byId, choice, el, empty, fill, table } from './dom.ts';
import { statusMark } from './key-usage.ts';
import { count, fromNow, moment, plural, shareOf } from './words.ts';

const VERSIONS_NAMED = 3;
const CALLS_SHOWN = 20;
const NO_NAME = 'no name';

/** Which calls of a client are listed. */
type Filter = { version?: string; code?: string };

export type ClientView = { load(): Promise<void> };

export function clientView(ask: Ask, dialog: Dialog, openCall: OpenCall): ClientView {
  const host = byId('clients');
  const since = choice('clients-since', () => void load());
  return { load };

  async function load(): Promise<void> {
    const answer = await ask<ClientList>(`/admin/clients?since=${since()}`);
    if (!answer.ok) {
      fill(host, empty('The clients could not be read', el('p', {}, answer.message)));
      return;
    }
    const { data } = answer.value;
    if (data.length === 0) fill(host, empty('No calls', el('p', {}, 'Nobody has called in this time.')));
    else fill(host, clientTable(data));
  }

  function clientTable(clients: readonly ClientEntry[]): HTMLElement {
    const rows = clients.map((client) => [
      el(
        'div',
        { class: 'named' },
        linkButton(client.client ?? NO_NAME, () => void show(client)),
      ),
      versionsOf(client),
      count(client.calls),
      `${count(client.failed)} (${shareOf(client.failed, client.calls)})`,
      mostOf(client),
      el('time', { datetime: client.last_at, title: moment(client.last_at) }, fromNow(client.last_at)),
    ]);
    return table(
      'Clients',
      [['Client'], ['Versions'], ['Calls', 'number'], ['Failed', 'number'], ['Mostly by'], ['Last call']],
      rows,
    );
  }

  async function show(client: ClientEntry, filter: Filter = {}): Promise<void> {
    const calls = el('div', { id: 'client-calls' });
    dialog.showWide(
      client.client ?? NO_NAME,
      el('p', { class: 'note' }, sumsOf(client)),
      versionTable(client, (version) => void show(client, { version })),
      errorTable(
        client,
        (code) => void show(client, { code }),
        (id) => openCall(id, () => void show(client, filter)),
      ),
      client.client !== null && calls,
    );
    if (client.client !== null) await listCalls(calls, client, filter);
  }

  async function listCalls(into: HTMLElement, client: ClientEntry, filter: Filter): Promise<void> {
    const { version, code } = filter;
    const name = version === undefined ? `${client.client}` : `${client.client}/${version}`;
    const query = new URLSearchParams({ client: name, since: since(), limit: String(CALLS_SHOWN) });
    if (code !== undefined) query.set('code', code);
    const answer = await ask<LogList>(`/admin/logs?${query}`);
    if (!answer.ok) {
      fill(into, el('p', { class: 'wrong' }, answer.message));
      return;
    }
    const isAll = version === undefined && code === undefined;
    fill(
      into,
      el(
        'header',
        { class: 'head' },
        el('h3', {}, isAll ? 'Last calls' : `Last calls: ${version ?? code}`),
        !isAll && linkButton('All of them', () => void show(client)),
      ),
      answer.value.data.length === 0
        ? el('p', { class: 'note' }, 'They are no longer in the journal.')
        : callTable('Last calls', answer.value.data, (id) => openCall(id, () => void show(client, filter))),
    );
  }
}

function versionTable({ versions }: ClientEntry, choose: (version: string) => void): HTMLElement {
  const rows = versions.map(({ version, calls, failed, first_at, last_at }) => [
    version === null ? 'not told' : linkButton(version, () => choose(version)),
    count(calls),
    `${count(failed)} (${shareOf(failed, calls)})`,
    el('time', { datetime: first_at, title: moment(first_at) }, fromNow(first_at)),
    el('time', { datetime: last_at, title: moment(last_at) }, fromNow(last_at)),
  ]);
  const heads: Parameters<typeof table>[1] = [
    ['Version'],
    ['Calls', 'number'],
    ['Failed', 'number'],
    ['First call'],
    ['Last call'],
  ];
  return table('Versions', heads, rows);
}

/** What failed and why: how often, and what the last of each was told. */
function errorTable(
  { errors }: ClientEntry,
  choose: (code: string) => void,
  open: (id: string) => void,
): HTMLElement {
  if (errors.length === 0) return el('p', { class: 'note' }, 'No call has failed.');
  const rows = errors.map(({ status, code, calls, last_at, last_id, message }) => [
    statusMark(status),
    linkButton(code, () => choose(code)),
    count(calls),
    el('div', { class: 'reason' }, el('span', {}, message ?? '')),
    el(
      'time',
      { datetime: last_at, title: moment(last_at) },
      linkButton(fromNow(last_at), () => open(last_id)),
    ),
  ]);
  return table(
    'Failures',
    [['Status'], ['Why'], ['Calls', 'number'], ['The last one was told'], ['When']],
    rows,
    'stacked',
  );
}

function sumsOf({ calls, failed, left, first_at, last_at }: ClientEntry): string {
  const gone = left === 0 ? '' : `, ${count(left)} left before the end`;
  return `${plural(calls, 'call')}, ${count(failed)} failed (${shareOf(failed, calls)})${gone}, from ${moment(first_at)} to ${moment(last_at)}`;
}

function versionsOf({ versions }: ClientEntry): string {
  const names = versions.flatMap(({ version }) => (version === null ? [] : [version]));
  const more = names.length - VERSIONS_NAMED;
  return `${names.slice(0, VERSIONS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}` || '—';
}

function mostOf({ errors }: ClientEntry): HTMLElement | string {
  const [most] = errors;
  return most === undefined ? '—' : el('span', {}, `${count(most.calls)} × `, el('code', {}, most.code));
}
