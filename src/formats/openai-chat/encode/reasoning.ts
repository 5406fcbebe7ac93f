// Writes how much a model should think as Chat's `reasoning_effort`, and as the switches of its vendors.

import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest, ReasoningControl } from '../../../canonical/request.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import type { Target, ThinkingSwitch } from '../../codec.ts';
import { EFFORTS, effortOf } from '../../effort.ts';
import { NO_MEMBER } from './parts.ts';

/** Records a loss under the name the client used for a canonical control. */
export type Lose = (name: string, action: Loss['action'], reason: string) => void;

/** The members that come nearest to what was asked; none leaves it to the model. */
export function encodeThinking(request: CanonicalRequest, target: Target, lose: Lose): JsonObject {
  const control = request.reasoning;
  if (!control) return {};
  const isOff = control.mode === 'off' || control.effort === 'none' || control.budgetTokens === 0;
  // an effort brings thoughts along by itself
  const isAsked = !isOff && (control.effort !== undefined || control.budgetTokens !== undefined);
  if (control.summary !== undefined && !(isAsked && control.summary === 'auto'))
    lose('reasoning.summary', 'dropped', NO_MEMBER);
  if (target.thinking === 'none') {
    if (!isOff) lose('reasoning', 'dropped', 'the model does not think');
    return {};
  }
  const { thinkingSwitch } = target;
  if (thinkingSwitch === undefined)
    return compact({
      reasoning_effort: isOff ? clip('none', target, lose) : effortFor(control, target, lose),
    });
  if (isOff) return switched(thinkingSwitch, false);
  if (!isAsked) return control.mode === 'on' ? switched(thinkingSwitch, true) : {};
  const on = switched(thinkingSwitch, true);
  if (thinkingSwitch !== 'thinking' && control.budgetTokens !== undefined && control.effort === undefined)
    return { ...on, thinking_budget: control.budgetTokens };
  return compact({ ...on, reasoning_effort: effortFor(control, target, lose) });
}

/** The members that turn thinking on or off. */
export function switched(member: ThinkingSwitch, on: boolean): JsonObject {
  switch (member) {
    case 'thinking':
      return { thinking: { type: on ? 'enabled' : 'disabled' } };
    case 'enable_thinking':
      return { enable_thinking: on };
    case 'chat_template_kwargs':
      return { chat_template_kwargs: { enable_thinking: on } };
    default:
      return member satisfies never;
  }
}

function effortFor(control: ReasoningControl, target: Target, lose: Lose): string | undefined {
  if (control.effort !== undefined) {
    if (control.budgetTokens !== undefined) lose('reasoning.budgetTokens', 'dropped', 'the effort says it');
    return clip(control.effort, target, lose);
  }
  if (control.budgetTokens === undefined) return undefined;
  lose('reasoning.budgetTokens', 'changed', 'a token budget becomes an effort');
  return clip(effortOf(control.budgetTokens), target, lose);
}

/** The strongest known effort that is not stronger than the wish, else the weakest; OpenAI’s Chat has no `max`. */
function clip(effort: string, { efforts, thinkingSwitch }: Target, lose: Lose): string {
  const order: readonly string[] = EFFORTS.filter((name) => thinkingSwitch !== undefined || name !== 'max');
  const asked = order.includes(effort) ? effort : 'xhigh';
  const known = efforts.filter((name) => order.includes(name));
  const lower = known.filter((name) => order.indexOf(name) <= order.indexOf(asked));
  const chosen = known.length === 0 ? asked : (lower.at(-1) ?? known[0] ?? asked);
  if (chosen !== effort) lose('reasoning.effort', 'clamped', 'the model does not know this effort');
  return chosen;
}
