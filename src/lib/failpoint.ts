// Places where a test lets the process die, to prove that money survives it; without effect unless armed.

export type Failpoint =
  | 'after-hold'
  | 'after-first-frame'
  | 'after-charge-row'
  | 'after-commit'
  | 'before-last-frame'
  | 'in-checkpoint'
  | 'before-backup-name'
  | 'before-restored-database';

let armed: { name: string; passes: number } | undefined;
let killer: Bun.Subprocess<'pipe', 'ignore', 'ignore'> | undefined;

/** `after-commit:3` kills the process with SIGKILL when it comes by the third time. */
export function armFailpoint(written: string | undefined): void {
  if (written === undefined || written === '') return;
  const [name = '', passes = '1'] = written.split(':');
  armed = { name, passes: Math.max(1, Number.parseInt(passes, 10) || 1) };
  if (name === 'in-checkpoint') killer = readyKiller();
}

export function failpoint(name: Failpoint): void {
  if (armed === undefined || armed.name !== name) return;
  armed.passes -= 1;
  if (armed.passes !== 0) return;
  if (killer) {
    killer.stdin.write('now\n');
    killer.stdin.flush();
  } else process.kill(process.pid, 'SIGKILL');
}

/**
 * A checkpoint is one call, so that only another process can strike while it runs; and it takes a millisecond, less
 * than a process takes to start. This one waits for its word, and ends with us.
 */
function readyKiller(): Bun.Subprocess<'pipe', 'ignore', 'ignore'> {
  const script = `read word && kill -9 ${process.pid}`;
  const child = Bun.spawn(['sh', '-c', script], { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' });
  child.unref();
  return child;
}
