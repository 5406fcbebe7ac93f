// One client and the raw servers it calls, made anew for each test.

import { afterEach } from 'bun:test';
import type { Socket } from 'node:net';
import { type Answer, HttpClient, type HttpRequest } from '../../src/lib/http-client/client.ts';
import type { Reader } from '../../src/lib/http-client/reader.ts';
import { type RawServer, rawServer } from './raw-server.ts';

let client = new HttpClient();
const servers: { stop(force: boolean): unknown }[] = [];

/** To be called once by each test file that calls. */
export function closeAfterEach(): void {
  afterEach(() => {
    closeClient();
    client = new HttpClient();
    for (const server of servers.splice(0)) server.stop(true);
  });
}

export function closeClient(): void {
  client.close();
}

export async function serve(...told: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...told);
  servers.push(server);
  return server;
}

/** A server that reads nothing, and answers with these bytes before it was asked. */
export function serveDeaf(bytes: string): { url: string } {
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.pause();
        socket.write(bytes);
      },
      data() {},
      error() {},
    },
  });
  servers.push(server);
  return { url: `http://127.0.0.1:${server.port}` };
}

export function send(url: string, more: Partial<HttpRequest> = {}): Promise<Answer> {
  return client.send({ method: 'POST', url, headers: {}, body: Buffer.from('hi'), ...more });
}

export async function textOf(body: Reader): Promise<string> {
  let text = '';
  for (let { value } = await body.read(); value; { value } = await body.read())
    text += Buffer.from(value).toString('latin1');
  return text;
}

export async function call(url: string, more: Partial<HttpRequest> = {}): Promise<string> {
  return textOf((await send(url, more)).body);
}

/** The code of what was thrown, or that itself when it has none; `none` when nothing was. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'none',
    (thrown: { code?: string }) => thrown.code ?? thrown,
  );
}

/** A whole answer; `more` are headers with the ends of their lines. */
export function sized(text: string, more = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n${more}\r\n${text}`;
}

/** Resolves when the other side has closed. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
