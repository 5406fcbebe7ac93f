// Until when the containers that ran code are paid for: providers ask for their time, not for each answer that used them.

import { LRUCache } from 'lru-cache';
import { addContainers, type Usage } from '../../canonical/usage.ts';
import { asArray, asObject, asString } from '../../lib/json.ts';
import type { Call } from '../call.ts';
import type { Plan } from '../plan.ts';

/** The shortest time that Anthropic and OpenAI bill; see `perContainer`. */
const SPAN_MS = 300_000;
/** Forgotten ones are paid for again. */
const CONTAINERS_MAX = 10_000;

type Paid = { untilMs: number; size: number };

/** What of a usage is still to be paid, and what says that it has been. */
export type Due = { usage: Usage; pay: () => void };

export class PaidContainers {
  readonly #paid = new LRUCache<string, Paid>({ max: CONTAINERS_MAX });

  /**
   * The usage with each container counted once for every five minutes begun, between the two times, that no call before
   * has paid. One without a name is always new.
   */
  due(usage: Usage, startedMs: number, endMs: number): Due {
    const sizes: Record<string, number> = {};
    const paid = new Map<string, Paid>();
    for (const [id, seen] of Object.entries(usage.containers ?? {})) {
      const known = id === '' ? undefined : this.#paid.get(id);
      // who only names a container does not say how large it is
      const size = Math.max(seen, known?.size ?? 0);
      const fromMs = Math.max(startedMs, known?.untilMs ?? startedMs);
      const spans = Math.max(known ? 0 : 1, Math.ceil((endMs - fromMs) / SPAN_MS));
      sizes[id] = size * spans;
      if (id !== '') paid.set(id, { untilMs: fromMs + spans * SPAN_MS, size });
    }
    const due = { ...usage, serverTools: { ...usage.serverTools } };
    addContainers(due, sizes);
    const pay = () => {
      for (const [id, each] of paid) this.#paid.set(id, each);
    };
    return { usage: due, pay };
  }
}

/** Anthropic asks nothing for containers beside these tools ("Code execution tool", usage and pricing). */
export function hasFreeContainers({ body }: Call, { kind, upstream }: Plan): boolean {
  if (kind !== 'pass' || upstream.id !== 'anthropic-messages') return false;
  return asArray(body.tools).some((tool) => {
    const [, date = ''] = /^web_(?:search|fetch)_(\d{8})$/.exec(asString(asObject(tool).type) ?? '') ?? [];
    return date >= '20260209';
  });
}

/** The usage without what is free. */
export function withoutContainers(usage: Usage): Usage {
  const { container: _, ...serverTools } = usage.serverTools;
  return { ...usage, serverTools };
}
