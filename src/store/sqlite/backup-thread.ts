// The thread that makes or checks a backup: one order in, steps and one result out.

import { constants, setPriority } from 'node:os';
import { Fault } from '../../canonical/fault.ts';
import type { Step } from '../backup.ts';
import { backUp, unpackAndCheck } from './backup.ts';
import type { FromVault, ToVault } from './backup-aside.ts';

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<ToVault>) => tell(await work(data));

async function work(order: ToVault): Promise<FromVault> {
  const step = (name: Step) => tell({ step: name });
  try {
    // the calls of a server beside it come first
    setPriority(constants.priority.PRIORITY_LOW);
    return { done: await ('dataDir' in order ? backUp(order, step) : unpackAndCheck(order, step)) };
  } catch (thrown) {
    if (thrown instanceof Fault) return { fault: thrown.message };
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    return { error: thrown instanceof Error ? thrown.message : String(thrown), code };
  }
}

function tell(message: FromVault): void {
  postMessage(message);
}
