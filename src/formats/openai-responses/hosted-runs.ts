// Which hosted tools an answer has run, as far as each run has a price of its own.

import { asObject, type JsonValue } from '../../lib/json.ts';

export type HostedRun = (typeof RUNS)[number];
const RUNS = ['web_search', 'image_generation', 'code_execution'] as const;

/**
 * What an output item is billed as beside its tokens. Of a web search only the searching is, not opening a page or
 * looking for words in it; what failed is nothing.
 */
export function runOf(item: { [name: string]: JsonValue | undefined }): HostedRun | undefined {
  if (item.status === 'failed') return undefined;
  if (item.type === 'image_generation_call') return 'image_generation';
  if (item.type === 'code_interpreter_call') return 'code_execution';
  if (item.type !== 'web_search_call') return undefined;
  const { type = 'search' } = asObject(item.action);
  return type === 'search' ? 'web_search' : undefined;
}

/** How often each has run by what was streamed and by the whole answer, of which either may be incomplete. */
export function countRuns(
  streamed: readonly (HostedRun | undefined)[],
  whole: readonly (HostedRun | undefined)[],
): Partial<Record<HostedRun, number>> {
  const counts: Partial<Record<HostedRun, number>> = {};
  for (const run of RUNS) {
    const of = (runs: typeof whole) => runs.filter((each) => each === run).length;
    const count = Math.max(of(streamed), of(whole));
    if (count > 0) counts[run] = count;
  }
  return counts;
}
