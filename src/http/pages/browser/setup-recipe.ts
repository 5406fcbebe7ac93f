// Shows what a client needs: the same texts as `osiris setup`, each with a button that copies it.

import type { Client, Fill, Os, Step } from '../../../clients/client.ts';
import { type FilledBlock, fillClient, NO_KEY, notesOf } from '../../../clients/fill.ts';
import { FORMAT_NAMES, isWritable, titleOf } from '../../../clients/words.ts';
import { byId, type Child, copyOnClick, el, fill as put } from './dom.ts';

export function showRecipe(client: Client, fill: Fill, os: Os): void {
  const notes = notesOf(client, fill);
  put(
    byId('recipe'),
    el('p', { class: 'note' }, `${client.name} speaks ${FORMAT_NAMES[client.format]} with this server.`),
    ...fillClient(client, fill, os).map(blockNode),
    notes.length > 0 && el('ul', { class: 'notes' }, ...notes.map((note) => el('li', {}, note))),
    isWritable(client) && byCommand(client, fill),
  );
}

function blockNode(block: FilledBlock): HTMLElement {
  const title = titleOf(block);
  const body = block.kind === 'steps' ? stepList(block.steps) : snippet(block.text, title);
  const head = block.kind === 'file' ? el('code', {}, title) : title;
  return el(
    'section',
    { class: 'block' },
    el('h3', {}, head),
    block.kind === 'file' &&
      el('p', { class: 'note' }, 'If you have this file already, put these members into it.'),
    body,
  );
}

/** For who has the program where the client runs. */
function byCommand(client: Client, { origin, key }: Fill): HTMLElement {
  const line = `osiris setup ${client.id} --write --url ${origin} --key ${key}\n`;
  return el(
    'details',
    {},
    el('summary', {}, 'Or let the osiris program do it'),
    el(
      'p',
      { class: 'note' },
      'On the machine of the client: it keeps what is in your files and a copy of them, and tries everything out.',
    ),
    snippet(line, 'The command'),
  );
}

function snippet(text: string, label: string): HTMLElement {
  const copy = el('button', { type: 'button', 'aria-label': `Copy: ${label}` }, 'Copy');
  copyOnClick(copy, () => text);
  return el(
    'div',
    { class: 'snippet' },
    el('pre', { tabindex: 0, role: 'region', 'aria-label': label }, ...withGaps(text)),
    copy,
  );
}

function stepList(steps: readonly Step[]): HTMLElement {
  return el('ol', { class: 'steps' }, ...steps.map((step) => el('li', {}, ...stepNodes(step))));
}

function stepNodes(step: Step): Child[] {
  if (typeof step === 'string') return [step];
  const [name, value] = step;
  const copy = el('button', { type: 'button', 'aria-label': `Copy: ${name}` }, 'Copy');
  copyOnClick(copy, () => value);
  return [el('span', { class: 'field-name' }, name), el('code', {}, ...withGaps(value)), copy];
}

/** What stands in place of a key is marked. */
function withGaps(text: string): Child[] {
  return text.split(NO_KEY).flatMap((part, index) => (index === 0 ? [part] : [el('mark', {}, NO_KEY), part]));
}
