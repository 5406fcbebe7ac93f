// How answers are read out of a connection's bytes, however those are cut.

import { describe, expect, test } from 'bun:test';
import { type Answer, Exchange } from '../../src/lib/http-client/exchange.ts';

type Read = { status: number; text: string; keepMs: number; isComplete: boolean; code?: string };

/** Feeds the pieces to one exchange, closes the connection if asked to, and tells what came of it. */
async function read(pieces: string[], end?: 'closed' | 'reset'): Promise<Read> {
  const source = { pause() {}, resume() {}, abandon() {} };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  promise.catch(() => {});
  const exchange = new Exchange([], undefined, { resolve, reject });
  exchange.carriedBy(source);
  let code: string | undefined;
  try {
    for (const piece of pieces) exchange.take(Buffer.from(piece, 'latin1'));
    if (end === 'closed') exchange.closed(undefined);
    if (end === 'reset') exchange.closed(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  } catch (thrown) {
    exchange.fail(thrown);
  }
  const told = { keepMs: exchange.keepMs, isComplete: exchange.isComplete };
  let status = 0;
  let text = '';
  try {
    const answer = await Promise.race([promise, waits()]);
    status = answer.status;
    for (;;) {
      const { done, value } = await Promise.race([answer.body.read(), waits()]);
      if (done) break;
      text += Buffer.from(value ?? []).toString('latin1');
    }
  } catch (thrown) {
    code = (thrown as { code: string }).code;
  }
  return { status, text, ...told, ...(code === undefined ? {} : { code }) };
}

/** What is not here when everything has been fed does not come. */
async function waits(): Promise<never> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
  throw Object.assign(new Error('waits for more'), { code: 'WAITS' });
}

const SOUND: Record<string, string> = {
  sized: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\nhello',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
  'chunked with extensions and trailers':
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n3;a="b;c"\r\nhel\r\n002 ;x\r\nlo\r\n0;last\r\nt: 1\r\nu: 2\r\n\r\n',
  'chunked in capital digits': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n00\r\n\r\n`,
  interim:
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  'one length told twice': 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello',
  'without carriage returns': 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello',
  'whose first line alone is without one': 'HTTP/1.1 200 OK\ncontent-length: 5\r\n\r\nhello',
  'without words': 'HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello',
};

describe('a sound answer, cut at every place', () => {
  test.each(Object.entries(SOUND))('%s', async (_, bytes) => {
    for (let at = 0; at <= bytes.length; at++) {
      const found = await read([bytes.slice(0, at), bytes.slice(at)]);
      expect({ at, ...found }).toEqual({ at, status: 200, text: 'hello', keepMs: 60_000, isComplete: true });
    }
    expect(await read([...bytes])).toMatchObject({ text: 'hello', isComplete: true });
  });

  test('until the connection closes', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\n\r\nhello';
    for (let at = 0; at <= bytes.length; at++) {
      const found = await read([bytes.slice(0, at), bytes.slice(at)], 'closed');
      expect({ at, ...found }).toMatchObject({ at, status: 200, text: 'hello', isComplete: true });
    }
    expect(await read([bytes], 'reset')).toMatchObject({ text: 'hello', code: 'ECONNRESET' });
    expect(await read([bytes])).toMatchObject({ text: 'hello', code: 'WAITS' });
  });
});

describe('an answer that breaks off', () => {
  const cut = ['sized', 'chunked', 'interim'].map((name) => [name, SOUND[name] ?? ''] as const);
  test.each(cut)('is an error at every place: %s', async (_, bytes) => {
    // the last chunk says that nothing is missing
    const end = bytes.indexOf('0\r\n\r\n', 40);
    for (let at = 0; at < (end === -1 ? bytes.length : end + 3); at++)
      expect({ at, ...(await read([bytes.slice(0, at)], 'closed')) }).toMatchObject({
        at,
        code: 'ECONNRESET',
      });
  });

  test('is complete behind its last chunk, with or without the blank line', async () => {
    const whole = SOUND.chunked ?? '';
    expect(await read([whole.slice(0, -2)], 'closed')).toMatchObject({ text: 'hello', isComplete: true });
    expect(await read([whole.slice(0, -2)])).toMatchObject({ code: 'WAITS' });
  });

  test('is read as far as it came', async () => {
    const found = await read([(SOUND.sized ?? '').slice(0, -2)], 'closed');
    expect(found).toMatchObject({ status: 200, text: 'hel', code: 'ECONNRESET' });
  });
});

describe('no HTTP', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n'],
    ['a page', '<html>'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 OK\r\n\r\n'],
    ['a status of words', 'HTTP/1.1 OK\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nfoo\r\ncontent-length: 2\r\n\r\nhi'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: foo\r\n\r\n'],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nfoo : bar\r\n\r\n'],
    ['a header that goes on', 'HTTP/1.1 200 OK\r\nfoo: a\r\n b\r\n\r\n'],
    ['a blank line of another kind', 'HTTP/1.1 200 OK\r\nfoo: a\n\ncontent-length: 2\r\n\r\nhi'],
    ['a carriage return alone', 'HTTP/1.1 200 OK\r\nfoo: a\rcontent-length: 2\r\n\r\nhi'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nfoo: a\0b\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi'],
    ['two lengths in one', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nhi'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a length in words', 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'],
    ['a length beyond all numbers', `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(20)}\r\n\r\n`],
  ])('%s', async (_, bytes) => {
    expect(await read([bytes])).toMatchObject({ status: 0, code: 'Malformed_HTTP_Response' });
  });

  const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  test.each([
    ['a size in words', 'zz\r\nab'],
    ['no size', '\r\nab'],
    ['a size with a sign', '+2\r\nab\r\n'],
    ['a size beyond all numbers', `${'f'.repeat(17)}\r\nab`],
    ['a size with too many noughts', `${'0'.repeat(20_000)}`],
    ['an extension without an end', `2;${'x'.repeat(20_000)}`],
    ['trailers without an end', `0\r\n${'a: b\r\n'.repeat(4_000)}`],
    ['data behind their size', '2\r\nabX'],
  ])('a chunk with %s', async (_, bytes) => {
    const found = await read([CHUNKED + bytes]);
    expect(found).toMatchObject({ status: 200, code: 'Malformed_HTTP_Response', isComplete: false });
  });

  test('a head without an end', async () => {
    const long = (count: number) => `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(count)}`;
    expect(await read([long(70_000)])).toMatchObject({ code: 'ResponseHeadersTooLarge' });
    expect(await read([`${long(70_000)}\r\n\r\n`])).toMatchObject({ code: 'ResponseHeadersTooLarge' });
    const sound = `${long(60_000)}\r\ncontent-length: 2\r\n\r\nhi`;
    expect(await read([sound])).toMatchObject({ status: 200, text: 'hi' });
  });
});

describe('whether the connection is kept', () => {
  const kept = (head: string, body = '') => read([`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`]);
  test.each([
    ['content-length: 0', '', 60_000],
    ['content-length: 0\r\nconnection: Keep-Alive', '', 60_000],
    ['content-length: 0\r\nconnection: close', '', 0],
    ['content-length: 0\r\nConnection: x, CLOSE', '', 0],
    ['content-length: 0\r\nkeep-alive: timeout=5, max=100', '', 4_000],
    ['content-length: 0\r\nkeep-alive: max=100, timeout=1', '', 0],
    ['content-length: 0\r\nkeep-alive: timeout=600', '', 60_000],
    ['content-length: 2', 'hi', 60_000],
    ['content-length: 2', 'hi and more', 0],
    ['transfer-encoding: chunked', '0\r\n\r\n', 60_000],
    ['transfer-encoding: chunked', '0\r\n\r\nHTTP/1.1', 0],
    ['transfer-encoding: chunked\r\ncontent-length: 3', '2\r\nhi\r\n0\r\n\r\n', 0],
  ])('%j %j', async (head, body, keepMs) => {
    expect(await kept(head, body)).toMatchObject({ keepMs, isComplete: true });
  });

  test('HTTP/1.0 has to ask for it', async () => {
    expect(await read(['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'])).toMatchObject({ keepMs: 0 });
    const asked = 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n';
    expect(await read([asked])).toMatchObject({ keepMs: 60_000 });
  });

  test.each([204, 304])('%i has no body, whatever it says', async (status) => {
    const found = await read([`HTTP/1.1 ${status} X\r\ncontent-length: 5\r\n\r\n`]);
    expect(found).toEqual({ status, text: '', keepMs: 60_000, isComplete: true });
  });

  test('a length beside chunks means nothing', async () => {
    const found = await kept('content-length: 1\r\ntransfer-encoding: chunked', '2\r\nhi\r\n0\r\n\r\n');
    expect(found).toMatchObject({ text: 'hi' });
  });
});
