// What is written before a request, and read before an answer.

import { expect, test } from 'bun:test';
import { HeadWriter, writeTarget } from '../../src/lib/http-client/request-head.ts';
import { ResponseHead } from '../../src/lib/http-client/response-head.ts';

const TARGET = writeTarget({ method: 'POST', path: '/v1/x?y=1', host: 'house:8080' });

const writeHead = (headers: Record<string, string>, length: number, writer = new HeadWriter(TARGET)) => {
  const head = writer.write(headers, length);
  return head.bytes.toString('latin1', 0, head.length);
};

test('a head has our host and length, and whatever else it is given', () => {
  const headers = { 'X-Api-Key': 'käse', Host: 'evil', 'content-length': '7', Connection: 'close', a: '' };
  expect(writeHead(headers, 12)).toBe(
    'POST /v1/x?y=1 HTTP/1.1\r\nhost: house:8080\r\nX-Api-Key: käse\r\na: \r\naccept-encoding: identity\r\ncontent-length: 12\r\n\r\n',
  );
});

test('an encoding that is chosen stands', () => {
  const head = writeHead({ 'Accept-Encoding': 'br' }, 0);
  expect(head).toContain('Accept-Encoding: br\r\n');
  expect(head).not.toContain('identity');
});

test('what was written before is used again for the same headers only', () => {
  const writer = new HeadWriter(TARGET);
  const steps: [Record<string, string>, number][] = [
    [{ a: '1', b: '2' }, 10],
    [{ a: '1', b: '2' }, 9],
    [{ b: '2', a: '1' }, 0],
    [{ a: '1' }, 3],
    [{ a: '1', c: '2' }, 3],
    [{ a: '1', b: '3' }, 3],
    [{ a: '1', b: '3', c: '' }, 3],
    [{}, 3],
  ];
  for (const [headers, length] of steps) {
    const written = writeHead(headers, length, writer).split('\r\n').sort();
    expect(written).toEqual(writeHead(headers, length).split('\r\n').sort());
  }
});

test('a body has its room behind the head', () => {
  const { bytes, length } = new HeadWriter(TARGET).write({}, 5, 5);
  expect(bytes.length).toBe(length + 5);
  expect(bytes.toString('latin1', 0, length)).toEndWith('content-length: 5\r\n\r\n');
});

test.each([
  ['x', 'a\r\nb: c'],
  ['x', 'a\nb'],
  ['x', 'a\rb'],
  ['x', 'a\0b'],
  ['x', 'ā'],
  ['x', '😀'],
  ['', 'a'],
  ['a b', 'a'],
  ['a:b', 'a'],
  ['a\r\nb', 'a'],
  ['ä', 'a'],
])('header %j: %j is refused, and not repeated', (name, value) => {
  const write = () => writeHead({ [name]: value }, 0);
  expect(write).toThrow(TypeError);
  expect(write).not.toThrow(/b: c/);
});

test('headers are found by any spelling of their whole name, and joined', () => {
  const head = new ResponseHead(
    'HTTP/1.1 429 Too Many\r\nRetry-After:  7 \r\nx-retry-after: 9\r\nVary: a\r\nnote: retry-after: 8\r\nvary:b\r\nempty:\r\n\r\n',
  );
  expect(head.status).toBe(429);
  expect(head.get('retry-after')).toBe('7');
  expect(head.get('RETRY-AFTER')).toBe('7');
  expect(head.get('vary')).toBe('a, b');
  expect(head.get('empty')).toBe('');
  expect([head.get('after'), head.get('retry'), head.get('http/1.1 429 too many')]).toEqual([
    null,
    null,
    null,
  ]);
});

test('values keep their letters, whatever the alphabet of latin1', () => {
  const head = new ResponseHead('HTTP/1.1 200 OK\r\nİ: x\r\nName: ÄÖü İ ß\r\n\r\n'.replaceAll('İ', 'ÿ'));
  expect(head.get('name')).toBe('ÄÖü ÿ ß');
});
