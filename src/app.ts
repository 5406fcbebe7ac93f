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
import { log } from './lib/log.ts';
import { VERSION } from './lib/version.ts';
import { sandboxTransport } from './sandbox/index.ts';
import { socketPath } from './store/data-dir.ts';
import type { Journal } from './store/journal-port.ts';
import { createMemoryLedger } from './store/memory/ledger.ts';
import { createMemoryLimiter } from './store/memory/limiter.ts';
import type { Directory } from './store/ports.ts';
import { sealKeyOf } from './store/seal-key.ts';
import { openDirectory } from './store/sqlite/directory.ts';
import { openJournal } from './store/sqlite/journal.ts';

export { sandboxModels } from './sandbox/index.ts';
export { openDirectory } from './store/sqlite/directory.ts';
export { readJournal } from './store/sqlite/journal.ts';

/** Opens the stores (making them where there are none) and the server. Throws Fault `storage_fault`, or the bind error. */
export async function startServer(config: Config, { print }: ServeOptions): Promise<RunningServer> {
  const directory = openDirectory(config.dataDir, 'create');
  const journal = openJournal(config.dataDir, { limits: config.logs, secrets: credentialsOf(config) });
  try {
    const ports = gatewayPorts(config, { directory, journal }, environment());
    const server = openServer(config.server, socketPath(config.dataDir), {
      gateway: () => ports,
      version: VERSION,
      troubles: () => ({}),
      warnings: () => {
        const trouble = journal.trouble();
        return trouble === undefined ? {} : { journal: trouble };
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
        await journal.close();
        directory.close();
      },
    };
  } catch (thrown) {
    await journal.close();
    directory.close();
    throw thrown;
  }
}

/** Our own secrets at the providers, which may not stand in the journal. */
function credentialsOf(config: Config): string[] {
  return [...config.providers.values()].flatMap((provider) => [
    ...provider.credentials,
    ...Object.values(provider.headers).filter((value) => value.length >= 8),
  ]);
}

function gatewayPorts(
  config: Config,
  { directory, journal }: { directory: Directory; journal: Journal },
  env: Environment,
): GatewayPorts {
  return {
    config,
    server: config.server,
    models: buildModelIndex(config),
    directory,
    limiter: createMemoryLimiter(),
    ledger: createMemoryLedger(),
    journal,
    sealKey: sealKeyOf(directory),
    running: new Set(),
    watch: new Watch(),
    transports: new Map([['sandbox', sandboxTransport(CODECS)]]),
    userAgent: `osiris/${VERSION}`,
    proxied: ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].some((name) => Boolean(env[name])),
  };
}
