// The client over real connections: which are used again, what ends them, and how much waits in them.

import { afterEach, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { type Answer, HttpClient, type HttpRequest } from '../../src/lib/http-client/client.ts';
import type { Reader } from '../../src/lib/http-client/reader.ts';
import { type RawServer, rawServer } from '../support/raw-server.ts';

let client = new HttpClient();
const servers: RawServer[] = [];
afterEach(() => {
  client.close();
  client = new HttpClient();
  for (const server of servers.splice(0)) server.stop();
});

async function serve(...told: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...told);
  servers.push(server);
  return server;
}

function send(url: string, more: Partial<HttpRequest> = {}): Promise<Answer> {
  return client.send({ method: 'POST', url, headers: {}, body: Buffer.from('hi'), ...more });
}

async function textOf(body: Reader): Promise<string> {
  let text = '';
  for (let { value } = await body.read(); value; { value } = await body.read())
    text += Buffer.from(value).toString('latin1');
  return text;
}

const call = async (url: string, more: Partial<HttpRequest> = {}) => textOf((await send(url, more)).body);
const codeOf = (thrown: unknown) => (thrown as { code?: string }).code;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (thrown) => codeOf(thrown) ?? thrown,
  );
const sized = (text: string, more = '') =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n${more}\r\n${text}`;
/** Resolves when the other side has closed. */
const gone = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('a request', () => {
  test('arrives as one head and body, its path as URLs have it', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    const url = `${server.url}/a b?q=ü#f`;
    expect(await call(url, { headers: { 'x-a': 'ü' } })).toBe('ok');
    expect(server.requests).toEqual([
      `POST /a%20b?q=%C3%BC HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-a: ü\r\naccept-encoding: identity\r\ncontent-length: 2\r\n\r\nhi`,
    ]);
  });

  test('may have no body and any method', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    expect(await call(server.url, { method: 'DELETE', body: undefined })).toBe('ok');
    expect(server.requests[0]).toStartWith('DELETE / HTTP/1.1\r\n');
    expect(server.requests[0]).toEndWith('content-length: 0\r\n\r\n');
  });

  test('of 20 MB arrives whole at a server that reads slowly', async () => {
    const body = Buffer.alloc(20_000_000, 'abcdefghij');
    const hash = Bun.hash(body);
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      maxRequestBodySize: 100_000_000,
      fetch: async (request) => new Response(String(Bun.hash(await request.bytes()))),
    });
    const url = `http://127.0.0.1:${server.port}/`;
    expect(await Promise.all([1, 2, 3].map(() => call(url, { body })))).toEqual(
      [1, 2, 3].map(() => String(hash)),
    );
    await server.stop(true);
  });

  test('with a header that cannot be sent makes no connection', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    expect(send(server.url, { headers: { a: 'b\r\nc: d' } })).rejects.toThrow(TypeError);
    await Bun.sleep(1);
    expect(server.opened).toBe(0);
  });
});

describe('where it goes', () => {
  test('localhost is this machine, whichever of its addresses listens', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const server = await serve(({ socket }) => socket.write(sized(host)), host);
      expect(await call(`http://localhost:${server.port}/`)).toBe(host);
    }
  });

  test('an address of IPv6 may be written', async () => {
    const server = await serve(({ socket }) => socket.write(sized('six')), '::1');
    expect(await call(`${server.url}/`)).toBe('six');
    expect(server.requests[0]).toContain(`\r\nhost: [::1]:${server.port}\r\n`);
  });

  test('who does not listen, and who is not there, are told apart', async () => {
    const server = await serve(() => {});
    server.stop();
    expect(await failure(send(`http://127.0.0.1:${server.port}/`))).toBe('ECONNREFUSED');
    expect(await failure(send('http://nowhere.invalid/'))).toBe('ENOTFOUND');
  });
});

describe('a connection', () => {
  test('is used again, the one used last first', async () => {
    const server = await serve(({ socket, connection }) => socket.write(sized(String(connection))));
    expect(await Promise.all([1, 2, 3].map(() => call(server.url)))).toEqual(['1', '2', '3']);
    for (let i = 0; i < 5; i++) expect(await call(server.url)).toBe('3');
    expect(server.opened).toBe(3);
  });

  test('of hundreds under way at once is kept too', async () => {
    let waiting: Socket[] = [];
    const server = await serve(({ socket }) => {
      waiting.push(socket);
      if (waiting.length < 300) return;
      for (const each of waiting) each.write(sized('ok'));
      waiting = [];
    });
    for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 300 }, () => call(server.url)));
    expect(server.opened).toBe(300);
  });

  test.each([
    ['the server says so', sized('ok', 'connection: close\r\n')],
    ['more follows', `${sized('ok')}HTTP/1.1 200 OK\r\n\r\n`],
    ['it would be closed in a moment', sized('ok', 'keep-alive: timeout=1\r\n')],
  ])('is not when %s', async (_, bytes) => {
    const server = await serve(({ socket }) => socket.write(bytes));
    for (let i = 0; i < 3; i++) expect(await call(server.url)).toBe('ok');
    expect(server.opened).toBe(3);
  });

  test('that tells something unasked is closed', async () => {
    const sockets: Socket[] = [];
    const server = await serve(({ socket }) => {
      sockets.push(socket);
      socket.write(sized('ok'));
    });
    await call(server.url);
    const [socket] = sockets;
    socket?.write(sized('evil'));
    if (socket) await gone(socket);
    expect(await call(server.url)).toBe('ok');
    expect(server.opened).toBe(2);
  });

  test('whose answer came before the request was there whole is closed', async () => {
    const server = await serve(() => {});
    server.stop();
    const early = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (socket) => void socket.pause(),
        data() {},
        error() {},
      },
    });
    early.reload({
      socket: {
        open(socket) {
          socket.pause();
          socket.write(sized('no'));
        },
        data() {},
        error() {},
      },
    });
    const url = `http://127.0.0.1:${early.port}/`;
    const body = Buffer.alloc(30_000_000);
    expect(await call(url, { body })).toBe('no');
    expect(await call(url, { body })).toBe('no');
    early.stop(true);
  });

  test('that the server closed while it was idle is no error: the request goes over a new one, once', async () => {
    const server = await serve(({ socket, connection, request }) => {
      if (!request.endsWith('again')) socket.write(sized(String(connection)));
      // gone before it answers
      else if (connection < 3) socket.destroy();
      else socket.write(sized('late'));
    });
    const both = await Promise.all([call(server.url), call(server.url)]);
    expect(both).toEqual(['1', '2']);
    // over the second, which is closed, and then the third, which answers
    expect(await call(server.url, { body: Buffer.from('again') })).toBe('late');
    expect(server.requests.filter((request) => request.endsWith('again'))).toHaveLength(2);
  });

  test('that is new and closed is an error', async () => {
    const server = await serve(({ socket }) => socket.destroy());
    expect(await failure(send(server.url))).toBe('ECONNRESET');
    expect(server.requests).toHaveLength(1);
  });

  test('that had begun to answer is not asked again', async () => {
    const server = await serve(({ socket, request }) => {
      if (!request.endsWith('cut')) socket.write(sized('ok'));
      else socket.end('HTTP/1.1 20');
    });
    await call(server.url);
    expect(await failure(send(server.url, { body: Buffer.from('cut') }))).toBe('ECONNRESET');
    expect(server.requests).toHaveLength(2);
  });

  test('that is closed within the body truncates it', async () => {
    const server = await serve(({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
    );
    const { body } = await send(server.url);
    expect(Buffer.from((await body.read()).value ?? []).toString()).toBe('half');
    expect(await failure(body.read())).toBe('ECONNRESET');
  });

  test('is closed when the client is, and no later one kept', async () => {
    const sockets: Socket[] = [];
    const server = await serve(({ socket }) => {
      sockets.push(socket);
      socket.write(sized('ok'));
    });
    await call(server.url);
    client.close();
    if (sockets[0]) await gone(sockets[0]);
    expect(await call(server.url)).toBe('ok');
    if (sockets[1]) await gone(sockets[1]);
  });

  test('that is idle does not keep the program alive', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    const program = `
      import { HttpClient } from './src/lib/http-client/client.ts';
      const { body } = await new HttpClient().send({ method: 'POST', url: '${server.url}', headers: {} });
      console.log(Buffer.from((await body.read()).value).toString());
    `;
    const child = Bun.spawn([process.execPath, '-e', program], {
      cwd: `${import.meta.dir}/../..`,
      stdout: 'pipe',
    });
    expect(await new Response(child.stdout).text()).toBe('ok\n');
    expect(await child.exited).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');
  const abort = new AbortController();
  abort.abort(reason);

  test('before anything makes no connection', async () => {
    const server = await serve(() => {});
    expect(await failure(send(server.url, { signal: abort.signal }))).toBe(reason);
    expect(server.opened).toBe(0);
  });

  test('while it connects', async () => {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const server = await serve(() => {});
    const stop = new AbortController();
    const sending = failure(send(server.url, { signal: stop.signal }));
    stop.abort(reason);
    expect(await sending).toBe(reason);
    resolve(undefined as never);
    await promise;
    // the next one is not disturbed
    expect(server.requests).toHaveLength(0);
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
    const stop = new AbortController();
    const sending = failure(send(server.url, { signal: stop.signal }));
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
    const stop = new AbortController();
    const { body } = await send(server.url, { signal: stop.signal });
    const closed = gone(await promise);
    await body.read();
    const reading = failure(body.read());
    stop.abort(reason);
    expect(await reading).toBe(reason);
    expect(await failure(body.read())).toBe(reason);
    await closed;
  });

  test('within an upload that the server does not read', async () => {
    const deaf = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { open: (socket) => void socket.pause(), data() {}, error() {} },
    });
    const stop = new AbortController();
    const body = Buffer.alloc(30_000_000);
    const sending = failure(send(`http://127.0.0.1:${deaf.port}/`, { body, signal: stop.signal }));
    await Bun.sleep(5);
    stop.abort(reason);
    expect(await sending).toBe(reason);
    deaf.stop(true);
  });

  test('behind the answer does nothing', async () => {
    const server = await serve(({ socket }) => socket.write(sized('ok')));
    const stop = new AbortController();
    expect(await call(server.url, { signal: stop.signal })).toBe('ok');
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
    await Bun.sleep(100);
    const before = sent;
    await Bun.sleep(100);
    // what the system holds between the two, and less than a MB of ours
    expect(sent).toBe(before);
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
  });
});
