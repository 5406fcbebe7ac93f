// Tells the operator of a changed configuration file that could not be taken over.

import type { Change } from '../config/live.ts';
import type { Alarm } from './alert.ts';

const PLACES_MAX = 5;

/** Where the problems are, not what is written there: that may be a secret in the wrong place. */
export function configAlerts(alarm: Alarm): (change: Change) => void {
  return (change) => {
    if (change.ok) {
      alarm.clear('config_failed', 'configuration', 'The configuration was taken over.');
      return;
    }
    const { problems } = change;
    const places = problems
      .slice(0, PLACES_MAX)
      .map(({ line, path }) => [line > 0 ? `line ${line}` : '', path].filter(Boolean).join(' '))
      .filter((place) => place !== '');
    const where = places.length === 0 ? '' : `: ${places.join(', ')}`;
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    alarm.raise(
      'config_failed',
      'configuration',
      `The changed configuration has ${count}${where}. The last good one stays in force; \`osiris check\` shows what is wrong.`,
      { problems: problems.length, places },
    );
  };
}
