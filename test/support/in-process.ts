// The real server in this process, on a store of its own and a clock that is moved by hand.

import { findKey } from '../../src/accounts/find-key.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { createReports } from '../../src/accounts/reports.ts';
import { Alerts } from '../../src/alerts/alerts.ts';
import { postToWebhook } from '../../src/alerts/webhook.ts';
import type { Model } from '../../src/catalog/model.ts';
import { buildModelIndex, modelNamed } from '../../src/catalog/resolve.ts';
import { CODECS } from '../../src/formats/index.ts';
import { CapWatch, capWarning } from '../../src/gateway/admission/daily-cap.ts';
import { Turns } from '../../src/gateway/admission/turns.ts';
import { Uploads } from '../../src/gateway/admission/uploads.ts';
import { OpenStreams } from '../../src/gateway/answer/open-streams.ts';
import { Conversations } from '../../src/gateway/candidates/conversations.ts';
import { PaidContainers } from '../../src/gateway/costs/containers.ts';
import { explain } from '../../src/gateway/explain/explain.ts';
import type { GatewayPorts } from '../../src/gateway/gateway.ts';
import { forgetGone } from '../../src/gateway/health/ailing.ts';
import { healthAlerts } from '../../src/gateway/health/alerts.ts';
import { Health } from '../../src/gateway/health/health.ts';
import { Pauses } from '../../src/gateway/health/pauses.ts';
import { Watch } from '../../src/gateway/watch.ts';
import { openServer } from '../../src/http/server.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { sha256Hex } from '../../src/lib/crypto.ts';
import { HttpClient } from '../../src/lib/http-client/client.ts';
import { newAdminSecret } from '../../src/lib/id.ts';
import { sandboxModels, sandboxTransport } from '../../src/sandbox/index.ts';
import { CallCounts } from '../../src/store/call-counts.ts';
import { socketPath } from '../../src/store/data-dir.ts';
import type { Journal } from '../../src/store/journal-port.ts';
import { createMemoryCache } from '../../src/store/memory/cache.ts';
import { createMemoryLimiter } from '../../src/store/memory/limiter.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import type { Directory, Key, KeyLimits, Limiter, NewKey } from '../../src/store/ports.ts';
import type { Store } from '../../src/store/sqlite/store.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { accepted, emptyDirectory, loadText } from './config-file.ts';
import { DAILY, storeIn } from './ledger.ts';
import { createMemoryJournal } from './memory-journal.ts';
import { fakeClock, PLAIN_KEY } from './store-fixtures.ts';

const CACHE_BYTES = 1024 ** 2;

export type InProcess = {
  url: string;
  /** Without limits that matter here. */
  key: string;
  clock: Clock & { advance(ms: number): void };
  limiter: Limiter;
  turns: Turns;
  pauses: Pauses;
  directory: Directory;
  store: Store;
  dataDir: string;
  journal: Journal;
  /** How often the directory was asked for more than it has in memory. */
  looks: { keys: number; facts: number };
  adminSecret: string;
  makeKey(limits: KeyLimits, members?: Partial<NewKey>): { key: string; stored: Key };
  alerts: Alerts;
  /** The alerts look at the clock. */
  tickAlerts(): void;
  /** The same configuration read again, as after a reload; `sections` in the place of those it had. */
  reconfigure(sections?: Record<string, unknown>): void;
  stop(): Promise<void>;
};

/**
 * `baseUrl` is an OpenAI Chat provider that has every one of `models`; they are free. `sections` stand in the
 * configuration file in place of those made of the two; the models of the sandbox are there when asked for.
 */
export async function openHere(options: {
  baseUrl?: string;
  models?: string[];
  server?: Record<string, unknown>;
  sections?: Record<string, unknown>;
  sandbox?: boolean;
  /** Changes the models as they were loaded. */
  adapt?: (model: Model) => Model;
}): Promise<InProcess> {
  const { baseUrl = 'http://127.0.0.1:1/v1', models = [], server = {}, sections = {}, adapt } = options;
  const extraModels = options.sandbox ? sandboxModels : [];
  const offer = (model: string) => ({
    price: { input: 0, output: 0 },
    deployments: [{ provider: 'up', model }],
  });
  const file = {
    server: { host: '127.0.0.1', ...server },
    providers: { up: { base_url: baseUrl, format: 'openai-chat', auth: 'none' } },
    models: Object.fromEntries(models.map((model) => [model, offer(model)])),
    // a scripted failure is asked for once
    routing: { retries: 0 },
    ...sections,
  };
  const loaded = accepted(loadText(JSON.stringify(file), {}, {}, { extraModels }));
  const changed = adapt && new Map([...loaded.models].map(([id, model]) => [id, adapt(model)]));
  const config = {
    ...loaded,
    ...{ dataDir: emptyDirectory(), server: { ...loaded.server, port: 0 } },
    models: changed ?? loaded.models,
  };
  const clock = fakeClock();
  const limiter = createMemoryLimiter(clock);
  const journal = createMemoryJournal();
  const looks = { keys: 0, facts: 0 };
  let tickAlerts = () => {};
  const alerts = new Alerts(config.alerts, {
    ...{ post: postToWebhook, server: () => 'osiris.test', userAgent: 'osiris/test', clock },
    every(_, tick) {
      tickAlerts = tick;
      return () => {};
    },
  });
  const store = await storeIn(config.dataDir);
  const { directory, ledger } = store;
  count(directory, looks);
  const adminSecret = newAdminSecret();
  directory.setFact('admin_secret_sha256', sha256Hex(adminSecret));
  const http = new HttpClient();
  let ports: GatewayPorts = {
    config,
    server: config.server,
    models: buildModelIndex(config),
    directory,
    limiter,
    ledger,
    journal,
    billing: config.billing,
    sealKey: new Uint8Array(32),
    thoughts: createMemoryThoughts(clock),
    cache: createMemoryCache(CACHE_BYTES, clock),
    health: new Health(clock, healthAlerts(alerts.desk)),
    conversations: new Conversations(),
    containers: new PaidContainers(),
    running: new Set(),
    pauses: new Pauses(directory),
    capWatch: new CapWatch(),
    watch: new Watch(),
    turns: new Turns(),
    uploads: new Uploads(),
    streams: new OpenStreams(),
    transports: new Map([['sandbox', sandboxTransport(CODECS)]]),
    userAgent: 'osiris/test',
    http,
    proxied: false,
  };
  const opened = openServer(config.server, socketPath(config.dataDir), {
    gateway: () => ports,
    calls: new CallCounts(),
    reports: createReports({
      directory,
      statements: store.statements,
      ledger,
      modelId: (name) => modelNamed(buildModelIndex(config), name)?.id,
      priceAt: (id) => config.models.get(id)?.price,
      minimumChargeNano: ports.billing.minimumChargeNano,
      today: () => DAILY.dayOf(clock.nowMs()),
    }),
    verify: async () => verifyLedger(config.dataDir, { minimumChargeNano: ports.billing.minimumChargeNano }),
    configuration: {
      reload: () => ({ ok: true, needsRestart: [] }),
      load: () => ({ config }),
      place: () => ({ file: undefined, dataDir: config.dataDir }),
    },
    findKey: (word) => findKey(directory, word),
    explain: (asked) => explain(asked, { ...ports, findKey: (word) => findKey(directory, word) }),
    alerts,
    version: 'test',
    troubles: async () => ({}),
    warnings: () => ({ ...ports.pauses.warnings(), ...capWarning(ports) }),
    clock,
  });
  const makeKey: InProcess['makeKey'] = (limits, members = {}) => {
    const { key, secret } = createKey(directory, { ...PLAIN_KEY, ...members, limits });
    return { key: secret, stored: key };
  };
  return {
    url: opened.url,
    key: makeKey({ requestsPerMinute: 1_000_000, concurrent: 1000 }).key,
    clock,
    limiter,
    alerts,
    tickAlerts: () => tickAlerts(),
    turns: ports.turns,
    pauses: ports.pauses,
    directory,
    store,
    dataDir: config.dataDir,
    journal,
    looks,
    adminSecret,
    makeKey,
    reconfigure(sections = {}) {
      const again = {
        ...accepted(loadText(JSON.stringify({ ...file, ...sections }))),
        dataDir: config.dataDir,
      };
      ports = { ...ports, config: again, models: buildModelIndex(again) };
      forgetGone(ports);
      alerts.configure(again.alerts);
    },
    async stop() {
      await opened.drain({ delayMs: 0, timeoutMs: 1000 });
      http.close();
      await alerts.close();
      await store.close();
    },
  };
}

function count(directory: Directory, looks: InProcess['looks']): void {
  const findByHash = directory.findByHash.bind(directory);
  const getFact = directory.getFact.bind(directory);
  directory.findByHash = (hashHex) => {
    looks.keys += 1;
    return findByHash(hashHex);
  };
  directory.getFact = (name) => {
    looks.facts += 1;
    return getFact(name);
  };
}
