// What `osiris setup` prints for people.

import type { Client } from '../../clients/client.ts';
import type { FilledBlock } from '../../clients/fill.ts';
import { CLIENTS } from '../../clients/index.ts';
import { FORMAT_NAMES, isWritable, titleOf } from '../../clients/words.ts';
import { formatTable } from '../table.ts';
import type { Proof } from './prove.ts';
import type { Written } from './write.ts';

/** All clients, by kind. */
export function listText(): string {
  const rows = CLIENTS.map((client) => [client.id, client.name, FORMAT_NAMES[client.format], howOf(client)]);
  const head = ['CLIENT', 'NAME', 'SPEAKS', 'SET UP BY'];
  return `${formatTable(head, rows)}
osiris setup CLIENT                       shows what to put where
osiris setup CLIENT --write --key sk-…    puts it there, keeps a copy of what was there, and tries it
`;
}

/** In a word. */
export function howOf(client: Client): string {
  if (client.kind === 'library') return 'a few lines of code';
  return isWritable(client) ? '--write' : 'hand';
}

export function headText(client: Client, origin: string): string {
  return `${client.name} with Osiris at ${origin}, in ${FORMAT_NAMES[client.format]} format\n`;
}

/** Texts begin at the margin: copied from a terminal with spaces before it, Python is refused. */
export function blockText(block: FilledBlock): string {
  const head = `\n─── ${titleOf(block)}\n\n`;
  if (block.kind !== 'steps') return `${head}${block.text}`;
  const steps = block.steps.map((step) => (typeof step === 'string' ? step : `${step[0]}:  ${step[1]}`));
  return `${head}${steps.map((step, index) => `${index + 1}. ${step}\n`).join('')}`;
}

export function notesText(notes: readonly string[]): string {
  return notes.map((note) => `\nNote: ${note}\n`).join('');
}

export function writtenText(written: readonly Written[]): string {
  return written
    .map(({ path, changed, backup }) => {
      if (!changed) return `${path} is as it should be; nothing was written.\n`;
      return backup === undefined ? `Wrote ${path}.\n` : `Changed ${path}; what was there is in ${backup}.\n`;
    })
    .join('');
}

export function proofText({ what, ok, detail }: Proof): string {
  return `  ${ok ? '✓' : '✗'} ${what.padEnd(13)} ${detail}\n`;
}
