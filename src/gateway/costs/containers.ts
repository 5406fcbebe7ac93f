// Until when the containers that ran code are paid for: providers ask for their time, not for each answer that used them.

import { LRUCache } from 'lru-cache';
import { addContainers, type Usage } from '../../canonical/usage.ts';
import { asArray, asNumber, asObject, asString, tryParseJson } from '../../lib/json.ts';

/** The shortest time that Anthropic and OpenAI bill; see `perContainer`. */
const SPAN_MS = 300_000;
/** Forgotten ones are paid for again. */
const CONTAINERS_MAX = 10_000;
/** Calls that began longer ago say nothing of a container that can still be used: OpenAI's end when idle for 20 minutes. */
export const CONTAINERS_REMEMBERED_MS = 7_200_000;

/** By the container's id: until when it is paid for, and how large it is. */
export type Paid = ReadonlyMap<string, { untilMs: number; size: number }>;

/** What of a usage is still to be paid, and for which containers it pays; `undo` says that it does not after all. */
export type Due = { usage: Usage; paid: Paid; undo: () => void };

export class PaidContainers {
  readonly #paid = new LRUCache<string, { untilMs: number; size: number }>({ max: CONTAINERS_MAX });

  /** `notes` stand in the ledger with the charges of late, each as `noteOf` made it. */
  constructor(notes: readonly string[] = []) {
    for (const note of notes) this.#pay(paidIn(note));
  }

  /**
   * The usage with each container counted once for every five minutes begun, between the two times, that no call before
   * has paid. One without a name is always new. They count as paid at once: calls that end together do not all pay.
   */
  due(usage: Usage, startedMs: number, endMs: number): Due {
    const sizes: Record<string, number> = {};
    const paid = new Map<string, { untilMs: number; size: number }>();
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
    const before = new Map([...paid.keys()].map((id) => [id, this.#paid.get(id)]));
    this.#pay(paid);
    const undo = () => {
      for (const [id, { untilMs }] of paid) {
        const known = before.get(id);
        // another call has paid for a longer time meanwhile
        if (this.#paid.get(id)?.untilMs !== untilMs) continue;
        if (known) this.#paid.set(id, known);
        else this.#paid.delete(id);
      }
    };
    return { usage: due, paid, undo };
  }

  #pay(paid: Paid): void {
    for (const [id, { untilMs, size }] of paid) {
      const known = this.#paid.get(id);
      this.#paid.set(id, {
        untilMs: Math.max(untilMs, known?.untilMs ?? 0),
        size: Math.max(size, known?.size ?? 0),
      });
    }
  }
}

/** What the ledger keeps of it with the charge, for a server that starts anew. */
export function noteOf(paid: Paid): string | undefined {
  if (paid.size === 0) return undefined;
  const containers = [...paid].map(([id, { untilMs, size }]) => ({ id, paid_until_ms: untilMs, size }));
  return JSON.stringify({ containers });
}

function paidIn(note: string): Paid {
  const containers = asArray(asObject(tryParseJson(note) ?? null).containers).map(asObject);
  return new Map(
    containers.map(({ id, paid_until_ms: untilMs, size }) => [
      asString(id) ?? '',
      { untilMs: asNumber(untilMs) ?? 0, size: asNumber(size) ?? 0 },
    ]),
  );
}

/** The usage without what is free. */
export function withoutContainers(usage: Usage): Usage {
  const { container: _, ...serverTools } = usage.serverTools;
  return { ...usage, serverTools };
}
