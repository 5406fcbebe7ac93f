// The operator's kill switch over HTTP: what is paused, pausing, resuming.

import { Elysia } from 'elysia';
import type { PauseDesk } from '../gateway/health/pause-desk.ts';
import { adminDoor, type Guard, optionalBody } from './admin-door.ts';
import { describeRoute } from './openapi.ts';

export type PauseDoor = {
  desk: PauseDesk;
  guard: Guard;
  /** Who asks, for the log. */
  who: (request: Request) => string;
};

/** `/admin/pause` and `/admin/resume`. */
export function adminPause({ desk, guard, who }: PauseDoor) {
  const run = adminDoor(guard);
  // in an emergency no body will do
  const pause = run(async (request) => desk.pause(await optionalBody(request), who(request)));
  const resume = run(async (request) => desk.resume(await optionalBody(request), who(request)));
  return new Elysia({ name: 'admin-pause' })
    .get(
      '/admin/pause',
      run(() => desk.show()),
      { detail: DETAILS.show },
    )
    .post('/admin/pause', pause, { parse: 'none', detail: DETAILS.pause })
    .post('/admin/resume', resume, { parse: 'none', detail: DETAILS.resume });
}

const DETAILS = {
  show: describeRoute({
    tag: 'Admin',
    id: 'listPauses',
    summary: 'What is paused',
    description: '`paused` tells whether the whole server is; `data` lists each pause with its reason.',
  }),
  pause: describeRoute({
    tag: 'Admin',
    id: 'pause',
    summary: 'Stop all calls, or those to one provider or model',
    description: `The kill switch. New calls get a 503 \`paused\` that shows the \`reason\` and tells client libraries not to try
again; calls under way go on unless \`now\` is true, which ends them with an error and charges nothing (\`cut\` says how many).
Without \`provider\` and \`model\` everything is stopped, token counts included. A provider or model that is paused is passed
over where others can answer. It lasts over restarts until it is resumed.`,
    example: { reason: 'looking into a bill', now: false },
    errors: [404],
  }),
  resume: describeRoute({
    tag: 'Admin',
    id: 'resume',
    summary: 'Let calls in again',
    description: `Ends the pause of the server, with \`provider\` or \`model\` that of one of them, with \`all\` every pause.
\`resumed\` lists what was paused, \`data\` what still is.`,
    example: { all: true },
    errors: [404],
  }),
};
