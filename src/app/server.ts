// The server: configuration to stores to gateway to doors.

import { startExpiry } from '../accounts/expiry.ts';
import { findKey } from '../accounts/find-key.ts';
import { Alerts } from '../alerts/alerts.ts';
import { configAlerts } from '../alerts/config-alerts.ts';
import { watchLedger } from '../alerts/ledger-watch.ts';
import { loadTokenizer } from '../billing/tokens.ts';
import { firstStart } from '../cli/first-start.ts';
import type { RunningServer, ServeOptions } from '../cli/ports.ts';
import type { Config } from '../config/config.ts';
import { credentialsOf } from '../config/credentials.ts';
import { environment, isProxied } from '../config/environment.ts';
import { keepText, textOf } from '../config/history.ts';
import { LiveConfig } from '../config/live.ts';
import { filesBehind, watchFiles } from '../config/watch-files.ts';
import { CODECS } from '../formats/index.ts';
import { CapWatch, capWarning } from '../gateway/admission/daily-cap.ts';
import { Turns } from '../gateway/admission/turns.ts';
import { Uploads } from '../gateway/admission/uploads.ts';
import { OpenStreams } from '../gateway/answer/open-streams.ts';
import { Conversations } from '../gateway/candidates/conversations.ts';
import { CONTAINERS_REMEMBERED_MS, PaidContainers } from '../gateway/costs/containers.ts';
import { explain } from '../gateway/explain/explain.ts';
import type { GatewayPorts } from '../gateway/gateway.ts';
import { ailingWarning, forgetGone } from '../gateway/health/ailing.ts';
import { healthAlerts } from '../gateway/health/alerts.ts';
import { Health } from '../gateway/health/health.ts';
import { Pauses, pausesText } from '../gateway/health/pauses.ts';
import { capAlerts, pauseAlerts } from '../gateway/health/stop-alerts.ts';
import { Watch } from '../gateway/watch.ts';
import { openServer } from '../http/server.ts';
import { Bag } from '../lib/bag.ts';
import { nowMs, steadyClock } from '../lib/clock.ts';
import { HttpClient } from '../lib/http-client/client.ts';
import { log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import { SANDBOX } from '../providers/sandbox.ts';
import { sandboxTransport } from '../sandbox/index.ts';
import { calendarIn } from '../store/calendar.ts';
import { CallCounts } from '../store/call-counts.ts';
import { socketPath } from '../store/data-dir.ts';
import { createMemoryCache } from '../store/memory/cache.ts';
import { createMemoryLimiter } from '../store/memory/limiter.ts';
import { createMemoryThoughts } from '../store/memory/thoughts.ts';
import { rememberMinimum } from '../store/minimum-charge.ts';
import { sealKeyOf } from '../store/seal-key.ts';
import { openJournal } from '../store/sqlite/journal.ts';
import { openStore, type Store } from '../store/sqlite/store.ts';
import { verifierOf } from '../store/sqlite/verify-aside.ts';
import { courierPorts, fromConfig, inTurn, reportsOn, takeTurnOn, USER_AGENT } from './pieces.ts';

/** Opens the stores (making them where there are none) and the server. Throws Fault `storage_fault`, or the bind error. */
export async function startServer(config: Config, options: ServeOptions): Promise<RunningServer> {
  const parts = await openParts(config);
  try {
    return serveWith(parts, config, options);
  } catch (thrown) {
    await parts.close();
    throw thrown;
  }
}

/** What is open as long as the server runs. */
type Parts = {
  store: Store;
  journal: ReturnType<typeof openJournal>;
  calls: CallCounts;
  alerts: Alerts;
  /** To the providers. */
  http: HttpClient;
  /** Where people find the server; the port is the real one as soon as that is known. */
  address: { url: string };
  close(hurry?: AbortSignal): Promise<void>;
};

/** What the next call goes by; replaced as a whole when the configuration changes. */
type Current = { ports: GatewayPorts };

async function openParts(config: Config): Promise<Parts> {
  const failpoint = environment().OSIRIS_FAILPOINT;
  // a command may be at work, or another server may begin at this moment
  const giveTurn = takeTurnOn(config.dataDir);
  const calendar = calendarIn(config.billing.timezone);
  const store = await inTurn(
    giveTurn,
    openStore(config.dataDir, { mode: 'create', calendar, writer: 'thread', failpoint }),
  );
  const calls = new CallCounts();
  const journal = openJournal(config.dataDir, {
    limits: config.logs,
    secrets: credentialsOf(config),
    noted: (row) => calls.add(row),
  });
  const { publicUrl, host, port } = config.server;
  const address = { url: publicUrl ?? `http://${host}:${port}` };
  const courier = courierPorts(() => address.url);
  const alerts = new Alerts(config.alerts, courier);
  const http = new HttpClient();
  return {
    store,
    journal,
    calls,
    alerts,
    http,
    address,
    async close(hurry) {
      http.close();
      await alerts.close(hurry);
      await store.close();
      // last: a call is noted when its charge is on disk
      await journal.close();
    },
  };
}

function serveWith(parts: Parts, config: Config, { print, load }: ServeOptions): RunningServer {
  const { directory } = parts.store;
  rememberMinimum(directory, config.billing.minimumChargeNano);
  const current: Current = { ports: gatewayPorts(config, parts) };
  const live = new LiveConfig({
    started: config,
    load: () => load(current.ports.config.file),
    apply(next, { text }) {
      server.renewCertificate(next.server);
      takeOver(next, current, parts);
      keepText(config.dataDir, text);
    },
    told: configAlerts(parts.alerts.desk),
  });
  const server = openServer(config.server, socketPath(config.dataDir), {
    ...doorsOf(parts, current, live),
    configuration: {
      reload: () => live.reload(),
      load,
      place: () => ({ file: current.ports.config.file, dataDir: config.dataDir }),
    },
  });
  const url = config.server.publicUrl ?? server.url;
  const started = firstStart(config, directory, url) ?? `Osiris ${VERSION} answers at ${url}\n`;
  const chores = startChores(parts, current);
  const stopWatching = watchConfig(current, live);
  print(started + pausesText(current.ports.pauses));
  parts.address.url = url;
  return {
    url,
    reload: () => live.reload(),
    async stop({ isByHand, hurry }) {
      stopWatching();
      const { drainDelayMs, drainTimeoutMs } = current.ports.server;
      await server.drain({ delayMs: isByHand ? 0 : drainDelayMs, timeoutMs: drainTimeoutMs, hurry });
      await chores.end();
      await parts.close(hurry);
    },
  };
}

/** Puts a changed configuration in force: calls under way end by the one they began with. */
function takeOver(next: Config, current: Current, { store, journal, alerts }: Parts): void {
  const changed = fromConfig(next);
  rememberMinimum(store.directory, next.billing.minimumChargeNano);
  journal.hide(credentialsOf(next));
  current.ports.cache.bound(cacheBytes(next));
  current.ports = { ...current.ports, ...changed };
  forgetGone(current.ports);
  alerts.configure(next.alerts);
}

/** What the routes ask of everything behind them. */
function doorsOf({ store, journal, calls, alerts }: Parts, current: Current, live: LiveConfig) {
  const { directory, ledger } = store;
  const verify = verifierOf(current.ports.config.dataDir);
  const findIn = (word: string) => findKey(directory, word);
  const named = (name: string, trouble: string | undefined) =>
    trouble === undefined ? {} : { [name]: trouble };
  return {
    gateway: () => current.ports,
    reports: reportsOn(() => current.ports.config, store),
    verify: () => verify(current.ports.config.billing.minimumChargeNano),
    findKey: findIn,
    explain(asked: Parameters<typeof explain>[0]) {
      const { ports } = current;
      return explain(asked, { ...ports, cache: { get: ports.cache.peek }, findKey: findIn });
    },
    alerts,
    calls,
    version: VERSION,
    troubles: async () => named('ledger', await ledger.prove()),
    warnings: () => ({
      ...live.warnings(),
      ...ailingWarning(current.ports),
      ...current.ports.pauses.warnings(),
      ...capWarning(current.ports),
      ...named('journal', journal.trouble()),
    }),
  };
}

/** What goes on beside the calls. */
function startChores({ store, journal, alerts }: Parts, current: Current): { end(): Promise<void> } {
  const { ledger, statements } = store;
  const stopExpiry = startExpiry({ ledger, statements });
  const lagMs = () => current.ports.config.alerts.ledgerLagMs;
  const stopLooking = watchLedger({ alarm: alerts.desk, ledger, journal, lagMs });
  if (hasOnlySandbox(current.ports.config))
    loadTokenizer().catch((thrown) => log.warn('the tokenizer did not load', { cause: thrown }));
  return {
    end() {
      stopLooking();
      return stopExpiry();
    },
  };
}

/**
 * Whoever has nothing else tries it next and shall not wait for what it counts with; it takes 30 MB and a tenth of a
 * second, which others spend when they count.
 */
function hasOnlySandbox({ providers }: Config): boolean {
  return [...providers.values()].every(({ builtIn }) => builtIn);
}

/** Takes over what changes in the files of the configuration, until the returned function is called. */
function watchConfig(current: Current, live: LiveConfig): () => void {
  const { file, dataDir } = current.ports.config;
  if (file === undefined) return () => {};
  keepText(dataDir, textOf(file));
  return watchFiles(
    () => filesBehind(current.ports.config),
    () => live.reload(),
  );
}

/** Where nothing is given again, nothing is kept. */
function cacheBytes({ cache }: Config): number {
  return cache.ttlMs === 0 ? 0 : cache.maxBytes;
}

function gatewayPorts(config: Config, { store, journal, alerts, http }: Parts): GatewayPorts {
  const { directory, ledger, statements } = store;
  const alarm = alerts.desk;
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
    health: new Health(steadyClock, healthAlerts(alarm)),
    conversations: new Conversations(),
    containers: new PaidContainers(statements.chargeNotes(nowMs() - CONTAINERS_REMEMBERED_MS)),
    running: new Bag(),
    pauses,
    capWatch: new CapWatch(capAlerts(alarm)),
    watch: new Watch(),
    turns: new Turns(),
    uploads: new Uploads(),
    streams: new OpenStreams(),
    transports: new Map([[SANDBOX.id, sandboxTransport(CODECS)]]),
    userAgent: USER_AGENT,
    http,
    proxied: isProxied(),
  };
}
