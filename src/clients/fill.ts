// Fills a client's texts for one server, key, choice of models and operating system.

import type { Block, Client, Fill, ModelFacts, Os, Place, Step, Syntax, Variables } from './client.ts';
import { unknownModel } from './models.ts';

/** What stands in place of a key that is not known. */
export const NO_KEY = 'sk-osiris-…';

/** A block as it is shown: everything in it is text. */
export type FilledBlock =
  | { kind: 'file'; path: string; syntax: Syntax; text: string }
  | { kind: 'code'; title: string; alternative: boolean; language: string; text: string }
  | { kind: 'steps'; title: string; alternative: boolean; steps: readonly Step[] };

/** The whole key of a client, nothing else. */
export function isKey(text: string): boolean {
  return /^sk-osiris-[0-9a-f]{32}$/.test(text);
}

/** Whether a model's name can stand in every syntax as it is; names are the operator's. */
export function isPlainModel(id: string): boolean {
  return /^[\w.:/@+-]{1,100}$/.test(id);
}

/**
 * The address of a server as clients are told of it, whatever of `/v1`, slashes and route was written behind it;
 * undefined for what is no address. Parsed and printed again, it holds nothing that a syntax would have to quote.
 */
export function originOf(written: string): string | undefined {
  const text = written.includes('://') ? written : `http://${written}`;
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.hostname === '' || url.username !== '' || url.search !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '').replace(/(\/v1)+$/, '');
  return /^[\w./-]*$/.test(path) ? `${url.origin}${path}` : undefined;
}

/** Addresses that only this machine or its network reaches. */
export function isPrivate(origin: string): boolean {
  const { hostname } = new URL(origin);
  return (
    !hostname.includes('.') ||
    /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(hostname) ||
    /\.(local|internal|lan)$/.test(hostname)
  );
}

/**
 * The models a client is set up with: those asked for by name, else those it prefers among what is offered, else the
 * first that are offered. `offered` undefined: nothing is known of the server, and all that it prefers are listed.
 */
export function chooseModels(
  client: Client,
  offered: readonly ModelFacts[] | undefined,
  named: readonly string[] = [],
): [ModelFacts, ...ModelFacts[]] {
  const known = offered ?? client.prefers;
  const factsOf = (id: string) => known.find((facts) => facts.id === id) ?? unknownModel(id);
  const [first, ...rest] = named.map(factsOf);
  if (first) return [first, ...rest];
  if (offered === undefined) return [...client.prefers];
  const plain = offered.filter(({ id }) => isPlainModel(id));
  const preferred = client.prefers.flatMap(({ id }) => plain.filter((facts) => facts.id === id));
  const own = plain.filter(({ id }) => !id.startsWith('sandbox/'));
  const [chosen, ...others] =
    preferred.length > 0 ? preferred : own.length > 0 ? own.slice(0, 1) : plain.slice(0, 2);
  return chosen ? [chosen, ...others] : [client.prefers[0]];
}

/** Every block of a client, as text for one operating system. */
export function fillClient(client: Client, fill: Fill, os: Os): FilledBlock[] {
  return client.blocks.map((block) => fillBlock(block, fill, os));
}

function fillBlock(block: Block, fill: Fill, os: Os): FilledBlock {
  if (block.kind === 'file')
    return { kind: 'file', path: pathOf(block.place, os), syntax: block.syntax, text: block.text(fill) };
  const head = { title: block.title, alternative: block.alternative === true };
  switch (block.kind) {
    case 'variables':
      return {
        kind: 'code',
        ...head,
        language: os === 'windows' ? 'powershell' : 'shell',
        text: assignments(block, fill, os),
      };
    case 'code':
      return { kind: 'code', ...head, language: block.language, text: block.text(fill) };
    case 'steps':
      return { kind: 'steps', ...head, steps: block.steps(fill) };
    default:
      return block satisfies never;
  }
}

/** As the documentation of a client writes it: the folder, and the name of the file that is made where there is none. */
function pathOf({ folder, names }: Place, os: Os): string {
  return `${folder[os]}${os === 'windows' ? '\\' : '/'}${names.at(-1) ?? ''}`;
}

function assignments({ values, command }: Variables, fill: Fill, os: Os): string {
  const lines = Object.entries(values(fill)).map(([name, value]) =>
    os === 'windows' ? `$env:${name} = "${value}"` : `export ${name}="${value}"`,
  );
  if (command) lines.push(command(fill));
  return `${lines.join('\n')}\n`;
}

/** What one should know beside the texts. */
export function notesOf(client: Client, fill: Fill): string[] {
  const notes = [...(client.notes?.(fill) ?? [])];
  if (client.callsFromOutside && isPrivate(fill.origin))
    notes.unshift(
      `${client.name} calls from its maker’s servers: they cannot reach ${fill.origin}. Give it a public https address.`,
    );
  return notes;
}
