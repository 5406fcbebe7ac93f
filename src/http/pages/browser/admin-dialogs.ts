// What the operator does with keys: make one, fill one, revoke one.

import type { AdminKey } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import { type Dialog, field, form } from './dialog.ts';
import { copyOnClick, el, factList, fill, inputById } from './dom.ts';
import { statusChip } from './key-standing.ts';
import { fromNow, moment, money } from './words.ts';

/** `changed` is called when the list is no longer what it was. */
export function keyDialogs(ask: Ask, dialog: Dialog, changed: () => void) {
  return { create: () => askForKey(), show: (key: AdminKey) => showKey(key) };

  function askForKey(): void {
    const kind = el(
      'select',
      { id: 'new-kind' },
      el('option', { value: 'credit' }, 'Credit: a balance, pay per use'),
      el('option', { value: 'time' }, 'Time: a window of days'),
    );
    const money = field({
      id: 'new-credit',
      label: 'Credit in USD',
      attributes: { inputmode: 'decimal', value: '10.00' },
    });
    const days = field({ id: 'new-days', label: 'Days', attributes: { inputmode: 'numeric', value: '30' } });
    const quota = field({
      id: 'new-quota',
      label: 'Quota in USD',
      hint: 'Empty: unlimited.',
      attributes: { inputmode: 'decimal' },
    });
    const choose = () => {
      money.hidden = kind.value !== 'credit';
      days.hidden = quota.hidden = kind.value === 'credit';
    };
    kind.addEventListener('change', choose);
    choose();
    dialog.show(
      'Create a key',
      form(
        'Create',
        async () => {
          const answer = await ask<{ key: string; name: string }>('/admin/keys', newKey(kind.value));
          if (!answer.ok) return inWords(answer.message);
          showSecret(answer.value.name, answer.value.key);
          changed();
          return undefined;
        },
        field({
          id: 'new-name',
          label: 'Name',
          attributes: { required: true, maxlength: 100, autofocus: true },
        }),
        el('div', { class: 'field' }, el('label', { for: 'new-kind' }, 'Kind'), kind),
        money,
        days,
        quota,
        field({ id: 'new-budget', label: 'Budget', hint: 'Such as 20/month or 5/week. Empty: none.' }),
        field({ id: 'new-models', label: 'Models', hint: 'With commas between. Empty: all of them.' }),
        tick('new-strict', 'Strict: refuse what a model cannot take whole'),
        tick('new-auto-cache', 'Auto cache: ask Anthropic to cache prompts; writing to its cache costs more'),
      ),
    );
  }

  function showSecret(name: string, secret: string): void {
    const copy = el('button', { type: 'button', class: 'primary' }, 'Copy');
    copyOnClick(copy, () => secret);
    dialog.show(
      `The key of ${name}`,
      el('p', {}, 'This is the only time it is shown. Hand it on now; the server keeps only a fingerprint.'),
      el(
        'div',
        { class: 'snippet' },
        el('pre', { id: 'new-secret', tabindex: 0, 'aria-label': 'The new key' }, secret),
        copy,
      ),
    );
    copy.focus();
  }

  function showKey(key: AdminKey): void {
    const path = `/admin/keys/${encodeURIComponent(key.id)}`;
    const isRevoked = key.status === 'revoked';
    const credit = form(
      'Add',
      async () => {
        const note = inputById('credit-note').value.trim();
        const body = {
          amount_usd: inputById('credit-amount').value.trim(),
          ...(note === '' ? {} : { note }),
        };
        const answer = await ask<AdminKey>(`${path}/credit`, body);
        if (!answer.ok) return inWords(answer.message);
        changed();
        showKey(answer.value);
        return undefined;
      },
      field({
        id: 'credit-amount',
        label: 'Add credit in USD',
        hint: 'A negative amount takes some away.',
        attributes: { inputmode: 'text', required: true },
      }),
      field({ id: 'credit-note', label: 'Note' }),
    );
    dialog.show(
      key.name,
      factsOf(key),
      !isRevoked && key.kind !== 'time' && credit,
      !isRevoked && revoking(key, `${path}/revoke`),
    );
  }

  /** Twice pressed, so that no slip of a finger cuts anybody off. */
  function revoking(key: AdminKey, path: string): HTMLElement {
    const host = el('div', { class: 'danger' });
    const first = el('button', { type: 'button', class: 'dangerous' }, 'Revoke key…');
    const sure = el('button', { type: 'button', class: 'dangerous full' }, 'Revoke for good');
    const back = el('button', { type: 'button' }, 'Keep it');
    const wrong = el('p', { class: 'wrong', role: 'alert' });
    first.addEventListener('click', () => {
      fill(
        host,
        el('p', {}, `Whoever uses “${key.name}” is refused from the next call on. This cannot be undone.`),
        el('div', { class: 'buttons' }, back, sure),
        wrong,
      );
      back.focus();
    });
    back.addEventListener('click', () => fill(host, first));
    sure.addEventListener('click', async () => {
      const answer = await ask<AdminKey>(path, {});
      if (!answer.ok) {
        wrong.textContent = answer.message;
        return;
      }
      changed();
      dialog.close();
    });
    fill(host, first);
    return host;
  }
}

/** Members of the admin routes by the names that their fields have here. */
const LABELS: Record<string, string> = {
  name: 'Name',
  credit_usd: 'Credit',
  amount_usd: 'The amount',
  quota_usd: 'Quota',
  days: 'Days',
  budget: 'Budget',
  models: 'Models',
};

function inWords(message: string): string {
  return message.replace(/^[a-z_]+/, (member) => LABELS[member] ?? member);
}

function newKey(kind: string): Record<string, unknown> {
  const text = (id: string) => inputById(id).value.trim();
  const models = text('new-models')
    .split(',')
    .map((name) => name.trim());
  const given = (name: string, value: unknown) => (value === '' ? {} : { [name]: value });
  return {
    name: text('new-name'),
    kind,
    ...(kind === 'credit' ? given('credit_usd', text('new-credit')) : {}),
    ...(kind === 'time' ? { days: Number(text('new-days')), ...given('quota_usd', text('new-quota')) } : {}),
    ...given('budget', text('new-budget')),
    ...(models.some((name) => name !== '') ? { models: models.filter((name) => name !== '') } : {}),
    ...(inputById('new-strict').checked ? { strict: true } : {}),
    ...(inputById('new-auto-cache').checked ? { auto_cache: 'on' } : {}),
  };
}

function tick(id: string, words: string): HTMLElement {
  return el('label', { class: 'tick' }, el('input', { id, type: 'checkbox' }), ` ${words}`);
}

function factsOf(key: AdminKey): HTMLElement {
  const facts: [string, string | HTMLElement][] = [
    ['Status', statusChip(key.status)],
    ['Key', el('code', {}, `${key.prefix}…`)],
    ['Id', el('code', {}, key.id)],
    ['Account', key.account],
    ['Kind', key.kind],
    ['Created', moment(key.created_at)],
    ['Expires', key.expires_at === null ? 'Never' : `${fromNow(key.expires_at)}, ${moment(key.expires_at)}`],
    ['Spent', money(key.spent_usd)],
  ];
  if (key.balance_usd !== null)
    facts.push(['Balance', `${money(key.balance_usd)} (${money(key.held_usd ?? 0)} held)`]);
  if (key.budget)
    facts.push([
      'Budget',
      `${money(key.budget.spent_usd)} of ${money(key.budget.amount_usd)} this ${key.budget.period}`,
    ]);
  if (key.quota) facts.push(['Quota', `${money(key.quota.used_usd)} of ${money(key.quota.amount_usd)}`]);
  if (key.models) facts.push(['Models', key.models.join(', ')]);
  if (key.strict) facts.push(['Strict', 'A request that a model cannot take whole is refused']);
  if (key.auto_cache === 'on') facts.push(['Auto cache', 'Anthropic is asked to cache prompts']);
  return factList(facts);
}
