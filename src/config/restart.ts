// Tells what of a new configuration waits for a restart, and keeps that as it was started.

import type { Config } from './config.ts';

/** What is opened once: sockets, stores. By the names the file has for it. */
const FIXED: Record<string, (config: Config) => unknown> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  'server.tls': ({ server }) => server.tls !== undefined,
  'server.trusted_proxies': ({ server }) => server.trustedProxies,
  'server.admin_from': ({ server }) => server.adminFrom,
  'server.cors_origins': ({ server }) => server.corsOrigins,
  data_dir: ({ dataDir }) => dataDir,
  database: ({ database }) => database,
  'billing.timezone': ({ billing }) => billing.timezone,
  logs: ({ logs }) => logs,
};

/** `next` with everything that cannot change while running as `started` has it, and the names of what differed. */
export function keepFixed(started: Config, next: Config): { config: Config; needsRestart: string[] } {
  const needsRestart = Object.entries(FIXED)
    .filter(([, read]) => !Bun.deepEquals(read(started), read(next)))
    .map(([name]) => name);
  const { host, port, trustedProxies, adminFrom, corsOrigins } = started.server;
  // another certificate can be shown, but a port does not begin or cease to speak TLS
  const tls = (started.server.tls && next.server.tls) ?? started.server.tls;
  const config = {
    ...next,
    server: { ...next.server, host, port, tls, trustedProxies, adminFrom, corsOrigins },
    dataDir: started.dataDir,
    database: started.database,
    billing: { ...next.billing, timezone: started.billing.timezone },
    logs: started.logs,
  };
  return { config: Object.freeze(config), needsRestart };
}
