// A small HTTP/1.1 client (RFC 9112) over sockets whose connections are used again.

import type { Abort } from '../abort.ts';
import { bufferOf } from '../bytes.ts';
import { every } from '../clock.ts';
import type { Origin } from './connection.ts';
import { type Answer, Exchange } from './exchange.ts';
import { Pool } from './pool.ts';
import { HeadWriter, writeTarget } from './request-head.ts';

export type { Answer } from './exchange.ts';

export type HttpRequest = {
  /** Any but HEAD and CONNECT, whose answers are framed otherwise. */
  method: string;
  /** `http:` or `https:`, without a user. */
  url: string;
  /** By name; `host`, `content-length` and those about the connection are the client's own. */
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array | undefined;
  /** Ends it at any stage; what waits rejects with the reason. */
  abort?: Abort | undefined;
  /** PEM certificates of the authorities to trust in place of the usual ones. */
  ca?: string | undefined;
};

/** What is the same for all requests to one URL. */
type Target = { method: string; head: HeadWriter; ca: string | undefined; pool: Pool };

const TARGETS_MAX = 1_000;
const SWEEP_MS = 5_000;
/** Bytes: what is larger costs more to copy behind its head than a second write does. */
const COPIED_BODY_MAX = 64 * 1024;

/**
 * Bun's own does the same on a thread of its own, to which each call goes and from which each piece comes back, and
 * keeps no more than 64 connections. This one knows no proxies and follows no redirects.
 */
export class HttpClient {
  readonly #targets = new Map<string, Target>();
  readonly #pools = new Map<string, Pool>();
  #stopSweep: (() => void) | undefined;
  #isClosed = false;

  /**
   * Resolves when the head of the answer is here, whatever its status. Rejects with a TypeError for headers that cannot
   * be sent, with an HttpError or the system's error when the exchange fails, and with the reason of `abort`. What
   * goes over a connection that the server has closed meanwhile is sent once more over a new one.
   */
  send({ method, url, headers, body, abort, ca }: HttpRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (abort?.aborted) throw abort.reason;
      const { head, pool } = this.#targetOf(method, url, ca);
      const parts = partsOf(head, headers, body);
      pool.run(new Exchange(parts, abort, { resolve, reject }));
    });
  }

  #targetOf(method: string, url: string, ca: string | undefined): Target {
    const known = this.#targets.get(url);
    if (known && known.method === method && known.ca === ca) return known;
    const { protocol, hostname, port, host, pathname, search } = new URL(url);
    const isSecure = protocol === 'https:';
    const origin: Origin = {
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (isSecure ? 443 : 80) : Number(port),
      tls: isSecure && { ca },
    };
    const head = new HeadWriter(writeTarget({ method, path: pathname + search, host }));
    const target = { method, head, ca, pool: this.#poolOf(`${protocol}//${host} ${ca ?? ''}`, origin) };
    if (this.#targets.size >= TARGETS_MAX) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }

  #poolOf(name: string, origin: Origin): Pool {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = new Pool(origin, () => {
        this.#stopSweep ??= every(SWEEP_MS, () => this.#sweep());
      });
      if (this.#isClosed) pool.close();
      this.#pools.set(name, pool);
    }
    return pool;
  }

  #sweep(): void {
    let idle = 0;
    for (const pool of this.#pools.values()) {
      pool.sweep();
      idle += pool.idleCount;
    }
    if (idle === 0) this.#rest();
  }

  #rest(): void {
    this.#stopSweep?.();
    this.#stopSweep = undefined;
  }

  /** Closes what is idle, and keeps nothing from now on. */
  close(): void {
    this.#isClosed = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#rest();
  }
}

function partsOf(head: HeadWriter, headers: HttpRequest['headers'], body: Uint8Array = NO_BYTES): Buffer[] {
  const isCopied = body.length <= COPIED_BODY_MAX;
  const { bytes, length } = head.write(headers, body.length, isCopied ? body.length : 0);
  if (!isCopied) return [bytes, bufferOf(body)];
  bytes.set(body, length);
  return [bytes];
}

const NO_BYTES = new Uint8Array(0);
