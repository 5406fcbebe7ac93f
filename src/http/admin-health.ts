// The operator's route that shows what does not answer now: deployments left alone, pauses, the cap of the day.

import { Elysia } from 'elysia';
import { toFault } from '../canonical/fault.ts';
import { type AilingPorts, ailing } from '../gateway/ailing.ts';
import { type CapPorts, capJson, capStanding } from '../gateway/daily-cap.ts';
import { pausesJson } from '../gateway/pause-desk.ts';
import type { Pauses } from '../gateway/pauses.ts';
import { formatTime } from '../lib/clock.ts';
import { describeRoute } from './openapi.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

type HealthPorts = AilingPorts & CapPorts & { pauses: Pauses };

/** `/admin/health`. `guard` lets a request in or throws. */
export function adminHealth(ports: () => HealthPorts, guard: (request: Request) => void) {
  const handle = ({ request }: { request: Request }) => {
    const requestId = requestIdOf(request.headers);
    try {
      guard(request);
      const data = ailing(ports()).map(({ provider, model, why, untilMs }) => ({
        provider,
        model,
        why,
        until: formatTime(untilMs),
      }));
      const { paused, data: pauses } = pausesJson(ports().pauses);
      const cap = capJson(capStanding(ports()));
      return jsonResponse({ object: 'list', data, paused, pauses, daily_cap: cap }, requestId);
    } catch (thrown) {
      return faultResponse(toFault(thrown), requestId);
    }
  };
  return new Elysia({ name: 'admin-health' }).get('/admin/health', handle, { detail: DETAIL });
}

const DETAIL = describeRoute({
  tag: 'Admin',
  id: 'getDeploymentHealth',
  summary: 'What does not answer now, and why',
  description:
    '`data` lists deployments that are left alone for now. Calls go to others first `until` then. `why` is `failing` for one that failed three times in a row, and ' +
    '`credentials` where the provider accepts none of ours for now: a rate limit, a permission, a bill. The list is ' +
    'empty when all is well. `paused` tells whether the operator has paused the whole server, `pauses` lists every pause. ' +
    '`daily_cap` is null without one, else what has been charged today against it; `reached` when only free models answer.',
});
