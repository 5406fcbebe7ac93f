// The operator's routes that show what does not answer now: deployments left alone, pauses, the cap of the day, alerts.

import { Elysia } from 'elysia';
import type { Alerts } from '../alerts/alerts.ts';
import type { Config } from '../config/config.ts';
import { type CapPorts, capJson, capStanding } from '../gateway/admission/daily-cap.ts';
import { type AilingPorts, ailing } from '../gateway/health/ailing.ts';
import { pausesJson } from '../gateway/health/pause-desk.ts';
import type { Pauses } from '../gateway/health/pauses.ts';
import { trialJson, tryProviders } from '../gateway/health/provider-trial.ts';
import type { AskPorts } from '../gateway/upstream.ts';
import { formatTime } from '../lib/clock.ts';
import { adminDoor, type Guard } from './admin-door.ts';
import { describeRoute } from './openapi.ts';

export type HealthPorts = {
  gateway: () => AilingPorts & CapPorts & AskPorts & { config: Pick<Config, 'providers'>; pauses: Pauses };
  alerts: Pick<Alerts, 'json' | 'test'>;
};

/** `/admin/health`, `/admin/alerts/test` and `/admin/providers/test`. */
export function adminHealth({ gateway, alerts }: HealthPorts, guard: Guard) {
  const run = adminDoor(guard);
  const health = run(() => {
    const ports = gateway();
    const data = ailing(ports).map(({ provider, model, why, untilMs }) => ({
      provider,
      model,
      why,
      until: formatTime(untilMs),
    }));
    const { paused, data: pauses } = pausesJson(ports.pauses);
    const cap = capJson(capStanding(ports));
    return { object: 'list', data, paused, pauses, daily_cap: cap, alerts: alerts.json() };
  });
  const test = run(async () => ({ object: 'list', data: await alerts.test() }));
  const tryAll = run(async () => {
    const ports = gateway();
    return { object: 'list', data: (await tryProviders(ports.config.providers, ports)).map(trialJson) };
  });
  return new Elysia({ name: 'admin-health' })
    .get('/admin/health', health, { detail: DETAILS.health })
    .post('/admin/alerts/test', test, { parse: 'none', detail: DETAILS.test })
    .post('/admin/providers/test', tryAll, { parse: 'none', detail: DETAILS.providers });
}

const DETAILS = {
  providers: describeRoute({
    tag: 'Admin',
    id: 'testProviders',
    summary: 'Try every provider and each of its keys',
    description: `Asks each for its list of models, which is free: \`ok\`, \`warning\` where its key could not be tried, \`failed\` with what
is wrong. \`clock_ahead_ms\` is how far its clock is ahead of this server's, null where it did not say.`,
  }),
  health: describeRoute({
    tag: 'Admin',
    id: 'getDeploymentHealth',
    summary: 'What does not answer now and why, and alerts',
    description: `\`data\`: deployments that are left alone for now; calls go to others first \`until\` then. \`why\` is \`failing\` for one that failed three times in a row, and
\`credentials\` where the provider accepts none of ours for now: a rate limit, a permission, a bill. The list is empty when
all is well. \`paused\` tells whether the operator has paused the whole server, \`pauses\` lists every pause. \`daily_cap\` is
null without one, else what has been charged today against it; \`reached\` when only free models answer. \`alerts\` has what
is wrong now (\`open\`), the last 50 that were told (\`recent\`: \`raised\`, \`reminder\`, \`cleared\`), and how each of the
\`webhooks\` fares: how many wait for it, were sent, were dropped, and its \`trouble\`.`,
  }),
  test: describeRoute({
    tag: 'Admin',
    id: 'testAlerts',
    summary: 'Post a test alert to every webhook',
    description:
      'At once, whatever events it wants. `ok` says whether it took it, `status` and `answer` what it said, or why it could not be reached.',
  }),
};
