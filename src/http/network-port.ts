// The network port, which can change its certificate while calls are under way.

import { readFileSync } from 'node:fs';
import type { ServerConfig } from '../config/config.ts';
import { after } from '../lib/clock.ts';
import { log } from '../lib/log.ts';

export type NetworkPort = {
  port: number;
  /** The address of the peer; undefined once it has gone. */
  peerOf(request: Request): string | undefined;
  /** Shows the certificate in these files to whoever connects, from a moment later on. Throws what is wrong with it. */
  renew(tls: ServerConfig['tls']): void;
  /** Listens no more; resolves when the last call has ended, or with `closeAll` at once. */
  stop(closeAll: boolean): Promise<void>;
};

export type PortHandlers = {
  answer: (request: Request) => Response | Promise<Response>;
  /** What even Bun's own handling of a request failed on. */
  refuse: (error: Error) => Response;
  /** So long nothing may move on a connection from the beginning of an answer on, also between requests. Seconds. */
  quietS?: number;
};

/** Larger than any limit of ours, so that ours answers with a shaped 413 instead of Bun with a bare one. */
const REQUEST_BYTES_MAX = 1024 ** 3;
const HEAD_TIMEOUT_S = 30;
/** Longer than proxies keep a connection for the next request, and than streams are silent. Bun knows no longer ones. */
const QUIET_S = 255;
/** Both servers accept for so long: at once, one in seven switches cut a connection off; like this none did. */
const ACCEPT_REST_MS = 100;

type Pem = { cert: string; key: string };

/** Throws the bind error. */
export function openNetworkPort({ host, port, tls }: ServerConfig, handlers: PortHandlers): NetworkPort {
  let shown = readPem(tls);
  if (shown !== undefined && port !== 0) claim(host, port);
  let server = listen(host, port, shown, handlers);
  const leaving = new Set<Bun.Server<undefined>>();
  return {
    port: server.port ?? port,
    peerOf: (request) => server.requestIP(request)?.address,
    renew(next) {
      const pem = readPem(next);
      if (pem === undefined || (pem.cert === shown?.cert && pem.key === shown.key)) return;
      // Bun keeps the certificate of a server over `reload` (1.4.5, measured): so a second server takes over its port
      const old = server;
      server = listen(host, old.port ?? port, pem, handlers);
      shown = pem;
      leaving.add(old);
      // who connected while this was being prepared waits to be accepted by the old one, and would be cut off by now
      after(ACCEPT_REST_MS, () => void old.stop(false).finally(() => leaving.delete(old)));
      log.info('the certificate was renewed: new connections see it');
    },
    async stop(closeAll) {
      await Promise.all([server, ...leaving].map((each) => each.stop(closeAll)));
    },
  };
}

function listen(
  host: string,
  port: number,
  pem: Pem | undefined,
  { answer, refuse, quietS = QUIET_S }: PortHandlers,
) {
  return Bun.serve({
    hostname: host,
    port,
    // ends connections that never finish their head; behind that our own deadlines rule
    idleTimeout: HEAD_TIMEOUT_S,
    maxRequestBodySize: REQUEST_BYTES_MAX,
    development: false,
    error: refuse,
    // said either way: without `development` Bun shares the port by itself (1.4.5), and two programs answer in turn
    reusePort: pem !== undefined,
    ...(pem ? { tls: pem } : {}),
    fetch: async (request: Request, server: Bun.Server<undefined>) => {
      // how long an answer may take is ours to say (oven-sh/bun#27479)
      server.timeout(request, 0);
      try {
        return await answer(request);
      } finally {
        // without one, connections whose clients have vanished would stay for ever
        server.timeout(request, quietS);
      }
    },
  });
}

/** A shared port would let a second program listen beside a first one that shares it too: so it is tried unshared. */
function claim(hostname: string, port: number): void {
  void Bun.serve({ hostname, port, fetch: () => new Response() }).stop(true);
}

function readPem(tls: ServerConfig['tls']): Pem | undefined {
  return tls && { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') };
}
