// How a Gemini model is asked to think: by level, or by a budget of tokens before the third generation.

import type { Effort } from '../../../canonical/request.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { EFFORTS, effortOf } from '../../effort.ts';
import { generationOf } from '../names.ts';
import { lose, type Writing } from './writing.ts';

/** `thinkingConfig`; undefined leaves everything to the model. Level and budget are never sent together. */
export function encodeThinking(writing: Writing): JsonObject | undefined {
  const { request, target } = writing;
  const { reasoning } = request;
  if (!reasoning) return undefined;
  const isOff = reasoning.mode === 'off' || reasoning.effort === 'none' || reasoning.budgetTokens === 0;
  if (target.thinking === 'none') {
    if (!isOff) lose(writing, 'reasoning', 'dropped', 'the model does not think');
    return undefined;
  }
  // thoughts that were asked for by a budget are there to be seen, as in the format that has budgets
  const { summary = reasoning.mode === 'on' ? 'auto' : undefined } = reasoning;
  const config = thinksByBudget(writing) ? byBudget(writing, isOff) : byLevel(writing, isOff);
  if (summary !== undefined && !isOff) config.includeThoughts = summary !== 'none';
  return Object.keys(config).length === 0 ? undefined : config;
}

function thinksByBudget({ target }: Writing): boolean {
  const generation = generationOf(target.model);
  return generation === undefined ? target.thinking === 'budget' : generation < 3;
}

const LEVELS: Partial<Record<Effort, string>> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
};
const KNOWN: readonly Effort[] = EFFORTS.filter((effort) => effort in LEVELS);

function byLevel(writing: Writing, isOff: boolean): JsonObject {
  const { effort, budgetTokens } = writing.request.reasoning ?? {};
  const { efforts } = writing.target;
  const levels = efforts.length === 0 ? KNOWN : KNOWN.filter((level) => efforts.includes(level));
  if (isOff) {
    // such models always think
    lose(writing, 'reasoning', 'changed', 'the model cannot stop thinking; it thinks as little as it can');
    return { thinkingLevel: LEVELS[efforts.length === 0 ? 'low' : (levels[0] ?? 'low')] ?? 'LOW' };
  }
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens));
  if (wanted === undefined) return {};
  const level =
    levels.findLast((one) => EFFORTS.indexOf(one) <= EFFORTS.indexOf(wanted)) ?? levels[0] ?? 'low';
  if (effort === undefined) lose(writing, 'reasoning.budgetTokens', 'changed', 'the budget became a level');
  else if (level !== effort)
    lose(writing, 'reasoning.effort', 'clamped', 'the nearest level the model knows');
  return { thinkingLevel: LEVELS[level] ?? 'LOW' };
}

const BUDGETS: Record<Effort, number> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
};

/** What a model takes: as little as it can think, the least and the most when it does. */
function rangeOf(model: string): { off: number; least: number; most: number } {
  if (model.includes('pro')) return { off: 128, least: 128, most: 32_768 };
  return { off: 0, least: model.includes('lite') ? 512 : 1, most: 24_576 };
}

function byBudget(writing: Writing, isOff: boolean): JsonObject {
  const { mode, effort, budgetTokens } = writing.request.reasoning ?? {};
  const { off, least, most } = rangeOf(writing.target.model);
  if (isOff) {
    if (off > 0)
      lose(writing, 'reasoning', 'changed', 'the model cannot stop thinking; it thinks as little as it can');
    return { thinkingBudget: off };
  }
  const wanted = budgetTokens ?? (effort === undefined ? undefined : BUDGETS[effort]);
  if (wanted === undefined) return mode === 'auto' ? { thinkingBudget: -1 } : {};
  const thinkingBudget = Math.min(Math.max(wanted, least), most);
  if (thinkingBudget !== wanted)
    lose(
      writing,
      budgetTokens === undefined ? 'reasoning.effort' : 'reasoning.budgetTokens',
      'clamped',
      'beyond what the model takes',
    );
  return { thinkingBudget };
}
