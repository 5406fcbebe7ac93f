// What a search among deferred tools has found, as text for formats that have no words of their own for it.

import type { ToolName, ToolSearch } from './part.ts';

/** Undefined for what was looked for alone. */
export function foundText({ found, failed }: ToolSearch): string | undefined {
  if (failed !== undefined) return `The search among the tools failed: ${failed}`;
  if (found === undefined) return undefined;
  return found.length === 0 ? 'No tools were found.' : `Found the tools: ${found.map(fullName).join(', ')}`;
}

/** As formats without namespaces call it. */
export function fullName({ name, namespace }: ToolName): string {
  return namespace === undefined ? name : `${namespace}__${name}`;
}
