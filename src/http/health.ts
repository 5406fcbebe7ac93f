// Whether the process lives and whether it should get traffic.

import { Elysia } from 'elysia';
import { routeDetail } from './openapi.ts';

/** What `/health/ready` reports; `ready` false answers 503. */
export type Readiness = { ready: boolean; checks: Record<string, string> };

/** `/health/live` never looks at anything; `/health/ready` may ask the disk, but never a provider. */
export function health(readiness: () => Promise<Readiness>) {
  return new Elysia({ name: 'health' })
    .get('/health/live', () => Response.json({ status: 'live' }), { detail: routeDetail('live') })
    .get(
      '/health/ready',
      async () => {
        const { ready, checks } = await readiness();
        return Response.json(
          { status: ready ? 'ready' : 'not ready', checks },
          { status: ready ? 200 : 503 },
        );
      },
      { detail: routeDetail('ready') },
    );
}
