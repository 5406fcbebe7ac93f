// Bodies that come compressed: as they arrive, and what is no such thing.

import { describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { HttpClient } from '../../src/lib/http-client/client.ts';
import { decoded } from '../../src/lib/http-client/decoding.ts';
import type { Reader } from '../../src/lib/http-client/reader.ts';
import { gone } from '../support/http-calls.ts';
import { rawServer } from '../support/raw-server.ts';

const TEXT = 'data: {"a":"ü"}\n\n'.repeat(1_000);
const WHOLE = [
  ['gzip', gzipSync(TEXT)],
  ['X-GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
] as const;
const CODES: Record<string, string> = {
  gzip: 'ZlibError',
  deflate: 'ZlibError',
  br: 'BrotliDecompressionError',
  zstd: 'ZstdDecompressionError',
};

/** The pieces one after the other, then the end or the failure. */
function readerOf(pieces: readonly Uint8Array[], failure?: Error): Reader {
  const left = [...pieces];
  return {
    async read() {
      const value = left.shift();
      if (!value && failure) throw failure;
      return value ? { done: false, value } : { done: true };
    },
    async cancel() {
      left.length = 0;
    },
  };
}

async function textOf(reader: Reader): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let { value } = await reader.read(); value; { value } = await reader.read()) pieces.push(value);
  return Buffer.concat(pieces).toString();
}

const failure = (reading: Promise<unknown>) =>
  reading.then(
    () => 'none',
    (thrown) => (thrown as { code?: string }).code ?? thrown,
  );

test.each(WHOLE)('%s comes out whole, in one piece or a byte at a time', async (name, bytes) => {
  expect(await textOf(decoded(readerOf([bytes]), name))).toBe(TEXT);
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(await textOf(decoded(readerOf(single), name))).toBe(TEXT);
});

test.each([
  ['gzip', createGzip(), constants.Z_SYNC_FLUSH],
  ['deflate', createDeflate(), constants.Z_SYNC_FLUSH],
  ['br', createBrotliCompress(), constants.BROTLI_OPERATION_FLUSH],
  ['zstd', createZstdCompress(), constants.ZSTD_e_flush],
] as const)('a stream in %s comes out frame by frame', async (name, stream, flush) => {
  const server = await rawServer(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${name}\r\n\r\n`);
    stream.on('data', (piece) => socket.write(piece));
    stream.on('end', () => socket.end());
  });
  const client = new HttpClient();
  const { body } = await client.send({ method: 'POST', url: server.url, headers: {} });
  for (const frame of ['one', 'two', 'three']) {
    stream.write(frame);
    stream.flush(flush);
    // would wait for ever if it waited for more
    expect(Buffer.from((await body.read()).value ?? []).toString()).toBe(frame);
  }
  stream.end();
  expect(await body.read()).toEqual({ done: true });
  client.close();
  server.stop();
});

test('the connection of a body that is something else is closed, whatever may still come', async () => {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = await rawServer(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nplain');
    resolve(socket);
  });
  const client = new HttpClient();
  const { body } = await client.send({ method: 'POST', url: server.url, headers: {} });
  const closed = gone(await promise);
  expect(await failure(textOf(body))).toBe('ZlibError');
  await closed;
  server.stop();
});

describe.each(Object.entries(CODES))('%s', (name, code) => {
  const bytes = WHOLE.find(([each]) => each === name)?.[1] ?? new Uint8Array();

  test('that is something else has a code of its own', async () => {
    const plain = Buffer.from('{"error":"plain"}');
    expect(await failure(textOf(decoded(readerOf([plain]), name)))).toBe(code);
  });

  // of zstd the engine does not tell (Bun 1.4.5)
  test.skipIf(name === 'zstd')('that breaks off is no end', async () => {
    expect(await failure(textOf(decoded(readerOf([bytes.subarray(0, -6)]), name)))).toBe(code);
  });

  test('whose connection breaks fails for that', async () => {
    const broken = new Error('broken');
    expect(await failure(textOf(decoded(readerOf([bytes.subarray(0, 9)], broken), name)))).toBe(broken);
  });

  test('that is empty is empty', async () => {
    expect(await textOf(decoded(readerOf([]), name))).toBe('');
  });

  test('that is cancelled is done', async () => {
    const reader = decoded(readerOf([bytes]), name);
    await reader.read();
    await reader.cancel();
    expect(await reader.read()).toEqual({ done: true });
  });
});

test('little becomes much only as far as it is read', async () => {
  const reader = decoded(readerOf([gzipSync(Buffer.alloc(100_000_000))]), 'gzip');
  expect((await reader.read()).value?.length).toBeLessThan(1_000_000);
  await reader.cancel();
});

test('a coding nobody knows is passed on as it is', async () => {
  expect(await textOf(decoded(readerOf([Buffer.from('x')]), 'aes128gcm'))).toBe('x');
  expect(await textOf(decoded(readerOf([Buffer.from('x')]), null))).toBe('x');
});
