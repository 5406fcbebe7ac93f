// Alerts as the program has them: one desk, a courier for each receiver, and what there is to show of both.

import type { AlertsConfig } from '../config/config.ts';
import { every, formatTime, monotonicMs, nowMs, pause } from '../lib/clock.ts';
import { newAlertId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { log } from '../lib/log.ts';
import { type Alarm, type Alert, alertJson } from './alert.ts';
import { Courier, type CourierPorts } from './courier.ts';
import { AlertDesk } from './desk.ts';

const TICK_MS = 1000;
/** So long a server that ends waits for alerts to arrive. */
const FAREWELL_MS = 3000;

/** What a receiver made of a test. */
export type Tested = {
  receiver: string;
  format: string;
  ok: boolean;
  status: number | null;
  answer: string;
  ms: number;
};

export class Alerts {
  readonly desk: Alarm;
  readonly #desk: AlertDesk;
  readonly #ports: CourierPorts;
  readonly #stopTicking: () => void;
  #config: AlertsConfig;
  #couriers: Courier[] = [];

  /** `every` calls back at even distances; a test lets its time pass by hand. */
  constructor(config: AlertsConfig, ports: CourierPorts & { every?: typeof every }) {
    this.#config = config;
    this.#ports = ports;
    this.#desk = new AlertDesk({
      ...(ports.clock ? { clock: ports.clock } : {}),
      remindMs: () => this.#config.remindMs,
      tell: (alert) => this.#tell(alert),
    });
    this.desk = this.#desk;
    this.configure(config);
    this.#stopTicking = (ports.every ?? every)(TICK_MS, () => this.#desk.tick());
  }

  /** From now on these receivers; what waits for one that stays goes on waiting. */
  configure(config: AlertsConfig): void {
    this.#config = config;
    const known = new Map(this.#couriers.map((courier) => [courier.hook.url, courier]));
    this.#couriers = config.webhooks.map((hook) => {
      const courier = known.get(hook.url) ?? new Courier(hook, this.#ports);
      known.delete(hook.url);
      courier.hook = hook;
      return courier;
    });
    for (const gone of known.values()) void gone.close(Promise.resolve());
  }

  #tell(alert: Alert): void {
    const { event, state, subject, message } = alert;
    log[state === 'cleared' ? 'info' : 'warn'](`alert: ${message}`, { event, state, subject });
    for (const courier of this.#couriers) courier.take(alert);
  }

  /** Posts one to every receiver, whatever events it wants, and tells what each of them answered. */
  test(): Promise<Tested[]> {
    return testAll(this.#couriers);
  }

  /** What is wrong now. */
  open(): readonly Alert[] {
    return this.#desk.open();
  }

  /** For operators only: what is wrong now, what they were told of late, and who is told. */
  json(): JsonObject {
    return {
      open: this.open().map(alertJson),
      recent: this.#desk.recent().map(alertJson),
      webhooks: this.#couriers.map(courierJson),
    };
  }

  /** Takes no more, and tries for a moment to bring what waits, a shorter one when `hurry` is aborted. */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#stopTicking();
    const done = new AbortController();
    const until = pause(FAREWELL_MS, AbortSignal.any([done.signal, ...(hurry ? [hurry] : [])]));
    await Promise.all(this.#couriers.map((courier) => courier.close(until)));
    done.abort();
  }
}

/** The same for a configuration that no server runs on. */
export function testAlerts(config: AlertsConfig, ports: CourierPorts): Promise<Tested[]> {
  return testAll(config.webhooks.map((hook) => new Courier(hook, ports)));
}

async function testAll(couriers: readonly Courier[]): Promise<Tested[]> {
  const atMs = nowMs();
  const message = 'This is a test: alerts arrive here.';
  const alert: Alert = {
    id: newAlertId(),
    event: 'test',
    state: 'test',
    subject: 'test',
    message,
    details: {},
    atMs,
    sinceMs: atMs,
    times: 1,
  };
  return Promise.all(
    couriers.map(async (courier) => {
      const begunMs = monotonicMs();
      const { status, answer } = await courier.postNow(alert);
      const { host, format } = courier.hook;
      const ok = status !== undefined && status >= 200 && status < 300;
      const ms = Math.round(monotonicMs() - begunMs);
      return { receiver: host, format, ok, status: status ?? null, answer, ms };
    }),
  );
}

function courierJson(courier: Courier): JsonObject {
  const { host, format, events } = courier.hook;
  const { waiting, sent, dropped, lastSentMs, trouble } = courier.standing();
  return {
    receiver: host,
    format,
    events: [...events],
    waiting,
    sent,
    dropped,
    last_sent_at: lastSentMs === undefined ? null : formatTime(lastSentMs),
    trouble: trouble ?? null,
  };
}
