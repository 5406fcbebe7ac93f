// The door of a page: takes a secret, keeps it in memory (in the tab too when asked to), shows why it did not open.

import type { Refusal } from './api.ts';
import { byId, inputById } from './dom.ts';

export type Gate = {
  secret(): string;
  /** Shows the page behind the door. */
  open(): void;
  /** Forgets the secret and shows the door, with the reason if there is one. */
  close(refusal?: Refusal): void;
};

/** `tried` is called with each secret that is given. */
export function gate(slot: string, tried: () => Promise<void>): Gate {
  let secret = '';
  const form = byId('gate-form');
  const field = inputById('secret');
  const keep = inputById('keep');
  const button = form.querySelector('button');
  const show = (isOpen: boolean) => {
    byId('gate').hidden = isOpen;
    byId('board').hidden = !isOpen;
  };
  const attempt = async (given: string) => {
    secret = given;
    byId('gate-error').textContent = '';
    button?.toggleAttribute('disabled', true);
    await tried();
    button?.toggleAttribute('disabled', false);
  };
  const made: Gate = {
    secret: () => secret,
    open() {
      keepSecret(slot, keep.checked ? secret : undefined);
      field.value = '';
      show(true);
    },
    close(refusal) {
      secret = '';
      keepSecret(slot, undefined);
      show(false);
      byId('gate-error').textContent = refusal?.message ?? '';
      field.setAttribute('aria-invalid', String(refusal !== undefined));
      field.focus();
    },
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = field.value.trim();
    if (given !== '') void attempt(given);
  });
  byId('forget').addEventListener('click', () => made.close());
  const kept = keptSecret(slot);
  if (kept !== undefined) {
    keep.checked = true;
    // The page has its gate in hand first
    queueMicrotask(() => void attempt(kept));
  } else field.focus();
  return made;
}

/** What an earlier page of this tab was asked to remember. */
export function keptSecret(slot: string): string | undefined {
  try {
    return sessionStorage.getItem(slot) ?? undefined;
  } catch {
    return undefined; // storage may be forbidden; the page works without it
  }
}

/** Undefined forgets it. */
export function keepSecret(slot: string, secret: string | undefined): void {
  try {
    if (secret === undefined) sessionStorage.removeItem(slot);
    else sessionStorage.setItem(slot, secret);
  } catch {}
}
