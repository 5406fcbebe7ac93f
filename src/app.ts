// The composition root: configuration to stores to gateway to server; the only file that picks implementations.

import { loadTokenizer } from './billing/tokens.ts';
import { buildModelIndex } from './catalog/resolve.ts';
import { firstStart } from './cli/first-start.ts';
import type { RunningServer, ServeOptions } from './cli/ports.ts';
import type { Config } from './config/config.ts';
import { type Environment, environment } from './config/environment.ts';
import { CODECS } from './formats/index.ts';
import type { GatewayPorts } from './gateway/gateway.ts';
import { Watch } from './gateway/watch.ts';
import { openServer } from './http/server.ts';
import { armFailpoint } from './lib/failpoint.ts';
import { log } from './lib/log.ts';
import { VERSION } from './lib/version.ts';
import { sandboxTransport } from './sandbox/index.ts';
import type { Calendar } from './store/balances.ts';
import { socketPath } from './store/data-dir.ts';
import { createMemoryLimiter } from './store/memory/limiter.ts';
import { sealKeyOf } from './store/seal-key.ts';
import { openStore, type Store } from './store/sqlite/store.ts';

export { sandboxModels } from './sandbox/index.ts';
export { openDirectory } from './store/sqlite/directory.ts';

/** Opens the stores (making them where there are none) and the server. Throws Fault `storage_fault`, or the bind error. */
export async function startServer(config: Config, { print }: ServeOptions): Promise<RunningServer> {
  const env = environment();
  armFailpoint(env.OSIRIS_FAILPOINT);
  const store = await openStore(config.dataDir, {
    mode: 'create',
    calendar: UTC,
    writer: 'thread',
    failpoint: env.OSIRIS_FAILPOINT,
  });
  const { directory, ledger } = store;
  try {
    const ports = gatewayPorts(config, store, env);
    const server = openServer(config.server, socketPath(config.dataDir), {
      gateway: () => ports,
      version: VERSION,
      troubles: () => {
        const trouble = ledger.trouble();
        return trouble === undefined ? {} : { ledger: trouble };
      },
    });
    // counting and the sandbox need it; loading it now keeps the first caller from waiting
    loadTokenizer().catch((thrown) => log.warn('the tokenizer did not load', { cause: thrown }));
    const url = config.server.publicUrl ?? server.url;
    print(firstStart(config, directory, url) ?? `Osiris ${VERSION} answers at ${url}\n`);
    return {
      url,
      async stop() {
        await server.drain(config.server.drainTimeoutMs);
        await store.close();
      },
    };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

const DAY_MS = 86_400_000;
const UTC: Calendar = {
  dayOf: (timeMs) => Math.floor(timeMs / DAY_MS),
  periodOf: (_, timeMs) => {
    const firstDay = Math.floor(timeMs / DAY_MS);
    return { firstDay, endsAtMs: (firstDay + 1) * DAY_MS };
  },
};

function gatewayPorts(config: Config, { directory, ledger }: Store, env: Environment): GatewayPorts {
  return {
    config,
    server: config.server,
    models: buildModelIndex(config),
    directory,
    limiter: createMemoryLimiter(),
    ledger,
    billing: config.billing,
    sealKey: sealKeyOf(directory),
    running: new Set(),
    watch: new Watch(),
    transports: new Map([['sandbox', sandboxTransport(CODECS)]]),
    userAgent: `osiris/${VERSION}`,
    proxied: ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].some((name) => Boolean(env[name])),
  };
}
