// What commands do by themselves, without asking a server.

import { existsSync } from 'node:fs';
import { findKey } from '../accounts/find-key.ts';
import { type Tested, testAlerts } from '../alerts/alerts.ts';
import type { OpenExplainer, OpenReports } from '../cli/ports.ts';
import type { Config } from '../config/config.ts';
import { isProxied } from '../config/environment.ts';
import { CapWatch } from '../gateway/admission/daily-cap.ts';
import { Turns } from '../gateway/admission/turns.ts';
import { Uploads } from '../gateway/admission/uploads.ts';
import { Conversations } from '../gateway/candidates/conversations.ts';
import { PaidContainers } from '../gateway/costs/containers.ts';
import { explain, withoutKeys } from '../gateway/explain/explain.ts';
import { Health } from '../gateway/health/health.ts';
import { nothingPaused, Pauses } from '../gateway/health/pauses.ts';
import { type Trial, tryProviders as tryAll } from '../gateway/health/provider-trial.ts';
import { Watch } from '../gateway/watch.ts';
import { HttpClient } from '../lib/http-client/client.ts';
import { calendarIn } from '../store/calendar.ts';
import { databasePath, placingPath } from '../store/data-dir.ts';
import { createMemoryLimiter } from '../store/memory/limiter.ts';
import { createMemoryThoughts } from '../store/memory/thoughts.ts';
import { knownSealKey } from '../store/seal-key.ts';
import { openDirectory } from '../store/sqlite/directory.ts';
import { openStatements } from '../store/sqlite/statements.ts';
import { openStore, type Store } from '../store/sqlite/store.ts';
import { courierPorts, fromConfig, inTurn, reportsOn, takeTurnOn, USER_AGENT } from './pieces.ts';

export { backupJob } from '../store/sqlite/backup-aside.ts';
export { openDirectory } from '../store/sqlite/directory.ts';
export { readJournal } from '../store/sqlite/journal.ts';
export { holdForRestore } from '../store/sqlite/restore.ts';
export { verifyLedger } from '../store/sqlite/verify.ts';

/** Reports on a data directory no server runs on. `post` opens it for corrections, else nothing is written. */
export async function openReports(config: Config, { post }: { post: boolean }): Promise<OpenReports> {
  if (post) {
    const store = await openIdleStore(config);
    return { reports: reportsOn(() => config, store), close: store.close };
  }
  const directory = openDirectory(config.dataDir, 'existing');
  const statements = openStatements(databasePath(config.dataDir));
  return {
    reports: reportsOn(() => config, { directory, statements }),
    async close() {
      statements.close();
      directory.close();
    },
  };
}

/** Explains requests on a data directory no server runs on; where there is none, those that name no key. */
export async function openExplainer(config: Config): Promise<OpenExplainer> {
  const parts = {
    ...fromConfig(config),
    limiter: createMemoryLimiter(),
    thoughts: createMemoryThoughts(),
    // what a server would keep is in its memory
    cache: { get: () => undefined },
    watch: new Watch(),
    health: new Health(),
    conversations: new Conversations(),
    containers: new PaidContainers(),
    turns: new Turns(),
    uploads: new Uploads(),
    capWatch: new CapWatch(),
    userAgent: USER_AGENT,
  };
  if (!existsSync(databasePath(config.dataDir)))
    return {
      explain: (asked) => explain(asked, { ...parts, ...withoutKeys(config), pauses: nothingPaused() }),
      async close() {},
    };
  const store = await openIdleStore(config);
  const { directory, ledger } = store;
  const sealKey = knownSealKey(directory);
  const findIn = (word: string) => findKey(directory, word);
  const pauses = new Pauses(directory);
  return {
    explain: (asked) => explain(asked, { ...parts, ledger, sealKey, pauses, findKey: findIn }),
    close: () => store.close(),
  };
}

/** What commands that move money need while no server runs. Throws Fault `storage_fault` where there is none. */
export function openIdleStore({ dataDir, billing }: Config): Promise<Store> {
  // where there is no database nothing is made either
  const isThere = existsSync(databasePath(dataDir)) || existsSync(placingPath(dataDir));
  const giveTurn = isThere ? takeTurnOn(dataDir) : () => {};
  const calendar = calendarIn(billing.timezone);
  return inTurn(
    giveTurn,
    openStore(dataDir, { mode: 'existing', calendar, writer: 'direct', recover: false }),
  );
}

/** Posts one alert to each receiver of the configuration, while no server runs on it. */
export function sendTestAlerts({ alerts, server }: Config): Promise<Tested[]> {
  const address = () => server.publicUrl ?? `${server.host}:${server.port}`;
  return testAlerts(alerts, courierPorts(address));
}

/** Tries every provider as a server would reach them. */
export function tryProviders({ providers }: Config): Promise<Trial[]> {
  const http = new HttpClient();
  return tryAll(providers, { http, userAgent: USER_AGENT, proxied: isProxied() }).finally(() => http.close());
}
