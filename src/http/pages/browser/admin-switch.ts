// The kill switch and the cap of the day on the admin page: what is paused, a way to pause and to resume.

import type { AdminHealth } from './admin-shapes.ts';
import type { Ask } from './api.ts';
import { type Dialog, field, form } from './dialog.ts';
import { byId, el, fill, inputById } from './dom.ts';
import { meter } from './key-standing.ts';
import { fromNow, moment, money } from './words.ts';

type Pause = AdminHealth['pauses'][number];

/** `changed` is called when something was paused or resumed. */
export function killSwitch(ask: Ask, dialog: Dialog, changed: () => void) {
  byId('pause').addEventListener('click', askToPause);
  return {
    show({ paused, pauses, daily_cap: cap }: AdminHealth): void {
      byId('pause').hidden = paused;
      fill(byId('pauses'), ...pauses.map(banner));
      fill(byId('cap'), cap !== null && capMeter(cap));
    },
  };

  function askToPause(): void {
    dialog.show(
      'Pause the server',
      el('p', {}, 'Every new call is refused until you resume, also after a restart.'),
      form(
        'Pause',
        async () => {
          const reason = inputById('pause-reason').value.trim();
          const now = inputById('pause-now').checked;
          const answer = await ask('/admin/pause', { now, ...(reason === '' ? {} : { reason }) });
          if (!answer.ok) return answer.message;
          dialog.close();
          changed();
          return undefined;
        },
        field({
          id: 'pause-reason',
          label: 'Reason',
          hint: 'Clients are shown it. Empty: none.',
          attributes: { maxlength: 200, autofocus: true },
        }),
        el(
          'label',
          { class: 'tick' },
          el('input', { id: 'pause-now', type: 'checkbox' }),
          ' Also cut off the calls under way; they are charged nothing',
        ),
      ),
    );
  }

  function banner(pause: Pause): HTMLElement {
    const { scope, name, reason, since } = pause;
    const what = scope === 'server' ? 'All calls are' : `The ${scope} ${name ?? ''} is`;
    const why = reason === null ? '' : `: ${reason}`;
    const resume = el('button', { type: 'button' }, 'Resume');
    const wrong = el('span', { class: 'wrong', role: 'alert' });
    resume.addEventListener('click', async () => {
      resume.disabled = true;
      const answer = await ask('/admin/resume', scope === 'server' ? {} : { [scope]: name });
      resume.disabled = false;
      if (answer.ok) changed();
      else wrong.textContent = answer.message;
    });
    return el(
      'div',
      { class: 'banner warn head' },
      el('span', { title: moment(since) }, `${what} paused${why} (${fromNow(since)})`),
      wrong,
      resume,
    );
  }
}

function capMeter(cap: NonNullable<AdminHealth['daily_cap']>): HTMLElement {
  const held = cap.held_usd > 0 ? `${money(cap.held_usd)} held by running calls · ` : '';
  return meter('Cap of the day', cap.reached ? cap.cap_usd : cap.spent_usd, cap.cap_usd, {
    value: `${money(cap.spent_usd)} of ${money(cap.cap_usd)}`,
    note: cap.reached
      ? `Reached: only free models answer until ${moment(cap.resets_at)}`
      : `${held}Resets ${fromNow(cap.resets_at)}`,
  });
}
