// How clients and their blocks are called wherever they are shown.

import type { Client } from './client.ts';
import type { FilledBlock } from './fill.ts';

/** What each kind is called where the clients are listed. */
export const KINDS: Readonly<Record<Client['kind'], string>> = {
  agent: 'Coding agents',
  editor: 'Editors',
  chat: 'Chat',
  library: 'Libraries',
};

export const FORMAT_NAMES: Readonly<Record<Client['format'], string>> = {
  'openai-chat': 'OpenAI Chat',
  'openai-responses': 'OpenAI Responses',
  'anthropic-messages': 'Anthropic Messages',
};

/** A file goes by its path. */
export function titleOf(block: FilledBlock): string {
  if (block.kind === 'file') return block.path;
  const { title, alternative } = block;
  return alternative ? `Or: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : title;
}

/** Whether `osiris setup --write` can do it. */
export function isWritable(client: Client): boolean {
  return client.blocks.some(({ kind }) => kind === 'file');
}
