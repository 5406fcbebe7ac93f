// A bare TCP upstream that answers each request with the given bytes, cut exactly where it is told.

import { createServer, type Socket } from 'node:net';

/**
 * How one connection is answered: pieces in order, then the connection is kept, ended or reset. Nothing is written
 * behind a promise until it is kept.
 */
export type RawAnswer = {
  pieces: (string | Uint8Array | Promise<void>)[];
  /** Time between two pieces; each is a segment of its own. */
  gapMs?: number;
  after: 'keep' | 'end' | 'reset';
};

export type RawUpstream = {
  port: number;
  baseUrl: string;
  /** Head and body of every request as text. */
  requests: string[];
  stop(): void;
};

/** Starts it on a free loopback port; the n-th request gets the n-th answer, further ones the last. */
export async function rawUpstream(answers: RawAnswer[]): Promise<RawUpstream> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let buffered = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let size = requestSize(buffered); size !== undefined; size = requestSize(buffered)) {
        const answer = answers[Math.min(requests.length, answers.length - 1)];
        requests.push(buffered.subarray(0, size).toString('utf8'));
        buffered = buffered.subarray(size);
        if (answer !== undefined) void writeAnswer(socket, answer);
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The head of a streamed answer whose body ends with the connection. */
export const SSE_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n';

/** The head of a streamed answer in chunks: a body without its last chunk is visibly cut off. */
export const SSE_CHUNKED_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n';

/** One chunk of a chunked body; an empty text is the last one. */
export function asChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Bytes of the first complete request in the buffer, or nothing yet. */
function requestSize(buffered: Buffer): number | undefined {
  const head = buffered.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const text = buffered.subarray(0, head).toString('latin1');
  const body = head + 4;
  const length = /^content-length:\s*(\d+)\s*$/im.exec(text)?.[1];
  if (length !== undefined) {
    const size = body + Number(length);
    return buffered.length < size ? undefined : size;
  }
  if (!/^transfer-encoding:\s*chunked\s*$/im.test(text)) return body;
  const last = buffered.indexOf('0\r\n\r\n', body);
  return last < 0 ? undefined : last + 5;
}

async function writeAnswer(socket: Socket, answer: RawAnswer): Promise<void> {
  for (const piece of answer.pieces) {
    if (socket.destroyed) return;
    if (piece instanceof Promise) {
      await piece;
      continue;
    }
    await new Promise<void>((written) => socket.write(piece, () => written()));
    await Bun.sleep(answer.gapMs ?? 1);
  }
  if (answer.after === 'end') socket.end();
  if (answer.after === 'reset') socket.resetAndDestroy();
}
