// CSV as RFC 4180 wants it and spreadsheets cannot run it.

import { expect, test } from 'bun:test';
import { formatCsv } from '../../src/lib/csv.ts';

test('quotes what has to be quoted and ends lines with CRLF', () => {
  expect(
    formatCsv(
      ['a', 'b'],
      [
        ['x,y', 'say "hi"'],
        ['two\nlines', 7],
        [undefined, ''],
      ],
    ),
  ).toBe('a,b\r\n"x,y","say ""hi"""\r\n"two\nlines",7\r\n,\r\n');
});

test.each(['=1+1', '+1', '@SUM(A1)', '-cmd', '\t=1', ' =1', '|x'])('makes %j harmless', (text) => {
  expect(formatCsv(['a'], [[text]])).toBe(`a\r\n'${text}\r\n`);
});

test('leaves numbers alone, also negative ones', () => {
  expect(formatCsv(['a'], [['-0.50'], [-3], ['1.25']])).toBe('a\r\n-0.50\r\n-3\r\n1.25\r\n');
});
