// The client over real connections: what arrives, and which connections are used again.

import { describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import {
  call,
  closeAfterEach,
  closeClient,
  failure,
  gone,
  send,
  serve,
  serveDeaf,
  sized,
} from '../support/http-calls.ts';

closeAfterEach();

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
      // the next one may be given the same port
      server.stop();
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

test('that we have no room for another connection is not laid to the server', async () => {
  const server = await serve(({ socket }) => socket.write(sized('ok')));
  const program = `
    import { openSync } from 'node:fs';
    import { HttpClient } from './src/lib/http-client/client.ts';
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    await new HttpClient().send({ method: 'POST', url: '${server.url}', headers: {} })
      .catch(({ code }) => console.log(code));
    process.exit();
  `;
  const child = Bun.spawn(['sh', '-c', 'ulimit -n 100; exec "$0" -e "$1"', process.execPath, program], {
    cwd: `${import.meta.dir}/../..`,
    stdout: 'pipe',
  });
  expect(await new Response(child.stdout).text()).toBe('EMFILE\n');
  expect(server.opened).toBe(0);
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
    const { url } = serveDeaf(sized('no'));
    const body = Buffer.alloc(30_000_000);
    for (let i = 0; i < 3; i++) expect(await call(url, { body })).toBe('no');
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
    closeClient();
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
