// Builds elements whose text is only ever text: what a name holds is never read as HTML.

import { exactMoney, money } from './words.ts';

export type Child = Node | string | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined>;

const SVG = 'http://www.w3.org/2000/svg';

/** Attributes that are undefined or false are left out; true stands without a value. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return dress(document.createElement(tag), attributes, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

/** The element of the page with this id. Throws where there is none. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

export function inputById(id: string): HTMLInputElement {
  const found = byId(id);
  if (!(found instanceof HTMLInputElement)) throw new Error(`#${id} is no field`);
  return found;
}

/** Puts the children in place of what is there. */
export function fill(host: Element, ...children: Child[]): void {
  host.replaceChildren(...children.filter(isThere));
}

/** The value of the chosen radio button of a group, now and whenever it changes. */
export function choice(group: string, changed: (value: string) => void): () => string {
  const host = byId(group);
  const value = () => host.querySelector<HTMLInputElement>('input:checked')?.value ?? '';
  host.addEventListener('change', () => changed(value()));
  return value;
}

/**
 * A table in a frame that scrolls by itself where the page is narrow. One that is `stacked` has on a phone one cell
 * below the other, each beside its heading: for words that are to be read, not compared.
 */
export function table(
  label: string,
  heads: [text: string, numeric?: 'number'][],
  rows: Child[][],
  form?: 'stacked',
): HTMLElement {
  const head = heads.map(([text, kind]) => el('th', { scope: 'col', class: kind }, text));
  const body = rows.map((cells) =>
    el(
      'tr',
      {},
      ...cells.map((cell, index) =>
        el('td', { class: heads[index]?.[1], 'data-head': form && heads[index]?.[0] }, cell),
      ),
    ),
  );
  return el(
    'div',
    { class: form ? `scroll ${form}` : 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...body)),
  );
}

/** Names and what they stand for, beside one another. */
export function factList(facts: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  return el(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
  );
}

/** An amount for reading; pointing at it shows it to the last digit. */
export function amount(usd: number): HTMLElement {
  const exact = exactMoney(usd);
  return el('span', { title: exact === money(usd) ? undefined : exact }, money(usd));
}

/** What stands where there is nothing to show. */
export function empty(title: string, ...children: Child[]): HTMLElement {
  return el('div', { class: 'empty' }, el('p', { class: 'empty-title' }, title), ...children);
}

/** Copies on click, and says so for a moment. */
export function copyOnClick(button: HTMLElement, text: () => string): void {
  const label = button.textContent ?? 'Copy';
  let restore: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', async () => {
    const done = (await copyByPermission(text())) || copyBySelection(button, text());
    button.textContent = done ? 'Copied' : 'Select it';
    clearTimeout(restore);
    restore = setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}

/** Browsers have this for https and for this machine only. */
async function copyByPermission(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Everywhere else: a field is selected and copied as by hand. It stands beside the button, where a dialog allows it. */
function copyBySelection(button: HTMLElement, text: string): boolean {
  const field = el('textarea', { class: 'hidden', 'aria-hidden': 'true', tabindex: -1 });
  field.value = text;
  button.after(field);
  field.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    field.remove();
    button.focus();
  }
}

function dress<Made extends Element>(made: Made, attributes: Attributes, children: Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter(isThere));
  return made;
}

function isThere(child: Child): child is Node | string {
  return child !== undefined && child !== false;
}
