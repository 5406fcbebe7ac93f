// Tells the operator that calls are refused because of a pause: whoever made it may have forgotten it, or be another one.

import type { Alarm } from '../alerts/alert.ts';
import type { Pause } from '../store/pauses.ts';
import type { Pauses } from './pauses.ts';

/** Those that a start remembers are told too. */
export function tellOfPauses(alarm: Alarm, pauses: Pauses): void {
  for (const pause of pauses.all) raise(pause);
  pauses.listen(({ kind, pause }) => {
    if (kind === 'paused') raise(pause);
    else alarm.clear('paused', nameOf(pause), `Calls to ${nameOf(pause)} are no longer refused.`);
  });

  function raise(pause: Pause): void {
    const { scope, name, reason } = pause;
    const why = reason === undefined ? '' : ` (${reason})`;
    alarm.raise(
      'paused',
      nameOf(pause),
      `Calls to ${nameOf(pause)} are refused: the operator has paused it${why}. To go on: osiris admin resume`,
      { scope, name: name === '' ? null : name, reason: reason ?? null },
    );
  }
}

function nameOf({ scope, name }: Pause): string {
  return scope === 'server' ? 'the whole server' : `${scope} ${name}`;
}
