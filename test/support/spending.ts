// A scripted past: what keys have spent on which day, and which of their calls have failed.

import { newCallId } from '../../src/lib/id.ts';
import type { JournalRow } from '../../src/store/journal-port.ts';
import type { Key } from '../../src/store/ports.ts';
import type { InProcess } from './in-process.ts';
import { endOf, orderFor } from './ledger.ts';

const DAY_MS = 86_400_000;

export type Spent = { key: Key; daysAgo: number; model: string; nano: bigint };

/** Books one call for each, on the clock of the server; every call has 10 tokens in and 5 out. */
export async function spend({ store, clock }: InProcess, spent: readonly Spent[]): Promise<void> {
  const receipts = spent.map(({ key, daysAgo, model, nano }) => {
    const atMs = clock.nowMs() - daysAgo * DAY_MS;
    const order = orderFor(key, { model, needNano: 0n, holdNano: 0n, atMs });
    store.ledger.hold(order);
    return store.ledger.settle(endOf(order, { costNano: nano, chargeNano: nano })).durable;
  });
  await Promise.all(receipts);
}

/** Notes a call that failed now. */
export function fail({ journal, clock }: InProcess, key: Key, members: Partial<JournalRow>): void {
  const row: JournalRow = {
    callId: newCallId(),
    requestId: 'req-scripted',
    atMs: clock.nowMs(),
    keyId: key.id,
    path: '/v1/chat/completions',
    format: 'openai-chat',
    modelAsked: 'm',
    stream: false,
    status: 502,
    attempts: 1,
    durationMs: 5,
    bytesIn: 10,
    bytesOut: 10,
    ...members,
  };
  journal.record(() => ({ row }));
}
