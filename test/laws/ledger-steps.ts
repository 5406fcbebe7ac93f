// What may happen to a ledger, in any order: calls, writes that fail, deaths.

import type { SettleRule } from '../../src/store/ports.ts';
import type { Choices } from './choices.ts';

/** `strict` draws on holds that no charge may exceed; `time` on a window with a quota. */
export const PAYERS = ['credit', 'strict', 'time'] as const;
export type Payer = (typeof PAYERS)[number];

/** `lost`: the rows are written, and nobody hears of it. */
export type Fate = 'written' | 'refused' | 'lost';

/** `call` counts the calls so far, newest first. */
export type Step =
  | { do: 'hold'; payer: Payer; needNano: bigint; moreNano: bigint }
  | { do: 'hold again'; call: number }
  | { do: 'settle'; call: number; rule: SettleRule; chargeNano: bigint }
  | { do: 'deliver'; call: number }
  | { do: 'post'; payer: Payer; kind: 'grant' | 'forfeit' | 'adjust'; amountNano: bigint }
  | { do: 'tick' }
  | { do: 'write'; fate: Fate }
  | { do: 'crash' };

const STEPS_MAX = 40;

export function stepsOf(choices: Choices): Step[] {
  return choices.list(1, STEPS_MAX, () => stepOf(choices));
}

function stepOf(c: Choices): Step {
  const amount = (below: number) => BigInt(c.below(below));
  return c.pick<Step>(
    () => ({ do: 'hold', payer: c.one(...PAYERS), needNano: amount(400), moreNano: amount(200) }),
    () => ({ do: 'write', fate: c.one('written', 'written', 'written', 'refused', 'lost') }),
    () => settleOf(c, 0),
    () => settleOf(c, c.below(6)),
    () => ({ do: 'hold', payer: c.one(...PAYERS), needNano: amount(400), moreNano: 0n }),
    () => ({ do: 'write', fate: 'written' }),
    () => ({ do: 'tick' }),
    () => ({
      do: 'post',
      payer: c.one('credit', 'strict'),
      kind: c.one('grant', 'forfeit', 'adjust'),
      amountNano: 1n + amount(300),
    }),
    () => ({ do: 'deliver', call: c.below(6) }),
    () => ({ do: 'hold again', call: c.below(6) }),
    () => (c.chance(40) ? { do: 'crash' } : { do: 'tick' }),
  );
}

function settleOf(c: Choices, call: number): Step {
  const rule = c.one<SettleRule>('finished', 'finished', 'client-left', 'upstream-failed', 'our-failure');
  const isFree = rule === 'upstream-failed' || rule === 'our-failure';
  return { do: 'settle', call, rule, chargeNano: isFree ? 0n : BigInt(c.below(700)) };
}
