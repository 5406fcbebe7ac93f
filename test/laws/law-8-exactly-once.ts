// Law 8: whatever happens, in any order, a call is settled or released once, and the balance says so.

import fc from 'fast-check';
import { newCallId } from '../../src/lib/id.ts';
import type { Ledger } from '../../src/store/ports.ts';
import type { LedgerChannel } from '../../src/store/sqlite/ledger-channel.ts';
import { drawn } from './choices.ts';
import type { Law } from './law.ts';
import { stepsOf } from './ledger-steps.ts';
import { LedgerWorld, type Spoil } from './ledger-world.ts';

const exactlyOnce = (spoil?: Spoil) =>
  fc.asyncProperty(drawn(stepsOf), (steps) => LedgerWorld.live(steps, spoil));

/** Every settlement is a call of its own. */
const withoutLatch = (ledger: Ledger): Ledger => {
  const seen = new Set<bigint>();
  return {
    ...ledger,
    settle(settlement) {
      const callId = seen.has(settlement.callId) ? newCallId() : settlement.callId;
      seen.add(settlement.callId);
      return ledger.settle({ ...settlement, callId });
    },
  };
};

/** A call that costs nothing is not worth a settlement. */
const keepingHolds = (ledger: Ledger): Ledger => ({
  ...ledger,
  settle(settlement) {
    if (settlement.chargeNano > 0n) return ledger.settle(settlement);
    return { chargedNano: 0n, durable: Promise.resolve() };
  },
});

/** Says that it is on disk, and lets the disk wait for the next batch. */
const hurried = (channel: LedgerChannel): LedgerChannel => {
  let late: Parameters<LedgerChannel['write']>[0] | undefined;
  return {
    async write(batch) {
      if (late) await channel.write(late);
      late = batch;
      return { failed: [] };
    },
    close: () => channel.close(),
  };
};

export const LAW_8: Law[] = [
  {
    name: 'law 8, exactly once: a call is settled or released once, and balance and holds say so always',
    property: () => exactlyOnce(),
    mutants: [
      {
        name: 'a ledger that charges a second settlement',
        complaint: /the charge of a second settlement: \d+ instead of 0$/,
        property: () => exactlyOnce({ ledger: withoutLatch }),
      },
      {
        name: 'a ledger that keeps the hold of a free call',
        complaint: /what is held of \w+: \d+ instead of \d+$/,
        property: () => exactlyOnce({ ledger: keepingHolds }),
      },
      {
        name: 'a writer that answers before it writes',
        complaint: /the hold of \d+ is released: false instead of true$/,
        property: () => exactlyOnce({ channel: hurried }),
      },
      {
        name: 'a start that forgets what was under way',
        complaint: /the hold of \d+ is released: false instead of true$/,
        property: () => exactlyOnce({ file: (database) => void database.run('DELETE FROM holds') }),
      },
    ],
  },
];
