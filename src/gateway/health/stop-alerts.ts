// Tells the operator of calls that are refused by the operator's own word: a pause, the spend cap of the day.

import type { Alarm } from '../../alerts/alert.ts';
import { formatTime } from '../../lib/clock.ts';
import { formatUsd } from '../../lib/money.ts';
import type { Pause } from '../../store/pauses.ts';
import type { CapNews } from '../admission/daily-cap.ts';
import { type PauseChange, resumeCommand } from './pauses.ts';

/** `standing` are the pauses from before the start. */
export function pauseAlerts(alarm: Alarm, standing: readonly Pause[]): (change: PauseChange) => void {
  for (const pause of standing) raisePause(alarm, pause);
  return ({ kind, pause }) => {
    if (kind === 'paused') raisePause(alarm, pause);
    else alarm.clear('paused', subjectOf(pause), `Resumed: ${subjectOf(pause)}.`);
  };
}

function raisePause(alarm: Alarm, pause: Pause): void {
  const { scope, name, reason, sinceMs } = pause;
  const why = reason === undefined ? '' : ` (${reason})`;
  alarm.raise(
    'paused',
    subjectOf(pause),
    `Paused by the operator: ${subjectOf(pause)}${why}, until \`${resumeCommand(pause)}\`.`,
    { scope, name: scope === 'server' ? null : name, reason: reason ?? null, since: formatTime(sinceMs) },
  );
}

function subjectOf({ scope, name }: Pause): string {
  return scope === 'server' ? 'all calls' : `${scope} ${name}`;
}

const CAP_SUBJECT = 'daily_cap';

export function capAlerts(alarm: Alarm): (news: CapNews) => void {
  return (news) => {
    if (news.state === 'over') {
      alarm.clear('spend_cap', CAP_SUBJECT, 'Calls that cost something are let in again.');
      return;
    }
    const { capNano, spentNano, heldNano, resetsAtMs } = news;
    const until = formatTime(resetsAtMs);
    alarm.raise(
      'spend_cap',
      CAP_SUBJECT,
      `All keys together have spent $${formatUsd(spentNano)} today, and billing.daily_cap is $${formatUsd(capNano)}: only free models answer until ${until}.`,
      {
        cap_usd: formatUsd(capNano),
        spent_usd: formatUsd(spentNano),
        held_usd: formatUsd(heldNano),
        until,
      },
    );
  };
}
