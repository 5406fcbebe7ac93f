// What the operator is told, and the way in for everything that has something to tell.

import type { AlertEvent } from '../config/alerts-schema.ts';
import { formatTime } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';

/** `raised` is told once for each trouble, `reminder` while it goes on, `cleared` when it is over. */
export type AlertState = 'raised' | 'reminder' | 'cleared' | 'test';

export type Alert = {
  /** `alert_…`; the same however often it has to be sent. */
  id: string;
  event: AlertEvent | 'test';
  state: AlertState;
  /** What the trouble is with: a provider, a key of ours there, the ledger. */
  subject: string;
  /** One or two sentences for people. */
  message: string;
  details: JsonObject;
  atMs: number;
  /** Since when there is trouble, and how often it was met. */
  sinceMs: number;
  times: number;
};

/** Neither member throws, waits or takes long: calls may be under way. */
export interface Alarm {
  /** There is trouble. May be said again and again: the operator is told once, until it is over. */
  raise(event: AlertEvent, subject: string, message: string, details?: JsonObject): void;
  /** It is over, if there was any. */
  clear(event: AlertEvent, subject: string, message: string): void;
}

/** An alert as JSON: in answers, and as it is posted. */
export function alertJson({ id, event, state, subject, message, details, ...rest }: Alert): JsonObject {
  const { atMs, sinceMs, times } = rest;
  return {
    id,
    event,
    state,
    subject,
    message,
    details,
    at: formatTime(atMs),
    since: formatTime(sinceMs),
    times,
  };
}
