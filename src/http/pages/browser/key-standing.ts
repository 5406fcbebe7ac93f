// How a key stands: balance, expiry, limits, and what is in the way of the next call.

import { amount, byId, type Child, el, fill } from './dom.ts';
import type { KeyAnswer } from './key-shapes.ts';
import { count, exactMoney, fromNow, moment, money, plural } from './words.ts';

const KINDS = { credit: 'Pay per use', time: 'Time window', trial: 'Trial' };
const SOON_MS = 3 * 86_400_000;

export function showStanding(key: KeyAnswer): void {
  byId('name').textContent = key.name;
  fill(
    byId('about'),
    statusChip(key.status),
    el('code', {}, `${key.prefix}…`),
    el('span', {}, KINDS[key.kind]),
    key.strict && el('span', {}, 'Strict: a request that a model cannot take whole is refused'),
    key.auto_cache === 'on' && el('span', {}, 'Auto cache: Anthropic is asked to cache prompts'),
  );
  showBalance(key);
  showExpiry(key);
  fill(byId('spent'), amount(key.usage.cost_usd));
  byId('spent-note').textContent = plural(key.usage.requests, 'call');
  fill(byId('limits'), ...meters(key));
}

export function statusChip(status: string): HTMLElement {
  return el('span', { class: `chip ${status}` }, status);
}

/** An amount whose cents and less stand back. */
export function bigMoney(usd: number): HTMLElement {
  const [dollars = '', cents = ''] = money(usd).split('.');
  return el('span', { title: exactMoney(usd) }, dollars, el('span', { class: 'cents' }, `.${cents}`));
}

/** Why the next call would be refused, if it would. */
export function troubleOf(key: KeyAnswer): string | undefined {
  if (key.status === 'expired')
    return 'This key has expired: calls answer 402. Ask whoever gave it to you for a new one.';
  if (key.budget !== null && key.budget.spent_usd >= key.budget.amount_usd)
    return `The budget of this ${key.budget.period} is used up: calls answer 402 until it resets.`;
  if (key.quota !== null && key.quota.used_usd >= key.quota.amount_usd)
    return 'The quota of this key is used up: calls answer 402.';
  if (key.balance_usd !== null && key.balance_usd <= 0)
    return 'There is no balance: models that cost money answer 402, free ones go on.';
  return undefined;
}

function showBalance({ balance_usd: balance, held_usd: held, quota }: KeyAnswer): void {
  const left = quota === null ? balance : Math.max(0, quota.amount_usd - quota.used_usd);
  fill(byId('balance'), left === null ? 'Unlimited' : bigMoney(left));
  byId('balance-note').textContent = balanceNote();

  function balanceNote(): string {
    if (quota !== null) return `Left of the ${money(quota.amount_usd)} for its window`;
    if (balance === null) return 'Paid for its window, whatever calls cost';
    return held !== null && held > 0
      ? `${money(held)} of it held by running calls`
      : 'Nothing held by running calls';
  }
}

function showExpiry({ expires_at: end }: KeyAnswer): void {
  const node = byId('expiry');
  node.classList.toggle('soon', end !== null && Date.parse(end) - Date.now() < SOON_MS);
  node.textContent = end === null ? 'Never' : fromNow(end);
  fill(
    byId('expiry-note'),
    end === null ? 'The key and its balance stay' : el('time', { datetime: end }, moment(end)),
  );
}

function meters({ limits, rate, budget, quota }: KeyAnswer): Child[] {
  const used = limits.requests_per_minute - rate.remaining;
  const back = rate.remaining === 0 ? ` · one more in ${rate.reset} s` : '';
  const resets = budget?.resets_at;
  return [
    meter('Requests this minute', used, limits.requests_per_minute, {
      value: `${count(rate.remaining)} of ${count(limits.requests_per_minute)} left`,
      note: `Refills by ${count(limits.requests_per_minute)} a minute${back}`,
    }),
    meter('Running at once', rate.running, limits.concurrent, {
      value: `${count(rate.running)} of ${count(limits.concurrent)}`,
      note: rate.running === 0 ? 'Nothing is running' : 'Calls under way now',
    }),
    budget !== null &&
      meter(`Budget of this ${budget.period}`, budget.spent_usd, budget.amount_usd, {
        value: `${money(budget.spent_usd)} of ${money(budget.amount_usd)}`,
        note: resets ? `Resets ${fromNow(resets)}, ${moment(resets)}` : 'Begins with the next call',
      }),
    quota !== null &&
      meter('Quota', quota.used_usd, quota.amount_usd, {
        value: `${money(quota.used_usd)} of ${money(quota.amount_usd)}`,
        note: 'At list price, until the key ends',
      }),
    limits.tokens_per_minute !== undefined && fact('Tokens a minute', count(limits.tokens_per_minute)),
    limits.usd_per_minute !== undefined && fact('Spend a minute', money(limits.usd_per_minute)),
  ];
}

/** How much of a whole is used. */
export function meter(
  label: string,
  used: number,
  whole: number,
  words: { value: string; note: string },
): HTMLElement {
  const share = whole > 0 ? Math.min(1, used / whole) : 1;
  const level = share >= 1 ? 'full' : share >= 0.8 ? 'high' : 'fine';
  const filled = el('span', { class: 'filled' });
  filled.style.width = `${share * 100}%`;
  return el(
    'div',
    { class: `meter ${level}` },
    el('div', { class: 'meter-head' }, el('span', {}, label), el('strong', {}, words.value)),
    el(
      'div',
      {
        class: 'track',
        role: 'meter',
        'aria-label': label,
        'aria-valuemin': 0,
        'aria-valuemax': whole,
        'aria-valuenow': Math.min(used, whole),
        'aria-valuetext': words.value,
      },
      filled,
    ),
    el('p', { class: 'note' }, words.note),
  );
}

function fact(label: string, value: string): HTMLElement {
  return el(
    'div',
    { class: 'meter' },
    el('div', { class: 'meter-head' }, el('span', {}, label), el('strong', {}, value)),
  );
}
