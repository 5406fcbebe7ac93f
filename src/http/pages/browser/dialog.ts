// The one dialog of a page: filled anew each time it opens, closed by Escape, its button or when it is done.

import { byId, type Child, el, fill } from './dom.ts';

export type Dialog = {
  show(title: string, ...children: Child[]): void;
  /** For tables. */
  showWide(title: string, ...children: Child[]): void;
  close(): void;
};

export function dialog(): Dialog {
  const host = byId('dialog') as HTMLDialogElement;
  // A secret that was shown once is gone with it
  host.addEventListener('close', () => fill(host));
  const open = (isWide: boolean, title: string, children: Child[]) => {
    const close = el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close' }, '✕');
    close.addEventListener('click', () => host.close());
    host.classList.toggle('wide', isWide);
    fill(host, el('header', { class: 'head' }, el('h2', { id: 'dialog-title' }, title), close), ...children);
    if (!host.open) host.showModal();
  };
  return {
    show: (title, ...children) => open(false, title, children),
    showWide: (title, ...children) => open(true, title, children),
    close: () => host.close(),
  };
}

type Field = {
  id: string;
  label: string;
  hint?: string;
  attributes?: Record<string, string | number | boolean>;
};

/** A labelled field for text. */
export function field({ id, label, hint, attributes = {} }: Field): HTMLElement {
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    el('input', {
      id,
      type: 'text',
      autocomplete: 'off',
      'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
      ...attributes,
    }),
    hint !== undefined && el('p', { id: `${id}-hint`, class: 'note' }, hint),
  );
}

/** A form that says what the server has against it. `submit` answers with that, or undefined when all is well. */
export function form(
  action: string,
  submit: () => Promise<string | undefined>,
  ...children: Child[]
): HTMLElement {
  const wrong = el('p', { class: 'wrong', role: 'alert' });
  const button = el('button', { type: 'submit', class: 'primary' }, action);
  const made = el('form', { class: 'stack' }, ...children, wrong, button);
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    wrong.textContent = (await submit()) ?? '';
    button.disabled = false;
  });
  return made;
}
