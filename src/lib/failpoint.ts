// Places where a test lets the process die, to prove that money survives it; without effect unless armed.

export type Failpoint =
  | 'after-hold'
  | 'after-first-frame'
  | 'after-charge-row'
  | 'after-commit'
  | 'before-last-frame'
  | 'in-checkpoint';

let armed: { name: string; passes: number } | undefined;

/** `after-commit:3` kills the process with SIGKILL when it comes by the third time. */
export function armFailpoint(written: string | undefined): void {
  if (written === undefined || written === '') return;
  const [name = '', passes = '1'] = written.split(':');
  armed = { name, passes: Math.max(1, Number.parseInt(passes, 10) || 1) };
}

export function failpoint(name: Failpoint): void {
  if (armed === undefined || armed.name !== name) return;
  armed.passes -= 1;
  if (armed.passes !== 0) return;
  // a checkpoint is one call: only another process can strike while it runs
  if (name === 'in-checkpoint') Bun.spawn(['kill', '-9', String(process.pid)]);
  else process.kill(process.pid, 'SIGKILL');
}
