// The table of keys: searched, sorted and paged by the server.

import type { AdminKey, KeyList } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import { amount, byId, type Child, el, empty, fill, inputById } from './dom.ts';
import { statusChip } from './key-standing.ts';
import { fromNow, moment } from './words.ts';

type Column = {
  title: string;
  /** The server's word for it. */
  sort: string;
  numeric?: boolean;
  /** Sorted downwards at first. */
  down?: boolean;
  cell: (key: AdminKey) => Child;
};

const PAGE = 100;
const TYPING_MS = 250;

export type KeyTable = { load(): Promise<void> };

/** `opened` is called with the key whose name was pressed. */
export function keyTable(ask: Ask, opened: (key: AdminKey) => void): KeyTable {
  let keys: AdminKey[] = [];
  let next: string | undefined;
  let sorted: { by: string; down: boolean } | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;
  const host = byId('keys');
  const columns: Column[] = [
    {
      title: 'Name',
      sort: 'name',
      cell: (key) => {
        const button = el('button', { type: 'button', class: 'link' }, key.name);
        button.addEventListener('click', () => opened(key));
        return el('div', { class: 'named' }, button, el('code', {}, `${key.prefix}…`));
      },
    },
    { title: 'Status', sort: 'status', cell: (key) => statusChip(key.status) },
    { title: 'Kind', sort: 'kind', cell: (key) => key.kind },
    {
      title: 'Balance',
      sort: 'balance',
      numeric: true,
      down: true,
      cell: (key) => (key.balance_usd === null ? '—' : amount(key.balance_usd)),
    },
    { title: 'Spent', sort: 'spent', numeric: true, down: true, cell: (key) => amount(key.spent_usd) },
    { title: 'Last use', sort: 'last_used', down: true, cell: (key) => lastUse(key.last_used_at) },
  ];
  const load = async (after?: string) => {
    const query = new URLSearchParams({ limit: String(PAGE) });
    const name = inputById('search').value.trim();
    const status = (byId('status') as HTMLSelectElement).value;
    if (name !== '') query.set('name', name);
    if (status !== '') query.set('status', status);
    if (sorted !== undefined) {
      query.set('sort', sorted.by);
      query.set('order', sorted.down ? 'down' : 'up');
    }
    if (after !== undefined) query.set('after', after);
    const answer = await ask<KeyList>(`/admin/keys?${query}`);
    if (!answer.ok) {
      fill(host, empty('The keys could not be read', el('p', {}, answer.message)));
      return;
    }
    keys = after === undefined ? answer.value.data : [...keys, ...answer.value.data];
    next = answer.value.has_more ? (answer.value.last_id ?? undefined) : undefined;
    show();
  };
  byId('search').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => void load(), TYPING_MS);
  });
  byId('status').addEventListener('change', () => void load());
  byId('filter').addEventListener('submit', (event) => event.preventDefault());
  return { load: () => load() };

  function show(): void {
    if (keys.length === 0) {
      const filtered = inputById('search').value !== '' || (byId('status') as HTMLSelectElement).value !== '';
      fill(
        host,
        filtered
          ? empty('No key fits', el('p', {}, 'Search for another name, or any status.'))
          : empty('No keys yet', el('p', {}, 'Create one, and hand its secret to whoever will use it.')),
      );
      return;
    }
    const heads = columns.map(headOf);
    const rows = keys.map((key) =>
      el(
        'tr',
        {},
        ...columns.map((column) =>
          el('td', { class: column.numeric ? 'number' : undefined }, column.cell(key)),
        ),
      ),
    );
    const more = el('button', { type: 'button' }, 'Show more');
    more.addEventListener('click', () => void load(next));
    fill(
      host,
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Keys' },
        el('table', {}, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows)),
      ),
      next !== undefined && el('p', { class: 'more' }, more),
    );
  }

  function headOf({ title, sort, numeric, down }: Column): HTMLElement {
    const isSorted = sorted?.by === sort;
    const button = el('button', { type: 'button', class: 'sort' }, title);
    button.addEventListener('click', async () => {
      sorted = { by: sort, down: isSorted ? !sorted?.down : down === true };
      await load();
      host.querySelector<HTMLElement>('[aria-sort] button')?.focus();
    });
    return el(
      'th',
      {
        scope: 'col',
        class: numeric ? 'number' : undefined,
        'aria-sort': isSorted ? (sorted?.down ? 'descending' : 'ascending') : undefined,
      },
      button,
    );
  }
}

function lastUse(at: string | null): Child {
  if (at === null) return el('span', { class: 'quiet-text' }, 'never');
  return el('time', { datetime: at, title: moment(at) }, fromNow(at));
}
