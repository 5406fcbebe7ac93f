// How hard a model may be told to think, in the order of strength, and what a budget of tokens amounts to.

import type { Effort } from '../canonical/request.ts';

/** Weakest first. */
export const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The most tokens an effort stands for. */
const BUDGETS: readonly [number, Effort][] = [
  [0, 'none'],
  [2048, 'low'],
  [8192, 'medium'],
  [24_576, 'high'],
  [49_152, 'xhigh'],
];

/** The effort for a thinking budget. */
export function effortOf(budgetTokens: number): Effort {
  return BUDGETS.find(([most]) => budgetTokens <= most)?.[1] ?? 'max';
}
