// The outcome of a crash run as a table for people.

import type { CampaignResult } from './campaign.ts';
import { shownViolations } from './oracle.ts';

const WIDTH = 58;

export function crashTable({ kills, checkpointMisses, tally, violations }: CampaignResult): string {
  const rows: [string, number | bigint | string][] = [
    ...[...kills]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, n]) => [`kills: ${kind}`, n] as [string, number]),
    ['  and strikes behind a checkpoint, not counted', checkpointMisses],
    ['calls made by clients', tally.calls],
    ['answers received completely', tally.complete],
    ['ends in the ledger', tally.ended],
    ['charged with more than 0', tally.charged],
    ['charged in all, USD', usd(tally.chargedNano)],
    ['charged, delivery unknown', tally.unknown],
    ['  of those not received completely', tally.undelivered],
    ['released at 0 after a crash', tally.released],
    ['violations', violations.length],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(WIDTH)}${String(value).padStart(16)}`);
  return [...lines, ...(violations.length > 0 ? [shownViolations(violations)] : [])].join('\n');
}

function usd(nano: bigint): string {
  const text = nano.toString().padStart(10, '0');
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
}
