// How a Messages upstream is asked to think, and what that does to the output cap.

import { Fault } from '../../../canonical/fault.ts';
import type { Effort } from '../../../canonical/request.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { EFFORTS, effortOf } from '../../effort.ts';
import { willLackThoughts } from './tool-loop.ts';
import { lose, type Writing } from './writing.ts';

/** `thinks` is false when thinking is off or not asked for. */
export type Thinking = { thinks: boolean; thinking?: JsonObject; effort?: string; maxTokens: number };

/** Where neither the request nor the catalogue names a cap. */
const CAP_TOKENS = 8192;

const BUDGETS: Record<Effort, number> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};
/** Anthropic's floor for a budget. */
const BUDGET_MIN = 1024;
/** What thinking leaves to the answer, unless the cap is smaller still. */
const ANSWER_TOKENS = 1024;

/** Fits the reasoning control and the output cap to the target, which share one number of tokens. */
export function encodeThinking(writing: Writing): Thinking {
  const { reasoning } = writing.request;
  const maxTokens = encodeCap(writing);
  if (!reasoning) return { thinks: false, maxTokens };
  const { mode, effort, budgetTokens, summary } = reasoning;
  if (mode === 'off' || effort === 'none' || budgetTokens === 0) return switchOff(writing, maxTokens);
  if (mode === undefined && effort === undefined && budgetTokens === undefined) {
    if (summary !== undefined)
      lose(writing, 'reasoning.summary', 'dropped', 'nothing asks the model to think');
    return { thinks: false, maxTokens };
  }
  switch (writing.target.thinking) {
    case 'none':
      lose(writing, 'reasoning', 'dropped', 'the model does not think');
      return { thinks: false, maxTokens };
    case 'budget':
      return thinkByBudget(writing, maxTokens);
    case 'effort':
    case 'adaptive':
      return thinkByEffort(writing, maxTokens);
    default:
      return writing.target.thinking satisfies never;
  }
}

function encodeCap(writing: Writing): number {
  const { maxOutputTokens: asked } = writing.request;
  const { maxOutputTokens: most } = writing.target;
  if (asked === undefined) return most ?? CAP_TOKENS;
  if (asked < 1) throw emptyAnswer(writing);
  if (most === undefined || asked <= most) return asked;
  lose(writing, 'maxOutputTokens', 'clamped', `the model writes at most ${most} tokens`);
  return most;
}

/** There 0 means to fill the cache and answer nothing, which nobody asks for in another format. */
function emptyAnswer({ request }: Writing): Fault {
  const param = request.origin.maxOutputTokens ?? 'max_tokens';
  return new Fault('unsupported_parameter', `\`${param}\` must be at least 1 for this model.`, { param });
}

/** Some models refuse to be told not to think; one of them can leave it at thinking between calls of tools. */
const ALWAYS_THINKS = /(sonnet|opus)-5[-.]5|fable-5/;
const THINKS_BETWEEN_TOOLS = /sonnet-5[-.]5/;

function switchOff(writing: Writing, maxTokens: number): Thinking {
  const { thinking, model } = writing.target;
  if (thinking === 'none') return { thinks: false, maxTokens };
  if (ALWAYS_THINKS.test(model)) {
    lose(writing, 'reasoning', 'changed', 'the model cannot stop thinking; it thinks as little as it can');
    if (THINKS_BETWEEN_TOOLS.test(model))
      return { thinks: true, thinking: { type: 'between_tools' }, maxTokens };
    return { thinks: true, effort: clip('low', writing.target.efforts), maxTokens };
  }
  return { thinks: false, thinking: { type: 'disabled' }, maxTokens };
}

/** Thinking counts toward `max_tokens`, so a cap that was meant for the answer is raised by the budget. */
function thinkByBudget(writing: Writing, cap: number): Thinking {
  const { reasoning, maxOutputTokens, messages } = writing.request;
  if (willLackThoughts(messages)) {
    lose(writing, 'reasoning', 'dropped', 'the thoughts that began this tool loop are not Anthropic’s');
    return { thinks: false, maxTokens: cap };
  }
  const asked = reasoning?.budgetTokens ?? BUDGETS[reasoning?.effort ?? 'medium'];
  const most = writing.target.maxOutputTokens;
  let maxTokens = cap;
  const meansAnswer = reasoning?.budgetTokens === undefined || cap <= asked;
  if (maxOutputTokens !== undefined && meansAnswer) {
    maxTokens = Math.min(cap + asked, most ?? Number.POSITIVE_INFINITY);
    if (maxTokens !== cap) lose(writing, 'maxOutputTokens', 'changed', 'raised by the thinking budget');
  } else if (most === undefined && cap < asked + ANSWER_TOKENS) maxTokens = cap + asked;
  const room = Math.min(ANSWER_TOKENS, cap);
  const budget = Math.max(BUDGET_MIN, Math.min(asked, maxTokens - room));
  if (budget >= maxTokens) {
    lose(writing, 'reasoning', 'dropped', 'the model’s output cap leaves no room to think');
    return { thinks: false, maxTokens };
  }
  if (reasoning?.budgetTokens !== undefined && budget !== asked) {
    lose(writing, 'reasoning.budgetTokens', 'clamped', 'the budget was fitted to the output cap');
  }
  if (reasoning?.effort === 'minimal' || reasoning?.effort === 'max') {
    lose(writing, 'reasoning.effort', 'changed', 'the effort became the nearest thinking budget');
  }
  return {
    thinks: true,
    thinking: { type: 'enabled', budget_tokens: budget, ...display(writing) },
    maxTokens,
  };
}

function thinkByEffort(writing: Writing, maxTokens: number): Thinking {
  const { effort: asked, budgetTokens } = writing.request.reasoning ?? {};
  const out: Thinking = { thinks: true, thinking: { type: 'adaptive', ...display(writing) }, maxTokens };
  if (asked === undefined && budgetTokens === undefined) return out;
  const wanted = asked ?? effortOf(budgetTokens ?? 0);
  const effort = clip(wanted === 'minimal' ? 'low' : wanted, writing.target.efforts);
  if (asked === undefined) lose(writing, 'reasoning.budgetTokens', 'changed', 'the budget became an effort');
  else if (effort !== asked)
    lose(writing, 'reasoning.effort', 'clamped', 'the nearest effort the model knows');
  return { ...out, effort };
}

function display(writing: Writing): { display?: string } {
  const summary = writing.request.reasoning?.summary;
  if (summary === undefined) return {};
  return { display: summary === 'none' ? 'omitted' : 'summarized' };
}

const ORDER: readonly string[] = EFFORTS.filter((effort) => effort !== 'none' && effort !== 'minimal');

/** The highest known effort that is not above the wanted one, else the lowest known. */
function clip(wanted: string, known: string[]): string {
  if (known.length === 0 || known.includes(wanted)) return wanted;
  const usable = ORDER.filter((effort) => known.includes(effort));
  const below = usable.filter((effort) => ORDER.indexOf(effort) <= ORDER.indexOf(wanted));
  return below.at(-1) ?? usable[0] ?? wanted;
}
