// Calls that are given up, and bodies that wait to be read.

import { describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { Abort, type AbortListener } from '../../src/lib/abort.ts';
import {
  call,
  closeAfterEach,
  failure,
  gone,
  send,
  serve,
  serveDeaf,
  sized,
  textOf,
} from '../support/http-calls.ts';
import { until } from '../support/until.ts';

closeAfterEach();

describe('an abort', () => {
  const reason = new Error('enough');
  const abort = new Abort();
  abort.abort(reason);

  test('before anything makes no connection', async () => {
    const server = await serve(() => {});
    expect(await failure(send(server.url, { abort }))).toBe(reason);
    expect(server.opened).toBe(0);
  });

  test('while it connects', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    const stop = new Abort();
    const sending = failure(send(server.url, { abort: stop }));
    stop.abort(reason);
    expect(await sending).toBe(reason);
    expect(await call(server.url)).toBe('ok');
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['while it waits', ''],
    ['within the head', 'HTTP/1.1 200 OK\r\nx'],
  ])('%s', async (_, beginning) => {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const server = await serve(({ socket }) => {
      socket.write(beginning);
      resolve(socket);
    });
    const stop = new Abort();
    const sending = failure(send(server.url, { abort: stop }));
    const socket = await promise;
    const closed = gone(socket);
    stop.abort(reason);
    expect(await sending).toBe(reason);
    await closed;
  });

  test('within the body, whatever of it waits to be read', async () => {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const server = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n');
      resolve(socket);
    });
    const stop = new Abort();
    const { body } = await send(server.url, { abort: stop });
    const closed = gone(await promise);
    await body.read();
    const reading = failure(body.read());
    stop.abort(reason);
    expect(await reading).toBe(reason);
    expect(await failure(body.read())).toBe(reason);
    await closed;
  });

  test('within an upload that the server does not read', async () => {
    const { url } = serveDeaf('');
    const stop = new Abort();
    const body = Buffer.alloc(30_000_000);
    const sending = failure(send(url, { body, abort: stop }));
    await Bun.sleep(5);
    stop.abort(reason);
    expect(await sending).toBe(reason);
  });

  test('finds nobody who listens behind a body that is cancelled', async () => {
    const server = await serve(({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\nhi'));
    const stop = new Abort();
    const listening = new Set<AbortListener>();
    stop.listen = (listener) => listening.add(listener);
    stop.forget = (listener) => listening.delete(listener);
    const { body } = await send(server.url, { abort: stop });
    expect(listening.size).toBe(1);
    await body.cancel();
    expect(listening.size).toBe(0);
  });

  test('behind the answer does nothing', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    const stop = new Abort();
    expect(await call(server.url, { abort: stop })).toBe('ok');
    stop.abort(reason);
    expect(await call(server.url)).toBe('ok');
    expect(server.opened).toBe(1);
  });
});

describe('a body', () => {
  test('that is cancelled is done, and its connection closed', async () => {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const server = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhi');
      resolve(socket);
    });
    const { body } = await send(server.url);
    const closed = gone(await promise);
    await body.read();
    const reading = body.read();
    await body.cancel();
    expect(await reading).toEqual({ done: true });
    expect(await body.read()).toEqual({ done: true });
    await closed;
  });

  test('is read in one piece as far as it has come', async () => {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const server = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
      resolve(socket);
    });
    const { body } = await send(server.url);
    const socket = await promise;
    for (const letter of 'bcd')
      await new Promise<void>((done) => socket.write(`1\r\n${letter}\r\n`, () => done()));
    let text = '';
    let reads = 0;
    await Bun.sleep(20);
    while (text.length < 4) {
      text += Buffer.from((await body.read()).value ?? []).toString();
      reads += 1;
    }
    expect([text, reads]).toEqual(['abcd', 1]);
  });

  test('that nobody reads makes its server wait, and is whole when it is read', async () => {
    const MB = 1024 * 1024;
    let sent = 0;
    const server = await serve(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MB}\r\n\r\n`);
      const piece = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (sent < 64 * MB && socket.write(piece)) sent += piece.length;
        if (sent < 64 * MB) {
          sent += piece.length;
          socket.once('drain', more);
        }
      };
      more();
    });
    const { body } = await send(server.url);
    // what the system holds between the two, and less than a MB of ours
    let before = -1;
    await until(async () => {
      before = sent;
      await Bun.sleep(100);
      return sent === before && sent > 0;
    });
    expect(sent).toBeLessThan(24 * MB);
    let total = 0;
    let largest = 0;
    for (let { value } = await body.read(); value; { value } = await body.read()) {
      total += value.length;
      largest = Math.max(largest, value.length);
    }
    expect(total).toBe(64 * MB);
    expect(largest).toBeLessThan(MB);
    // the connection is sound behind it
    sent = 0;
    expect((await textOf((await send(server.url)).body)).length).toBe(64 * MB);
    expect(server.opened).toBe(1);
  });

  test('that ended before it was read leaves its connection to the next', async () => {
    const server = await serve(({ socket, request }) =>
      socket.write(request.endsWith('big') ? sized('x'.repeat(300_000)) : sized('small')),
    );
    const { body } = await send(server.url, { body: Buffer.from('big') });
    await Bun.sleep(20);
    expect(await call(server.url)).toBe('small');
    expect((await textOf(body)).length).toBe(300_000);
    expect(server.opened).toBe(1);
  });
});
