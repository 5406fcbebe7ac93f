// What is lost of a tool that runs code when another provider runs it.

import { runsCode } from '../canonical/hosted-tool.ts';
import type { Loss } from '../canonical/loss.ts';
import type { OpaqueTool, Tool } from '../canonical/request.ts';
import { asObject } from '../lib/json.ts';
import { leftovers } from './leftovers.ts';

/** The container begins empty wherever the code runs next, and its id and files are known to nobody else. */
export function foreignCodeLosses({ raw, at = 'tools' }: OpaqueTool): Loss[] {
  if (raw.format === 'google-generate-content') return [];
  const tool = asObject(raw.value);
  const { type: _, ...kept } = asObject(tool.container);
  const lost = typeof tool.container === 'string' ? [''] : Object.keys(kept).map((name) => `.${name}`);
  return [
    ...leftovers(tool, ['type', 'name', 'container'], at),
    ...lost.map((member): Loss => {
      const reason = 'the provider runs code in a container of its own';
      return { path: `${at}.container${member}`, action: 'dropped', reason };
    }),
  ];
}

/** Whether code may run for a request. */
export function mayRunCode(tools: readonly Tool[]): boolean {
  return tools.some((tool) => tool.kind === 'opaque' && runsCode(tool));
}
