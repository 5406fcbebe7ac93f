// The spend cap of the whole server: what all keys together may be charged in a day.

import { Fault } from '../../canonical/fault.ts';
import { formatTime, nowMs } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import { log } from '../../lib/log.ts';
import { formatUsd, usd } from '../../lib/money.ts';
import type { DayStanding, HoldOrder, Ledger } from '../../store/ports.ts';

/** As it is configured now, and what counts against it: charges of the ledger, at selling prices, whoever pays. */
export type CapPorts = {
  billing: { dailyCapNano?: bigint | undefined; minimumChargeNano: bigint };
  ledger: Pick<Ledger, 'today'>;
  capWatch: CapWatch;
};

export type CapReached = DayStanding & { capNano: bigint };

/** Calls begin to be refused; the first one is let in again. */
export type CapNews = ({ state: 'reached' } & CapReached) | { state: 'over' };

/** Tells the operator that calls are refused, once a day and cap: refusals come by the thousand. */
export class CapWatch {
  #told: Pick<CapReached, 'capNano' | 'resetsAtMs'> | undefined;
  readonly #tell: (news: CapNews) => void;

  constructor(tell: (news: CapNews) => void = () => {}) {
    this.#tell = tell;
  }

  refused(reached: CapReached): void {
    if (this.hasRefused(reached)) return;
    const { capNano, spentNano, heldNano, resetsAtMs } = reached;
    this.#told = { capNano, resetsAtMs };
    log.warn('the daily spend cap is reached: calls that cost something are refused', {
      cap_usd: formatUsd(capNano),
      spent_usd: formatUsd(spentNano),
      held_usd: formatUsd(heldNano),
      until: formatTime(resetsAtMs),
    });
    this.#tell({ state: 'reached', ...reached });
  }

  /** A call was let in. On another day or by another cap than those that were refused: that is over. */
  admitted({ capNano, atMs, needNano }: HoldOrder): void {
    const told = this.#told;
    if (told === undefined || needNano === 0n) return;
    if (told.capNano === capNano && atMs < told.resetsAtMs) return;
    this.#told = undefined;
    this.#tell({ state: 'over' });
  }

  /** Under this cap, on this day. */
  hasRefused({ capNano, resetsAtMs }: Pick<CapReached, 'capNano' | 'resetsAtMs'>): boolean {
    return this.#told?.capNano === capNano && this.#told.resetsAtMs === resetsAtMs;
  }
}

export type CapStanding = CapReached & { isReached: boolean };

/** Undefined when there is no cap. */
export function capStanding({ billing, ledger, capWatch }: CapPorts): CapStanding | undefined {
  const capNano = billing.dailyCapNano;
  if (capNano === undefined) return undefined;
  const reached = { ...ledger.today(), capNano };
  const leftNano = capNano - reached.spentNano;
  const isReached = leftNano <= 0n || leftNano < billing.minimumChargeNano || capWatch.hasRefused(reached);
  return { ...reached, isReached };
}

export function capJson(standing: CapStanding | undefined): JsonObject | null {
  if (standing === undefined) return null;
  const { capNano, spentNano, heldNano, resetsAtMs, isReached } = standing;
  return {
    cap_usd: usd(capNano),
    spent_usd: usd(spentNano),
    held_usd: usd(heldNano),
    reached: isReached,
    resets_at: formatTime(resetsAtMs),
  };
}

/** A check of `/health/ready`, for everybody's eyes: no amounts. */
export function capWarning(ports: CapPorts): Record<string, string> {
  const standing = capStanding(ports);
  if (!standing?.isReached) return {};
  const until = formatTime(standing.resetsAtMs);
  return { daily_cap: `the spend cap of the day is reached; only free models answer until ${until}` };
}

/** 402, which clients show and do not try again by themselves, though it is not their own money that is short. */
export function capFault(resetsAtMs: number): Fault {
  const resets = formatTime(resetsAtMs);
  const hours = Math.max(1, Math.ceil((resetsAtMs - nowMs()) / 3_600_000));
  const when = hours === 1 ? 'within the hour' : `in about ${hours} hours`;
  return new Fault(
    'spend_cap_reached',
    `This server has spent what its operator allows for one day. It answers again ${when} (${resets}); free models answer now.`,
    { details: { resets_at: resets } },
  );
}
