// All routes of the operator on one screen: the network port and the local socket have the same.

import { Elysia } from 'elysia';
import type { Reports } from '../accounts/reports.ts';
import type { GatewayPorts } from '../gateway/gateway.ts';
import { pauseDesk } from '../gateway/health/pause-desk.ts';
import type { Verification } from '../store/verification.ts';
import { admin } from './admin.ts';
import { adminAccounts } from './admin-accounts.ts';
import { adminCache, type CachePorts } from './admin-cache.ts';
import { adminClients } from './admin-clients.ts';
import { adminConfig, type ConfigPorts } from './admin-config.ts';
import type { Guard } from './admin-door.ts';
import { adminExplain, type Explain } from './admin-explain.ts';
import { adminHealth, type HealthPorts } from './admin-health.ts';
import { adminLogs } from './admin-logs.ts';
import { adminPause } from './admin-pause.ts';
import { adminUsage } from './admin-usage.ts';

export type OperatorPorts = {
  gateway: () => GatewayPorts;
  /** What the operator may ask about money. */
  reports: Reports;
  /** Checks the ledger beside the calls. */
  verify: () => Promise<Verification>;
  /** What the operator may do with the configuration. */
  configuration: ConfigPorts;
  explain: Explain;
  /** The key that an id, a name or a visible beginning stands for; throws when there is none. */
  findKey: CachePorts['findKey'];
  alerts: HealthPorts['alerts'];
};

/** Lets the operator in, and says in the log who that was. */
export type Entry = { guard: Guard; who: (request: Request) => string };

export function adminRoutes(ports: OperatorPorts, { guard, who }: Entry) {
  const { directory, journal, ledger } = ports.gateway();
  const desk = { directory, ledger, rules: () => ports.gateway().config };
  return new Elysia({ name: 'admin-routes' })
    .use(admin(desk, guard))
    .use(adminAccounts(desk, guard))
    .use(adminLogs({ directory, journal }, guard))
    .use(adminClients({ directory, journal }, guard))
    .use(adminUsage(ports, guard))
    .use(adminConfig(ports.configuration, guard))
    .use(adminExplain(ports.explain, guard))
    .use(adminPause({ desk: pauseDesk(ports.gateway), guard, who }))
    .use(adminHealth(ports, guard))
    .use(adminCache(ports, guard));
}
