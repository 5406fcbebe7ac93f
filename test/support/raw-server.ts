// A bare TCP server whose every connection is told by the test what to do.

import { createServer, type Socket } from 'node:net';

export type RawServer = {
  port: number;
  url: string;
  /** Connections that were made, ever. */
  opened: number;
  /** Heads and bodies of requests as they came, latin1, in order; bodies by `content-length`. */
  requests: string[];
  stop(): void;
};

type Told = { request: string; socket: Socket; connection: number };

/** `answer` is called for each whole request; `connection` counts from 1. */
export async function rawServer(answer: (told: Told) => unknown, host = '127.0.0.1'): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    raw.opened += 1;
    const connection = raw.opened;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let waiting = '';
    socket.on('data', (chunk: Buffer) => {
      waiting += chunk.toString('latin1');
      for (let size = sizeOf(waiting); size !== undefined && size <= waiting.length; size = sizeOf(waiting)) {
        const request = waiting.slice(0, size);
        waiting = waiting.slice(size);
        raw.requests.push(request);
        answer({ request, socket, connection });
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, host, ready));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const raw: RawServer = {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    opened: 0,
    requests: [],
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return raw;
}

/** Bytes of the first request, when its head is here. */
function sizeOf(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  return head + 4 + Number(length ?? 0);
}
