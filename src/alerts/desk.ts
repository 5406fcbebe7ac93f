// Tells the operator of trouble: once when it begins, now and then while it goes on, and when it is over.

import type { AlertEvent } from '../config/alerts-schema.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { newAlertId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Alarm, Alert, AlertState } from './alert.ts';

/** It has to be over for so long before that is told, and for longer each time it came back. */
const WELL_MS = 60_000;
const DOUBLINGS_MAX = 6;
/** What came back within this is the same old trouble. */
const RELAPSE_MS = 3_600_000;
const RECENT_MAX = 50;
/** Troubles are named after what stands in the configuration; nobody has more of it than this. */
const TROUBLES_MAX = 1000;

type Trouble = {
  /** Of the alert that told of it first. */
  id: string;
  event: AlertEvent;
  subject: string;
  message: string;
  details: JsonObject;
  sinceMs: number;
  times: number;
  /** When it was told last. */
  toldMs: number;
  /** How often it has come back. */
  relapses: number;
  over: { atMs: number; message: string } | undefined;
};

export type DeskPorts = {
  clock?: Clock;
  /** After so long it is told again; 0 never does. */
  remindMs: () => number;
  /** Told of every alert, in their order; must not throw. */
  tell: (alert: Alert) => void;
};

export class AlertDesk implements Alarm {
  readonly #clock: Clock;
  readonly #ports: DeskPorts;
  readonly #troubles = new Map<string, Trouble>();
  /** Of troubles that are over: when, and how often they have come back. */
  readonly #past = new Map<string, { atMs: number; relapses: number }>();
  /** Newest first. */
  #recent: Alert[] = [];

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
  }

  raise(event: AlertEvent, subject: string, message: string, details: JsonObject = {}): void {
    const name = nameOf(event, subject);
    const now = this.#clock.nowMs();
    const known = this.#troubles.get(name);
    if (known) {
      Object.assign(known, { message, details, times: known.times + 1 });
      if (known.over) known.relapses += 1;
      known.over = undefined;
      return;
    }
    if (this.#troubles.size >= TROUBLES_MAX) return;
    const past = this.#past.get(name);
    const relapses = past && now - past.atMs < RELAPSE_MS ? past.relapses + 1 : 0;
    const head = { id: newAlertId(), event, subject, message, details };
    const trouble: Trouble = { ...head, sinceMs: now, times: 1, toldMs: now, relapses, over: undefined };
    this.#troubles.set(name, trouble);
    this.#tell(trouble, 'raised', message);
  }

  clear(event: AlertEvent, subject: string, message: string): void {
    const trouble = this.#troubles.get(nameOf(event, subject));
    if (trouble) trouble.over ??= { atMs: this.#clock.nowMs(), message };
  }

  /** Looks at the clock; to be called every few seconds. */
  tick(): void {
    const now = this.#clock.nowMs();
    const remindMs = this.#ports.remindMs();
    for (const [name, trouble] of this.#troubles) {
      const { over, relapses } = trouble;
      if (over) {
        if (now - over.atMs < WELL_MS * 2 ** Math.min(relapses, DOUBLINGS_MAX)) continue;
        this.#troubles.delete(name);
        this.#past.set(name, { atMs: now, relapses });
        trouble.toldMs = now;
        this.#tell(trouble, 'cleared', over.message);
      } else if (remindMs > 0 && now - trouble.toldMs >= remindMs) {
        trouble.toldMs = now;
        this.#tell(trouble, 'reminder', trouble.message);
      }
    }
    for (const [name, { atMs }] of this.#past) if (now - atMs >= RELAPSE_MS) this.#past.delete(name);
  }

  /** Troubles that are not over, the oldest first, as they would be told now. */
  open(): Alert[] {
    return [...this.#troubles.values()]
      .filter(({ over }) => over === undefined)
      .map((trouble) => this.#alertOf(trouble, 'raised', trouble.message, trouble.id));
  }

  /** What was told of late, the newest first. */
  recent(): readonly Alert[] {
    return this.#recent;
  }

  #tell(trouble: Trouble, state: AlertState, message: string): void {
    const alert = this.#alertOf(trouble, state, message, state === 'raised' ? trouble.id : newAlertId());
    this.#recent = [alert, ...this.#recent].slice(0, RECENT_MAX);
    this.#ports.tell(alert);
  }

  #alertOf(trouble: Trouble, state: AlertState, message: string, id: string): Alert {
    const { event, subject, details, toldMs, sinceMs, times } = trouble;
    return { id, event, state, subject, message, details, atMs: toldMs, sinceMs, times };
  }
}

function nameOf(event: AlertEvent, subject: string): string {
  return `${event} ${subject}`;
}
