// Writes how much a model should think as Chat's `reasoning_effort`.

import type { Loss } from '../../canonical/loss.ts';
import type { CanonicalRequest, Effort } from '../../canonical/request.ts';
import type { Target } from '../codec.ts';
import { EFFORTS, effortOf } from '../effort.ts';
import { NO_MEMBER } from './encode-parts.ts';

/** Records a loss under the name the client used for a canonical control. */
export type Lose = (name: string, action: Loss['action'], reason: string) => void;

/** Chat has no `max`. */
const ORDER: readonly string[] = EFFORTS.filter((effort) => effort !== 'max');

/** The effort the target knows that is nearest to what was asked; undefined leaves it to the model. */
export function encodeEffort(request: CanonicalRequest, target: Target, lose: Lose): string | undefined {
  const control = request.reasoning;
  if (!control) return undefined;
  const isOff = control.mode === 'off' || control.effort === 'none';
  // an effort brings thoughts along by itself
  const isAsked = !isOff && (control.effort !== undefined || control.budgetTokens !== undefined);
  if (control.summary !== undefined && !(isAsked && control.summary === 'auto'))
    lose('reasoning.summary', 'dropped', NO_MEMBER);
  if (target.thinking === 'none') {
    if (!isOff) lose('reasoning', 'dropped', 'the model does not think');
    return undefined;
  }
  if (isOff) return clip('none', target, lose);
  if (control.effort !== undefined) {
    if (control.budgetTokens !== undefined) lose('reasoning.budgetTokens', 'dropped', 'the effort says it');
    return clip(control.effort, target, lose);
  }
  if (control.budgetTokens === undefined) return undefined;
  lose('reasoning.budgetTokens', 'changed', 'a token budget becomes an effort');
  return clip(effortOf(control.budgetTokens), target, lose);
}

function clip(effort: Effort, target: Target, lose: Lose): string {
  const asked = effort === 'max' ? 'xhigh' : effort;
  const known = target.efforts.filter((name) => ORDER.includes(name));
  const lower = known.filter((name) => ORDER.indexOf(name) <= ORDER.indexOf(asked));
  const chosen = known.length === 0 ? asked : (lower.at(-1) ?? known[0] ?? asked);
  if (chosen !== effort) lose('reasoning.effort', 'clamped', 'the model does not know this effort');
  return chosen;
}
