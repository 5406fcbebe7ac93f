// Server-sent events are cut and parsed the same however the bytes arrive.

import { expect, test } from 'bun:test';
import { FrameSplitter, parseFrames, type SseFrame } from '../../src/lib/sse.ts';

const streams: [string, SseFrame[]][] = [
  ['data: a\n\ndata: b\n\n', [{ data: 'a' }, { data: 'b' }]],
  ['data: a\r\n\r\ndata: b\r\n\r\n', [{ data: 'a' }, { data: 'b' }]],
  ['data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
  ['event: x\ndata:a\ndata: b\n\n', [{ event: 'x', data: 'a\nb' }]],
  [': comment\n\nid: 1\nretry: 5\ndata: ü😀\u2028z\n\n', [{ data: 'ü😀\u2028z' }]],
  ['\ufeffdata: a\n\n', [{ data: 'a' }]],
  ['event: only\n\ndata\n\n', [{ data: '' }]],
  ['data: last without a blank line', [{ data: 'last without a blank line' }]],
];

test('frames are the same at every chunk size', () => {
  for (const [wire, frames] of streams) {
    const bytes = new TextEncoder().encode(wire);
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new FrameSplitter();
      const got: SseFrame[] = [];
      const passed: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        const whole = splitter.push(bytes.slice(at, at + size));
        passed.push(whole);
        if (whole.length > 0) got.push(...parseFrames(whole));
      }
      const rest = splitter.rest();
      passed.push(rest);
      got.push(...parseFrames(rest));
      expect(got).toEqual(frames);
      expect(Buffer.concat(passed).equals(bytes)).toBe(true);
    }
  }
});

test('an incomplete frame is kept back until its blank line arrives', () => {
  const splitter = new FrameSplitter();
  expect(splitter.push(new TextEncoder().encode('data: {"a":')).length).toBe(0);
  expect(splitter.pendingBytes).toBe(11);
  expect(new TextDecoder().decode(splitter.push(new TextEncoder().encode('1}\n\ndata: x')))).toBe(
    'data: {"a":1}\n\n',
  );
  expect(splitter.pendingBytes).toBe(7);
});

test('a CRLF stream is never cut between the CR and the LF of its blank line', () => {
  const splitter = new FrameSplitter();
  const bytes = new TextEncoder().encode('data: a\r\n\r\ndata: b\r\n\r\n');
  const passed = [...bytes].map((byte) => new TextDecoder().decode(splitter.push(new Uint8Array([byte]))));
  expect(passed.filter((text) => text !== '')).toEqual(['data: a\r\n\r\n', 'data: b\r\n\r\n']);
  expect(splitter.rest().length).toBe(0);
});
