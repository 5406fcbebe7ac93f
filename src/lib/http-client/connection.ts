// One connection to a server: carries an exchange at a time.

import { isIP } from 'node:net';
import type { Socket } from 'bun';
import { lackOfDescriptors } from '../descriptors.ts';
import type { BodySource } from './body.ts';
import type { Exchange } from './exchange.ts';

/** Where a connection goes to. */
export type Origin = {
  /** A name or an address, without brackets. */
  hostname: string;
  port: number;
  /** Whether it is encrypted; `ca` are PEM certificates to trust in place of the usual ones. */
  tls: false | { ca: string | undefined };
};

/** Whoever has made a connection and wants to know what becomes of it. */
export type Keeper = {
  /** It is free for the next exchange within so many milliseconds. */
  keep(connection: Connection, keepMs: number): void;
  /** A free one is gone. */
  lost(connection: Connection): void;
  /** It was closed before it brought anything of the answer: the server had left it before the request came. */
  again(exchange: Exchange): void;
};

/** Closed by the server or by us, it is never opened again. */
export class Connection implements BodySource {
  /** By the monotonic clock: when it is too old to be used, if nobody uses it before. Set by its keeper. */
  keptUntilMs = 0;
  readonly #origin: Origin;
  readonly #keeper: Keeper;
  #socket: Socket<Connection> | undefined;
  /** The server is whom it should be. */
  #isReady = false;
  #exchange: Exchange | undefined;
  #isUsed = false;
  /** What of the request is sent: so many parts, and so many bytes of the next one. */
  #partsSent = 0;
  #bytesSent = 0;

  constructor(origin: Origin, keeper: Keeper) {
    this.#origin = origin;
    this.#keeper = keeper;
  }

  async open(exchange: Exchange): Promise<void> {
    this.#exchange = exchange;
    exchange.carriedBy(this);
    const { hostname, port, tls } = this.#origin;
    try {
      const socket = HANDLERS;
      if (tls) await Bun.connect({ hostname, port, tls: tlsOptions(hostname, tls.ca), socket, data: this });
      else await Bun.connect({ hostname, port, socket, data: this });
    } catch (thrown) {
      this.closed(lackOfDescriptors() ?? thrown);
    }
  }

  /** For one that is free. */
  carry(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#isUsed = true;
    exchange.carriedBy(this);
    this.#socket?.ref();
    this.#send();
  }

  #send(): void {
    this.#partsSent = 0;
    this.#bytesSent = 0;
    this.write();
  }

  /** As much as the socket takes. */
  write(): void {
    const parts = this.#exchange?.parts ?? [];
    const socket = this.#socket;
    while (this.#isReady && socket && this.#partsSent < parts.length) {
      const part = parts[this.#partsSent] as Buffer;
      const left = part.length - this.#bytesSent;
      const count = socket.write(part, this.#bytesSent, left);
      if (count < 0) {
        this.closed(undefined);
        return;
      }
      this.#bytesSent += count;
      if (count < left) return;
      this.#partsSent += 1;
      this.#bytesSent = 0;
    }
  }

  opened(socket: Socket<Connection>): void {
    this.#socket = socket;
    if (this.#exchange === undefined) socket.terminate();
    else if (!this.#origin.tls) this.ready();
  }

  ready(): void {
    this.#isReady = true;
    this.#send();
  }

  received(bytes: Buffer): void {
    const exchange = this.#exchange;
    // what nobody has asked for belongs to no answer
    if (exchange === undefined) this.close();
    else this.#pass(bytes, exchange);
  }

  #pass(bytes: Buffer, exchange: Exchange): void {
    try {
      exchange.take(bytes);
    } catch (thrown) {
      this.abandon();
      exchange.fail(thrown);
      return;
    }
    const isSent = this.#partsSent >= exchange.parts.length;
    if (isSent) exchange.forgetRequest();
    if (exchange.isComplete) this.#release(isSent ? exchange.keepMs : 0);
  }

  /** Behind a complete answer. One to a request that was not sent whole leaves no place for the next one. */
  #release(keepMs: number): void {
    this.#exchange = undefined;
    if (keepMs === 0) {
      this.close();
      return;
    }
    this.#socket?.unref();
    this.#keeper.keep(this, keepMs);
  }

  closed(error: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) this.#keeper.lost(this);
    else if (this.#isUsed && exchange.isUntouched) this.#keeper.again(exchange);
    else exchange.closed(error);
  }

  /** Of no use any more, though the server may not have closed it. */
  fail(error: unknown): void {
    this.closed(error);
    this.#socket?.terminate();
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  abandon(): void {
    this.#exchange?.release();
    this.#exchange = undefined;
    this.#socket?.terminate();
  }

  /** One that carries nothing. */
  close(): void {
    this.#socket?.end();
  }
}

const HANDLERS: Bun.SocketHandler<Connection> = {
  open(socket) {
    socket.setNoDelay(true);
    socket.data.opened(socket);
  },
  // the certificate and the host it is for are checked by then, whatever NODE_TLS_REJECT_UNAUTHORIZED says
  handshake(socket, isTrusted, error) {
    if (isTrusted) socket.data.ready();
    else socket.data.fail(error);
  },
  data(socket, bytes) {
    socket.data.received(bytes);
  },
  drain(socket) {
    socket.data.write();
  },
  error(socket, error) {
    socket.data.fail(error);
  },
  close(socket, error) {
    socket.data.closed(error);
  },
};

/** Certificates are checked for addresses, too, but only names are told to the server (RFC 6066 3). */
function tlsOptions(hostname: string, ca: string | undefined): Bun.TLSOptions {
  const serverName = isIP(hostname) === 0 ? hostname : '';
  // else the environment decides for addresses, though not for names (Bun 1.4.5)
  const rejectUnauthorized = true;
  return ca === undefined ? { serverName, rejectUnauthorized } : { serverName, rejectUnauthorized, ca };
}
