// What is written before a request, and read before an answer.

import { expect, test } from 'bun:test';
import { writeHead, writeTarget } from '../../src/lib/http-client/request-head.ts';
import { ResponseHead } from '../../src/lib/http-client/response-head.ts';

const TARGET = writeTarget({ method: 'POST', path: '/v1/x?y=1', host: 'house:8080' });

test('a head has our host and length, and whatever else it is given', () => {
  const headers = { 'X-Api-Key': 'käse', Host: 'evil', 'content-length': '7', Connection: 'close', a: '' };
  expect(writeHead(TARGET, headers, 12)).toBe(
    'POST /v1/x?y=1 HTTP/1.1\r\nhost: house:8080\r\nX-Api-Key: käse\r\na: \r\naccept-encoding: identity\r\ncontent-length: 12\r\n\r\n',
  );
});

test('an encoding that is chosen stands', () => {
  const head = writeHead(TARGET, { 'Accept-Encoding': 'br' }, 0);
  expect(head).toContain('Accept-Encoding: br\r\n');
  expect(head).not.toContain('identity');
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
  const write = () => writeHead(TARGET, { [name]: value }, 0);
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
