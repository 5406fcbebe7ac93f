// The table of keys: searched and paged by the server, sorted here.

import type { AdminKey, KeyList } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import { amount, byId, type Child, el, empty, fill, inputById } from './dom.ts';
import { statusChip } from './key-standing.ts';
import { dayName } from './words.ts';

type Column = {
  title: string;
  numeric?: boolean;
  value: (key: AdminKey) => string | number;
  cell: (key: AdminKey) => Child;
};

const PAGE = 100;
const TYPING_MS = 250;

export type KeyTable = { load(): Promise<void>; setLastUse(days: Map<string, string>): void };

/** `opened` is called with the key whose name was pressed. */
export function keyTable(ask: Ask, opened: (key: AdminKey) => void): KeyTable {
  let keys: AdminKey[] = [];
  let next: string | undefined;
  let lastUse = new Map<string, string>();
  let sorted: { title: string; down: boolean } | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;
  const host = byId('keys');
  const columns: Column[] = [
    {
      title: 'Name',
      value: (key) => key.name.toLowerCase(),
      cell: (key) => {
        const button = el('button', { type: 'button', class: 'link' }, key.name);
        button.addEventListener('click', () => opened(key));
        return el('div', { class: 'named' }, button, el('code', {}, `${key.prefix}…`));
      },
    },
    { title: 'Status', value: (key) => key.status, cell: (key) => statusChip(key.status) },
    { title: 'Kind', value: (key) => key.kind, cell: (key) => key.kind },
    {
      title: 'Balance',
      numeric: true,
      value: (key) => key.balance_usd ?? Number.POSITIVE_INFINITY,
      cell: (key) => (key.balance_usd === null ? '—' : amount(key.balance_usd)),
    },
    { title: 'Spent', numeric: true, value: (key) => key.spent_usd, cell: (key) => amount(key.spent_usd) },
    {
      title: 'Last use',
      value: (key) => lastUse.get(key.id) ?? '',
      cell: (key) => lastUseText(lastUse.get(key.id)),
    },
  ];
  const load = async (after?: string) => {
    const query = new URLSearchParams({ limit: String(PAGE) });
    const name = inputById('search').value.trim();
    const status = (byId('status') as HTMLSelectElement).value;
    if (name !== '') query.set('name', name);
    if (status !== '') query.set('status', status);
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
  return {
    load: () => load(),
    setLastUse(days) {
      lastUse = days;
    },
  };

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
    const rows = inOrder().map((key) =>
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

  function headOf({ title, numeric }: Column): HTMLElement {
    const isSorted = sorted?.title === title;
    const button = el('button', { type: 'button', class: 'sort' }, title);
    button.addEventListener('click', () => {
      sorted = { title, down: isSorted ? !sorted?.down : numeric === true };
      show();
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

  /** Newest first, as the server has them, until a column is chosen. */
  function inOrder(): AdminKey[] {
    const column = columns.find(({ title }) => title === sorted?.title);
    if (column === undefined) return keys;
    const sign = sorted?.down ? -1 : 1;
    return keys.toSorted((left, right) => {
      const [a, b] = [column.value(left), column.value(right)];
      return a === b ? 0 : a < b ? -sign : sign;
    });
  }
}

/** The ledger counts by day. */
function lastUseText(day: string | undefined): Child {
  return day === undefined ? el('span', { class: 'quiet-text' }, 'not in 30 days') : dayName(day);
}
