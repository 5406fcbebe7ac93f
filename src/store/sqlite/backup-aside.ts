// Makes or checks a backup on a thread of its own: SQLite copies a database in one call, which no signal interrupts.

import { Fault } from '../../canonical/fault.ts';
import type { BackUpOrder, Checked, Job, Step, UnpackOrder } from '../backup.ts';
import { startWorker } from './worker.ts';

export type ToVault = BackUpOrder | UnpackOrder;
export type FromVault =
  | { step: Step }
  | { done: Checked }
  | { fault: string }
  | { error: string; code: string };

/** Makes a backup when the order names a data directory, else unpacks and checks one; see `backUp` and `unpackAndCheck`. */
export function backupJob(order: ToVault, tell: (step: Step) => void): Job<Checked> {
  const thread = startWorker('backup-thread.ts');
  const { promise, resolve, reject } = Promise.withResolvers<Checked>();
  thread.onmessage = ({ data }: MessageEvent<FromVault>) => {
    if ('step' in data) tell(data.step);
    else if ('done' in data) resolve(data.done);
    else if ('fault' in data) reject(new Fault('storage_fault', data.fault));
    else reject(Object.assign(new Error(data.error), { code: data.code }));
  };
  thread.onerror = ({ message }) => reject(new Error(`the thread that makes backups broke: ${message}`));
  // a command has nothing else that keeps the process alive meanwhile
  thread.ref();
  thread.postMessage(order);
  const stop = () => void thread.terminate();
  return { done: promise.finally(stop), stop };
}
