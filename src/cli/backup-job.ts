// The making or checking of a backup, which Ctrl-C ends, with its steps on a terminal.

import { Fault } from '../canonical/fault.ts';
import type { BackUpOrder, Checked, UnpackOrder } from '../store/backup.ts';
import { stepText } from './backup-text.ts';
import { Failure } from './failure.ts';
import { explainFiles } from './file-trouble.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

/**
 * `folder` is where it writes, as people know it; `ending` tells what became of the files. Throws Failure; what is in the
 * scratch folder is the caller's to remove.
 */
export async function runJob(
  order: BackUpOrder | UnpackOrder,
  { folder, ending }: { folder: string; ending: string },
  ports: CommandPorts,
  host: Host,
): Promise<Checked> {
  const job = ports.backupJob(order, (step) => host.isTerminal && host.stderr(stepText(step)));
  const stopped = new Promise<never>((_, reject) => {
    host.onStop(() => {
      job.stop();
      reject(new Failure(`Stopped. ${ending}`, 1, 'stopped'));
    });
  });
  try {
    return await Promise.race([job.done, stopped]);
  } catch (thrown) {
    if (thrown instanceof Fault) throw new Failure(`${thrown.message}\n${ending}`, 1, thrown.code);
    throw explainFiles(folder, ending, thrown);
  } finally {
    if (host.isTerminal) host.stderr(stepText(undefined));
  }
}

/** Of the file, when that can be read: a backup is made with a wrong one, too. The database knows the rest. */
export function minimumOf(ports: CommandPorts, flags: ConfigFlags): bigint {
  const loaded = ports.loadConfig(flags);
  return loaded.ok ? loaded.config.billing.minimumChargeNano : 0n;
}
