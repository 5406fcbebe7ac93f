// Brings alerts to one receiver: in their order, again until they arrive, never more waiting than it can hold.

import type { WebhookConfig } from '../config/config.ts';
import { after, type Clock, nowMs } from '../lib/clock.ts';
import { randomFraction } from '../lib/id.ts';
import { log } from '../lib/log.ts';
import type { Alert } from './alert.ts';
import { bodyOf, headersOf } from './letter.ts';
import type { Post, Posted } from './webhook.ts';

export type CourierPorts = {
  post: Post;
  /** What this installation is called. */
  server: () => string;
  userAgent: string;
  clock?: Clock;
  /** Calls back once; a test lets its time pass by hand. */
  after?: typeof after;
};

/** How one receiver fares. */
export type CourierStanding = {
  waiting: number;
  sent: number;
  /** Given up: there was no room for them, they were refused, or too old. */
  dropped: number;
  lastSentMs: number | undefined;
  /** Why the last try failed; undefined after one that did not. */
  trouble: string | undefined;
};

const WAITING_MAX = 100;
const AGE_MS_MAX = 86_400_000;
const FIRST_WAIT_MS = 1000;
const WAIT_MS_MAX = 300_000;
/** Who says so often that an alert is wrong is believed. */
const REFUSALS_MAX = 3;

export class Courier {
  hook: WebhookConfig;
  readonly #ports: CourierPorts;
  readonly #waiting: Alert[] = [];
  #sent = 0;
  #dropped = 0;
  #lastSentMs: number | undefined;
  #trouble: string | undefined;
  /** In a row. */
  #failures = 0;
  #underWay: Promise<void> | undefined;
  #abort = new AbortController();
  #endWait: (() => void) | undefined;
  #isClosing = false;

  constructor(hook: WebhookConfig, ports: CourierPorts) {
    this.hook = hook;
    this.#ports = ports;
  }

  /** Takes it if the receiver wants to know of such events. Never waits. */
  take(alert: Alert): void {
    if (this.#isClosing || (alert.event !== 'test' && !this.hook.events.includes(alert.event))) return;
    this.#waiting.push(alert);
    if (this.#waiting.length > WAITING_MAX) {
      // the first one may be under way
      this.#waiting.splice(1, 1);
      this.#dropped += 1;
    }
    this.#underWay ??= this.#deliver().finally(() => {
      this.#underWay = undefined;
    });
  }

  /** Posts one at once, past those that wait, and tells what came of it. */
  postNow(alert: Alert): Promise<Posted> {
    const { post, server, userAgent } = this.#ports;
    const body = bodyOf(alert, this.hook.format, server());
    const headers = headersOf(alert, body, this.hook, Math.floor(this.#now() / 1000));
    return post(this.hook, body, { 'user-agent': userAgent, ...headers }, this.#abort.signal);
  }

  standing(): CourierStanding {
    return {
      waiting: this.#waiting.length,
      sent: this.#sent,
      dropped: this.#dropped,
      lastSentMs: this.#lastSentMs,
      trouble: this.#trouble,
    };
  }

  /** Tries each of those that wait once more, at once; what is left when `until` is resolved is given up. */
  async close(until: Promise<unknown>): Promise<void> {
    this.#isClosing = true;
    this.#endWait?.();
    await Promise.race([this.#underWay, until]);
    this.#abort.abort();
    const left = this.#waiting.splice(0).length;
    if (left > 0) log.warn('alerts were given up', { receiver: this.hook.host, alerts: left });
    await this.#underWay;
  }

  async #deliver(): Promise<void> {
    let refusals = 0;
    for (;;) {
      const [alert] = this.#waiting;
      if (!alert) return;
      const posted = await this.postNow(alert);
      const { status = 0 } = posted;
      if (status >= 200 && status < 300) {
        this.#arrived(alert);
        refusals = 0;
        continue;
      }
      this.#noteFailure(posted);
      refusals = isRefusal(status) ? refusals + 1 : 0;
      const isOld = this.#now() - alert.atMs >= AGE_MS_MAX;
      if (this.#isClosing || isOld || refusals >= REFUSALS_MAX) {
        this.#giveUp(alert);
        refusals = 0;
      } else await this.#wait(posted.retryAfterS);
    }
  }

  #arrived(alert: Alert): void {
    this.#remove(alert);
    this.#sent += 1;
    this.#lastSentMs = this.#now();
    if (this.#trouble !== undefined) log.info('alerts arrive again', { receiver: this.hook.host });
    this.#trouble = undefined;
    this.#failures = 0;
  }

  #noteFailure({ status, answer }: Posted): void {
    const why = status === undefined ? answer : `answered ${status}${answer === '' ? '' : `: ${answer}`}`;
    if (this.#trouble === undefined)
      log.warn('an alert could not be delivered and is tried again', { receiver: this.hook.host, why });
    this.#trouble = why;
    this.#failures += 1;
  }

  #giveUp(alert: Alert): void {
    this.#remove(alert);
    this.#dropped += 1;
    log.error('an alert was given up', { receiver: this.hook.host, event: alert.event, why: this.#trouble });
  }

  #remove(alert: Alert): void {
    const place = this.#waiting.indexOf(alert);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  /** Twice as long after each failure, and not all installations at once. */
  #wait(retryAfterS: number | undefined): Promise<void> {
    const grown = FIRST_WAIT_MS * 2 ** Math.min(this.#failures - 1, 20) * (0.75 + randomFraction() / 2);
    const waitMs = Math.min(WAIT_MS_MAX, Math.max(grown, (retryAfterS ?? 0) * 1000));
    return new Promise((resolve) => {
      const cancel = (this.#ports.after ?? after)(waitMs, () => this.#endWait?.());
      this.#endWait = () => {
        this.#endWait = undefined;
        cancel();
        resolve();
      };
      if (this.#isClosing) this.#endWait();
    });
  }

  #now(): number {
    return this.#ports.clock?.nowMs() ?? nowMs();
  }
}

/** The alert itself is not liked, or not there: another try will not help soon. */
function isRefusal(status: number): boolean {
  return status >= 300 && status < 500 && ![408, 425, 429].includes(status);
}
