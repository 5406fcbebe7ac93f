// The composition root: configuration to stores to gateway to server; the only file that picks implementations.

import { existsSync } from 'node:fs';
import { startExpiry } from './accounts/expiry.ts';
import { findKey } from './accounts/find-key.ts';
import { createReports, type Reports } from './accounts/reports.ts';
import type { Alarm } from './alerts/alert.ts';
import { Alerts, type Tested, testAlerts } from './alerts/alerts.ts';
import { configAlerts } from './alerts/config-alerts.ts';
import type { CourierPorts } from './alerts/courier.ts';
import { watchLedger } from './alerts/ledger-watch.ts';
import { postToWebhook } from './alerts/webhook.ts';
import { loadTokenizer } from './billing/tokens.ts';
import { priceAt } from './catalog/price.ts';
import { buildModelIndex } from './catalog/resolve.ts';
import { firstStart } from './cli/first-start.ts';
import type { OpenExplainer, OpenReports, RunningServer, ServeOptions } from './cli/ports.ts';
import type { Config } from './config/config.ts';
import { type Environment, environment } from './config/environment.ts';
import { keepText, textOf } from './config/history.ts';
import { LiveConfig } from './config/live.ts';
import { filesBehind, watchFiles } from './config/watch-files.ts';
import { CODECS } from './formats/index.ts';
import { CapWatch, capWarning } from './gateway/admission/daily-cap.ts';
import { Turns } from './gateway/admission/turns.ts';
import { Conversations } from './gateway/candidates/conversations.ts';
import { explain, withoutKeys } from './gateway/explain/explain.ts';
import type { GatewayPorts } from './gateway/gateway.ts';
import { ailingWarning, forgetGone } from './gateway/health/ailing.ts';
import { healthAlerts } from './gateway/health/alerts.ts';
import { Health } from './gateway/health/health.ts';
import { nothingPaused, Pauses, pausesText } from './gateway/health/pauses.ts';
import { capAlerts, pauseAlerts } from './gateway/health/stop-alerts.ts';
import { Watch } from './gateway/watch.ts';
import { openServer } from './http/server.ts';
import { Bag } from './lib/bag.ts';
import { nowMs, systemClock } from './lib/clock.ts';
import { armFailpoint } from './lib/failpoint.ts';
import { log } from './lib/log.ts';
import { VERSION } from './lib/version.ts';
import { sandboxTransport } from './sandbox/index.ts';
import { calendarIn } from './store/calendar.ts';
import { databasePath, socketPath, turnPath } from './store/data-dir.ts';
import type { Journal } from './store/journal-port.ts';
import { createMemoryCache } from './store/memory/cache.ts';
import { createMemoryLimiter } from './store/memory/limiter.ts';
import { createMemoryThoughts } from './store/memory/thoughts.ts';
import { rememberMinimum } from './store/minimum-charge.ts';
import type { Directory, Ledger } from './store/ports.ts';
import { knownSealKey, sealKeyOf } from './store/seal-key.ts';
import { openDirectory } from './store/sqlite/directory.ts';
import { openJournal } from './store/sqlite/journal.ts';
import { openStatements } from './store/sqlite/statements.ts';
import { openStore, type Store } from './store/sqlite/store.ts';
import { takeTurn } from './store/sqlite/turn-file.ts';
import { verifierOf } from './store/sqlite/verify-aside.ts';
import type { Statements } from './store/statements.ts';

export { sandboxModels } from './sandbox/index.ts';
export { openDirectory } from './store/sqlite/directory.ts';
export { readJournal } from './store/sqlite/journal.ts';
export { verifyLedger } from './store/sqlite/verify.ts';

/** Opens the stores (making them where there are none) and the server. Throws Fault `storage_fault`, or the bind error. */
export async function startServer(config: Config, { print, load }: ServeOptions): Promise<RunningServer> {
  const env = environment();
  armFailpoint(env.OSIRIS_FAILPOINT);
  const store = await openStore(config.dataDir, {
    mode: 'create',
    calendar: calendarIn(config.billing.timezone),
    writer: 'thread',
    failpoint: env.OSIRIS_FAILPOINT,
  });
  const { directory, ledger, statements } = store;
  let stopExpiry = async () => {};
  let stopWatching = () => {};
  const journal = openJournal(config.dataDir, { limits: config.logs, secrets: credentialsOf(config) });
  const { publicUrl, host, port } = config.server;
  let place = publicUrl ?? `http://${host}:${port}`;
  const alerts = new Alerts(
    config.alerts,
    courierPorts(() => place),
  );
  const alarm = alerts.desk;
  try {
    rememberMinimum(directory, config.billing.minimumChargeNano);
    let ports = gatewayPorts(config, { ...store, journal, alarm }, env);
    const live = new LiveConfig({
      started: config,
      load: () => load(ports.config.file),
      apply(next, { text }) {
        const changed = fromConfig(next);
        server.renewCertificate(next.server);
        rememberMinimum(directory, next.billing.minimumChargeNano);
        journal.hide(credentialsOf(next));
        ports.cache.bound(cacheBytes(next));
        ports = { ...ports, ...changed };
        forgetGone(ports);
        alerts.configure(next.alerts);
        keepText(config.dataDir, text);
      },
      told: configAlerts(alarm),
    });
    const verify = verifierOf(config.dataDir);
    const server = openServer(config.server, socketPath(config.dataDir), {
      gateway: () => ports,
      reports: reportsOn(() => ports.config, store),
      verify: () => verify(ports.config.billing.minimumChargeNano),
      configuration: {
        reload: () => live.reload(),
        load,
        place: () => ({ file: ports.config.file, dataDir: config.dataDir }),
      },
      explain: (asked) =>
        explain(asked, {
          ...ports,
          cache: { get: ports.cache.peek },
          findKey: (word) => findKey(directory, word),
        }),
      alerts,
      version: VERSION,
      troubles: () => {
        const trouble = ledger.trouble();
        return trouble === undefined ? {} : { ledger: trouble };
      },
      warnings: () => {
        const trouble = journal.trouble();
        return {
          ...live.warnings(),
          ...ailingWarning(ports),
          ...ports.pauses.warnings(),
          ...capWarning(ports),
          ...(trouble === undefined ? {} : { journal: trouble }),
        };
      },
    });
    stopExpiry = startExpiry({ ledger, statements });
    const lagMs = () => ports.config.alerts.ledgerLagMs;
    const stopLooking = watchLedger({ alarm, ledger, journal, lagMs });
    if (config.file !== undefined) {
      keepText(config.dataDir, textOf(config.file));
      stopWatching = watchFiles(
        () => filesBehind(ports.config),
        () => live.reload(),
      );
    }
    // counting and the sandbox need it; loading it now keeps the first caller from waiting
    loadTokenizer().catch((thrown) => log.warn('the tokenizer did not load', { cause: thrown }));
    const url = config.server.publicUrl ?? server.url;
    const started = firstStart(config, directory, url) ?? `Osiris ${VERSION} answers at ${url}\n`;
    print(started + pausesText(ports.pauses));
    place = url;
    return {
      url,
      reload: () => live.reload(),
      async stop({ isByHand, hurry }) {
        stopWatching();
        const { drainDelayMs, drainTimeoutMs } = ports.server;
        await server.drain({ delayMs: isByHand ? 0 : drainDelayMs, timeoutMs: drainTimeoutMs, hurry });
        stopLooking();
        await Promise.all([stopExpiry(), alerts.close(hurry)]);
        await store.close();
        // last: a call is noted when its charge is on disk
        await journal.close();
      },
    };
  } catch (thrown) {
    stopWatching();
    await Promise.all([stopExpiry(), alerts.close()]);
    await store.close();
    await journal.close();
    throw thrown;
  }
}

/** Reports on a data directory no server runs on. `post` opens it for corrections, else nothing is written. */
export async function openReports(config: Config, { post }: { post: boolean }): Promise<OpenReports> {
  if (post) {
    // another command may have found the same difference
    const giveTurn = existsSync(databasePath(config.dataDir)) ? takeTurn(turnPath(config.dataDir)) : () => {};
    const store = await openIdleStore(config);
    return {
      reports: reportsOn(() => config, store),
      close: () => store.close().finally(giveTurn),
    };
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
    turns: new Turns(),
    capWatch: new CapWatch(),
    userAgent: `osiris/${VERSION}`,
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

type ReadParts = { directory: Directory; statements: Statements; ledger?: Ledger };

function reportsOn(current: () => Config, { directory, statements, ledger }: ReadParts): Reports {
  const { dayOf } = calendarIn(current().billing.timezone);
  return createReports({
    directory,
    statements,
    ...(ledger ? { ledger } : {}),
    priceAt(id, atMs) {
      const model = current().models.get(id);
      return model && priceAt(model, atMs);
    },
    get minimumChargeNano() {
      return current().billing.minimumChargeNano;
    },
    today: () => dayOf(nowMs()),
  });
}

/** What commands that move money need while no server runs. Throws Fault `storage_fault` where there is none. */
export function openIdleStore({ dataDir, billing }: Config): Promise<Store> {
  return openStore(dataDir, {
    mode: 'existing',
    calendar: calendarIn(billing.timezone),
    writer: 'direct',
    recover: false,
  });
}

/** Posts one alert to each receiver of the configuration, while no server runs on it. */
export function sendTestAlerts({ alerts, server }: Config): Promise<Tested[]> {
  return testAlerts(
    alerts,
    courierPorts(() => server.publicUrl ?? `${server.host}:${server.port}`),
  );
}

function courierPorts(server: () => string): CourierPorts {
  return { post: postToWebhook, server, userAgent: `osiris/${VERSION}` };
}

/** Our own secrets at the providers, which may not stand in the journal. */
function credentialsOf(config: Config): string[] {
  return [...config.providers.values()].flatMap((provider) => [
    ...provider.credentials,
    ...Object.values(provider.headers).filter((value) => value.length >= 8),
  ]);
}

/** Where nothing is given again, nothing is kept. */
function cacheBytes({ cache }: Config): number {
  return cache.ttlMs === 0 ? 0 : cache.maxBytes;
}

/** What changes with the configuration while the server runs. */
function fromConfig(config: Config): Pick<GatewayPorts, 'config' | 'server' | 'models' | 'billing'> {
  return { config, server: config.server, models: buildModelIndex(config), billing: config.billing };
}

function gatewayPorts(
  config: Config,
  { directory, ledger, journal, alarm }: Store & { journal: Journal; alarm: Alarm },
  env: Environment,
): GatewayPorts {
  const pauses = new Pauses(directory);
  pauses.tell(pauseAlerts(alarm, pauses.all));
  return {
    ...fromConfig(config),
    directory,
    limiter: createMemoryLimiter(),
    cache: createMemoryCache(cacheBytes(config)),
    ledger,
    journal,
    sealKey: sealKeyOf(directory),
    thoughts: createMemoryThoughts(),
    health: new Health(systemClock, healthAlerts(alarm)),
    conversations: new Conversations(),
    running: new Bag(),
    pauses,
    capWatch: new CapWatch(capAlerts(alarm)),
    watch: new Watch(),
    turns: new Turns(),
    transports: new Map([['sandbox', sandboxTransport(CODECS)]]),
    userAgent: `osiris/${VERSION}`,
    proxied: ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].some((name) => Boolean(env[name])),
  };
}
