// The thread that writes the ledger: one batch in, one outcome out.

import type { Database } from 'bun:sqlite';
import { armFailpoint } from '../../lib/failpoint.ts';
import type { Batch } from './ledger-batch.ts';
import type { FromWriter, ToWriter } from './ledger-channel.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { openDatabase } from './open.ts';

declare const self: Worker;

let database: Database | undefined;
let writer: LedgerWriter | undefined;

self.onmessage = ({ data }: MessageEvent<string | Exclude<ToWriter, 'close'>>) => {
  if (data === 'close') return close();
  if (typeof data !== 'string') return open(data.open, data.failpoint);
  tell(write(JSON.parse(data) as Batch));
  writer?.checkpointInTime();
};

function open(path: string, failpoint: string | undefined): void {
  armFailpoint(failpoint);
  database = openDatabase(path, 'existing');
  writer = new LedgerWriter(database);
  tell('ready');
}

function write(batch: Batch): FromWriter {
  try {
    if (!writer) throw new Error('the ledger is not open');
    return { outcome: writer.write(batch) };
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    return { error: thrown instanceof Error ? thrown.message : String(thrown), code };
  }
}

function close(): void {
  writer?.checkpointIfLarge(1);
  database?.close();
  tell('closed');
}

function tell(message: FromWriter): void {
  postMessage(message);
}
