// Turns the `billing`, `trial` and `limits` sections into their configuration, defaults filled in.

import { MARGIN_ONE } from '../catalog/price.ts';
import { isTimeZone } from '../lib/calendar.ts';
import { NANO_PER_USD, parseFactor, parseUsd } from '../lib/money.ts';
import { nearestNames } from '../lib/nearest.ts';
import type { BillingConfig, LimitsConfig, TrialConfig } from './config.ts';
import type { BillingShape, LimitsShape, TrialShape } from './money-schema.ts';
import { pointerTo, type Report } from './problem.ts';

const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;

export function readBilling(section: BillingShape, report: Report): BillingConfig {
  const { daily_cap: dailyCap } = section;
  return {
    minimumChargeNano: readUsd(section.minimum_charge, 1_000_000n, '/billing/minimum_charge', report),
    marginTenThousandths: readMargin(section.margin, report),
    hold: section.hold ?? 'expected',
    expectedOutputTokens: section.expected_output ?? 2000,
    ...(dailyCap === undefined
      ? {}
      : { dailyCapNano: readPositiveUsd(dailyCap, '/billing/daily_cap', report) }),
    timezone: readTimeZone(section.timezone, report),
  };
}

export function readTrial(section: TrialShape, report: Report): TrialConfig {
  const domains = section.email_domains ?? ['gmail.com'];
  return {
    days: section.days ?? 3,
    requestsPerMinute: section.requests_per_minute ?? 15,
    creditNano: readUsd(section.credit, 1_000_000_000n, '/trial/credit', report),
    emailDomains: domains.flatMap((written, index) => {
      if (written === undefined) return [];
      const domain = written.toLowerCase();
      if (!DOMAIN.test(domain)) {
        report(
          pointerTo('trial', 'email_domains', index),
          'must be a domain such as `gmail.com`, without `@`',
        );
      }
      return [domain];
    }),
  };
}

export function readLimits(section: LimitsShape, report: Report): LimitsConfig {
  const { tokens_per_minute: tokensPerMinute, usd_per_minute: usdPerMinute } = section;
  return {
    requestsPerMinute: section.requests_per_minute ?? 40,
    concurrent: section.concurrent ?? 20,
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    ...(usdPerMinute === undefined
      ? {}
      : { nanoPerMinute: readPositiveUsd(usdPerMinute, '/limits/usd_per_minute', report) }),
  };
}

/** Ledgers add up amounts in 63 bits of nanodollars. */
const AMOUNT_MAX_NANO = 1_000_000_000n * NANO_PER_USD;

/** An amount of at least zero in nanodollars. */
export function readUsd<Otherwise extends bigint | undefined>(
  written: string | number | undefined,
  otherwise: Otherwise,
  pointer: string,
  report: Report,
): bigint | Otherwise {
  if (written === undefined) return otherwise;
  const nano = parseUsd(String(written));
  if (nano !== undefined && nano >= 0n && nano <= AMOUNT_MAX_NANO) return nano;
  report(
    pointer,
    'must be an amount in USD such as `5.00`: not negative, at most nine digits behind the point, at most `1000000000`',
  );
  return 0n;
}

/** An amount above zero in nanodollars. */
export function readPositiveUsd(written: string | number, pointer: string, report: Report): bigint {
  const nano = readUsd(written, 0n, pointer, report);
  if (nano === 0n) report(pointer, 'must be an amount above zero in USD such as `0.50`, or remove the line');
  return nano;
}

/** More is a slip of the pen. */
const MARGIN_MAX = 1000;

function readMargin(written: string | number | undefined, report: Report): number {
  if (written === undefined) return MARGIN_ONE;
  const margin = parseFactor(written, MARGIN_MAX);
  if (margin !== undefined) return margin;
  report(
    '/billing/margin',
    'must be a factor above 0 such as `1.15`, with at most four digits behind the point and at most 1000; 1 sells at list price',
  );
  return MARGIN_ONE;
}

function readTimeZone(written: string | undefined, report: Report): string {
  if (written === undefined) return 'UTC';
  if (isTimeZone(written)) return written;
  const [near] = nearestNames(written, Intl.supportedValuesOf('timeZone'), 1);
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
  report('/billing/timezone', `is not a time zone such as \`UTC\` or \`Europe/Berlin\`${hint}`);
  return 'UTC';
}
