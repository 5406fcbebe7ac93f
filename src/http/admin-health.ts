// The operator's route that shows which deployments are left alone for the moment, and why.

import { Elysia } from 'elysia';
import { toFault } from '../canonical/fault.ts';
import { type AilingPorts, ailing } from '../gateway/ailing.ts';
import { formatTime } from '../lib/clock.ts';
import { describeRoute } from './openapi.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

/** `/admin/health`. `guard` lets a request in or throws. */
export function adminHealth(ports: () => AilingPorts, guard: (request: Request) => void) {
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
      return jsonResponse({ object: 'list', data }, requestId);
    } catch (thrown) {
      return faultResponse(toFault(thrown), requestId);
    }
  };
  return new Elysia({ name: 'admin-health' }).get('/admin/health', handle, { detail: DETAIL });
}

const DETAIL = describeRoute({
  tag: 'Admin',
  id: 'getDeploymentHealth',
  summary: 'Deployments that are left alone for now',
  description:
    'Calls go to others first `until` then. `why` is `failing` for one that failed three times in a row, and ' +
    '`credentials` where the provider accepts none of ours for now: a rate limit, a permission, a bill. The list is ' +
    'empty when all is well.',
});
