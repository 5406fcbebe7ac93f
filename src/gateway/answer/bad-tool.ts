// What becomes of an answer whose model called a tool in a way that cannot be read: asked once more, else told.

import { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { Attempts } from '../attempts.ts';
import type { Call } from '../call.ts';
import type { Meter } from '../meter.ts';
import type { Plan } from '../plan.ts';

type Ports = { call: Call; plan: Plan; meter: Meter; attempts: Attempts };

/** `fault` while none of it has gone to the client; `tell` when it is what the client gets, under another word. */
export type BadTool = { fault: () => Fault | undefined; tell: () => void };

/** A client of the same format is told by the provider's own word and may ask again itself. */
export function badToolOf({ call, plan, meter, attempts }: Ports): BadTool {
  // not the plan: it holds the whole request
  const { losses } = plan;
  if (plan.upstream.id === call.codec.id) return OWN_WORDS;
  return {
    fault: () => (meter.hasBadTool && attempts.mayRepeat ? badToolCall() : undefined),
    tell: () => {
      if (meter.hasBadTool) losses.push(TOLD);
    },
  };
}

const OWN_WORDS: BadTool = { fault: () => undefined, tell() {} };

const TOLD: Loss = {
  path: 'tools',
  action: 'changed',
  reason: 'the model called a tool in a way that cannot be read, and the answer ends there',
};

function badToolCall(): Fault {
  return new Fault(
    'bad_tool_call',
    'The model called a tool in a way that cannot be read. Ask again, or describe the tool in simpler words.',
  );
}
