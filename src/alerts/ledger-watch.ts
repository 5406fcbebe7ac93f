// Looks after the databases: whether they can be written, and whether charges wait for it.

import { every } from '../lib/clock.ts';
import type { Ledger } from '../store/ports.ts';
import type { Alarm } from './alert.ts';

export type LedgerWatchPorts = {
  alarm: Alarm;
  ledger: Pick<Ledger, 'trouble' | 'lagMs'>;
  journal: { trouble(): string | undefined };
  /** What is too long. */
  lagMs: () => number;
  /** Calls back at even distances; a test lets its time pass by hand. */
  every?: typeof every;
};

const LOOK_MS = 250;

/** Looks four times a second until the returned function is called. */
export function watchLedger({ alarm, ledger, journal, ...ports }: LedgerWatchPorts): () => void {
  return (ports.every ?? every)(LOOK_MS, () => {
    const lagMs = ledger.lagMs();
    if (lagMs > ports.lagMs())
      alarm.raise(
        'ledger_lag',
        'ledger',
        `Charges have waited ${(lagMs / 1000).toFixed(1)} s to be written to disk, and the ends of answers with them. Is the disk slow or busy?`,
        { lag_ms: Math.round(lagMs) },
      );
    else alarm.clear('ledger_lag', 'ledger', 'Charges are written in time again.');
    tell('ledger', ledger.trouble(), 'calls are refused until it can');
    tell('journal', journal.trouble(), 'calls are answered, but `osiris logs` misses them');
  });

  function tell(subject: 'ledger' | 'journal', trouble: string | undefined, outcome: string): void {
    if (trouble === undefined) alarm.clear('storage_fault', subject, `The ${subject} can be written again.`);
    else alarm.raise('storage_fault', subject, `The ${subject} cannot be written (${trouble}); ${outcome}.`);
  }
}
