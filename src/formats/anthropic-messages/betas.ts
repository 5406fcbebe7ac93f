// Betas of Anthropic that a provider of its format does not know, with the members that only they unlock.

import type { Loss } from '../../canonical/loss.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/**
 * Members of a request, and tools by the beginning of their type, by the name of their beta without its date; left in,
 * "Extra inputs are not permitted".
 */
const UNLOCKED: Record<string, { members?: string[]; ofTools?: string[]; tools?: string[] }> = {
  'context-management': { members: ['context_management'] },
  compact: { members: ['context_management'] },
  'mcp-client': { members: ['mcp_servers'], tools: ['mcp_toolset'] },
  skills: { members: ['container'] },
  'fast-mode': { members: ['speed'] },
  'task-budgets': { members: ['output_config.task_budget'] },
  'fine-grained-tool-streaming': { ofTools: ['eager_input_streaming'] },
  'advanced-tool-use': {
    ofTools: ['input_examples', 'defer_loading', 'allowed_callers'],
    // without deferred tools there is nothing to search among
    tools: ['tool_search_tool_'],
  },
};

/** Some models take a speed only with it ("Fast mode"), the others do not mind. */
const FAST_MODE = 'fast-mode-2026-02-01';
/** Servers with a toolset each ("MCP connector"). */
const MCP_CLIENT = 'mcp-client-2025-11-20';

/** The header that unlocks what stands in a written request. */
export function betasFor(body: JsonObject): Record<string, string> {
  const betas = [
    ...(body.speed === undefined ? [] : [FAST_MODE]),
    ...(body.mcp_servers === undefined ? [] : [MCP_CLIENT]),
  ];
  return betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') };
}

/** Whether a provider that refuses these betas refuses the speed. */
export function refusesSpeed(refused: readonly string[] = []): boolean {
  return membersOfBetas(refused).includes('speed');
}

/** What is left of an `anthropic-beta` header; undefined when nothing is. `*` refuses every beta, a name every date. */
export function keptBetas(header: string, refused: readonly string[]): string | undefined {
  const betas = header.split(',').map((beta) => beta.trim());
  const kept = betas.filter((beta) => beta !== '' && !refused.some((name) => isOf(beta, name)));
  return kept.length === 0 ? undefined : kept.join(',');
}

function isOf(beta: string, name: string): boolean {
  return name === '*' || beta === name || beta.startsWith(`${name}-`);
}

/** Members of the request, as paths with dots, that the provider would refuse. */
export function membersOfBetas(refused: readonly string[]): string[] {
  return unlocked(refused).flatMap(({ members = [] }) => members);
}

/** The tools without such members, and undefined in place of such tools. */
export function toolsWithoutBetas(
  tools: JsonValue[],
  refused: readonly string[],
  losses: Loss[],
): (JsonValue | undefined)[] {
  const names = unlocked(refused).flatMap(({ ofTools = [] }) => ofTools);
  const types = unlocked(refused).flatMap((members) => members.tools ?? []);
  return tools.map((tool, i) => {
    if (!isObject(tool)) return tool;
    if (types.some((type) => asString(tool.type)?.startsWith(type))) {
      losses.push({ path: `tools[${i}]`, action: 'dropped', reason: REFUSED_BETA });
      return undefined;
    }
    if (!names.some((name) => name in tool)) return tool;
    const kept = { ...tool };
    for (const name of names) {
      if (!(name in kept)) continue;
      losses.push({ path: `tools[${i}].${name}`, action: 'dropped', reason: REFUSED_BETA });
      delete kept[name];
    }
    return kept;
  });
}

export const REFUSED_BETA = 'the provider refuses the beta it belongs to';

/** Whether the provider refuses this beta, named without its date. */
export function refusesBeta(refused: readonly string[] | undefined, beta: string): boolean {
  return refused?.some((name) => isOf(beta, name) || isOf(name, beta)) === true;
}

function unlocked(refused: readonly string[]) {
  return Object.entries(UNLOCKED)
    .filter(([beta]) => refusesBeta(refused, beta))
    .map(([, members]) => members);
}
