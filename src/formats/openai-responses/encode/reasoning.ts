// How hard the model should think, written as `reasoning`.

import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest, Effort, ReasoningControl } from '../../../canonical/request.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import { EFFORTS, effortOf } from '../../effort.ts';

/** Undefined when the model decides. */
export function encodeReasoning(
  request: CanonicalRequest,
  target: Target,
  losses: Loss[],
): JsonObject | undefined {
  const control = request.reasoning;
  if (!control) return undefined;
  const { origin } = request;
  const path =
    origin['reasoning.effort'] ?? origin['reasoning.budgetTokens'] ?? origin['reasoning.mode'] ?? 'reasoning';
  const wanted = wantedEffort(control);
  if (target.thinking === 'none') {
    if (wanted !== 'none') losses.push({ path, action: 'dropped', reason: 'the model does not think' });
    return undefined;
  }
  if (control.effort === undefined && control.budgetTokens !== undefined)
    losses.push({ path, action: 'changed', reason: 'a budget became an effort' });
  const effort = wanted && clipEffort(wanted, target.efforts);
  if (effort !== wanted)
    losses.push({ path, action: 'changed', reason: 'the nearest effort the model knows' });
  const reasoning = compact({ effort, summary: wantedSummary(control, path, effort) });
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

function wantedEffort({ mode, effort, budgetTokens }: ReasoningControl): Effort | undefined {
  if (mode === 'off') return 'none';
  if (effort !== undefined) return effort;
  if (budgetTokens !== undefined) return effortOf(budgetTokens);
  return mode === 'on' ? 'medium' : undefined;
}

/** The strongest listed effort that is not stronger than the wish, else the weakest listed. */
function clipEffort(wanted: Effort, listed: string[]): Effort {
  const known = EFFORTS.filter((effort) => listed.includes(effort));
  if (known.length === 0 || known.includes(wanted)) return wanted;
  const rank = EFFORTS.indexOf(wanted);
  // thinking was asked for, so "none" is no approximation
  const weaker = known.filter((effort) => effort !== 'none' && EFFORTS.indexOf(effort) < rank);
  return weaker.at(-1) ?? known.find((effort) => effort !== 'none') ?? wanted;
}

/** Clients of other formats see thoughts by default; clients of this one ask for them. */
function wantedSummary(
  { summary }: ReasoningControl,
  path: string,
  effort: Effort | undefined,
): string | undefined {
  if (summary !== undefined) return summary === 'none' ? undefined : summary;
  const isOwn = path === 'reasoning' || path === 'reasoning.effort' || path.startsWith('input[');
  return isOwn || effort === 'none' ? undefined : 'auto';
}
