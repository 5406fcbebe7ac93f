// Names in the frames of a stream: those that begin alike are renamed as each by itself would be.

import { describe, expect, test } from 'bun:test';
import type { Codec } from '../../src/formats/codec.ts';
import { CODECS } from '../../src/formats/index.ts';
import { FrameNames } from '../../src/gateway/answer/frame-names.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { editJson, soundRun } from '../../src/gateway/answer/raw-frames.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { spliceJson } from '../../src/lib/splice.ts';

const frame = (data: string) => Buffer.from(`data: ${data}\n\n`);

function renamer(name: string, isAtTop = true) {
  const rename = (json: Uint8Array) =>
    spliceJson(json, [{ path: ['model'], json: JSON.stringify(name), present: true }]);
  const names = new FrameNames({ rename, isAtTop }, 'model');
  return {
    show: (raw: Buffer) => Buffer.from(names.show(raw)).toString(),
    alone: (raw: Buffer) => Buffer.from(editJson(raw, rename)).toString(),
  };
}

const ROWS: [string, string, string[]][] = [
  [
    'names that begin alike',
    'bench-chat',
    ['{"id":1,"model":"bench","x":"a"}', '{"id":1,"model":"bench","x":"b"}', '{"id":1,"model":"bench-2"}'],
  ],
  [
    'names that end alike',
    'my-bench',
    ['{"model":"a-bench","x":1}', '{"model":"a-bench","x":2}', '{"model":"b-bench"}'],
  ],
  ['one that is part of the other', 'bench', ['{"model":"bench-1","x":1}', '{"model":"bench-1","x":2}']],
  ['an empty one', 'bench', ['{"model":"","x":1}', '{"model":"","x":2}', '{"model":"x","x":2}']],
  ['quotes and backslashes in them', 'a"b\\', ['{"model":"x\\"y\\\\","z":1}', '{"model":"x\\"y\\\\","z":2}']],
  ['a name that is no text', 'bench', ['{"model":null,"x":"1"}', '{"model":null,"x":"2"}', '{"model":7}']],
  [
    'the same member further in, before and behind',
    'shown',
    [
      '{"a":{"model":"in"},"model":"top","x":1}',
      '{"a":{"model":"in"},"model":"top","x":2}',
      '{"model":"top","a":{"model":"in"}}',
      '{"model":"top","a":{"model":"in"},"b":1}',
    ],
  ],
  [
    'the member twice',
    'shown',
    ['{"model":"top","x":1}', '{"model":"top","model":"other"}', '{"model":"top","x":2}'],
  ],
  [
    'a beginning that changes',
    'shown',
    [
      '{"id":"1","model":"top","x":1}',
      '{"id":"2","model":"top","x":1}',
      '{"id":"2","model":"top","x":2}',
      '{"x":0,"id":"2","model":"top"}',
    ],
  ],
  ['words that look like it', 'shown', ['{"model":"top","x":"\\"model\\":"}', '{"model":"top","x":"model"}']],
  ['frames without it', 'shown', ['{"x":1}', '{"model":"top","x":1}', '{"x":2}', '{"model":"top","x":2}']],
  ['spaces', 'shown', ['{ "model" : "top" , "x": 1.0 }', '{ "model" : "top" , "x": 2.0 }']],
];

test.each(ROWS)('%s', (_, name, rows) => {
  const { show, alone } = renamer(name);
  // each twice, so that each can be the one that the next is like
  for (const row of rows.flatMap((each) => [each, each])) expect(show(frame(row))).toBe(alone(frame(row)));
});

test('what begins alike is not parsed again, and what may have more names is', () => {
  let parsed = 0;
  const rename = (json: Uint8Array) => {
    parsed++;
    return spliceJson(json, [{ path: ['model'], json: '"shown"', present: true }]);
  };
  for (const [isAtTop, times] of [
    [true, 1],
    [false, 10],
  ] as const) {
    parsed = 0;
    const names = new FrameNames({ rename, isAtTop }, 'model');
    for (let i = 0; i < 10; i++)
      expect(Buffer.from(names.show(frame(`{"model":"top","x":${i}}`))).toString()).toBe(
        `data: {"model":"shown","x":${i}}\n\n`,
      );
    expect(parsed).toBe(times);
  }
});

describe('a row of sound frames', () => {
  const run = (wire: string, from = 0, limit = wire.length) => soundRun(Buffer.from(wire), from, limit);

  test.each([
    ['frames that end as JSON does', 'data: {}\n\ndata: {"a":1}\n\n', { end: 25, frames: 2 }],
    ['with names of events', 'event: x\ndata: {}\n\n', { end: 19, frames: 1 }],
    ['in CRLF', 'data: {}\r\n\r\ndata: {}\r\n\r\n', { end: 24, frames: 2 }],
    ['comments between them, which do not count', 'data: {}\n\n: x\n\ndata: {}\n\n', { end: 25, frames: 2 }],
    ['blank lines more than they need, which do not count', '\n\ndata: {}\n\n\n\n\n', { end: 15, frames: 1 }],
    ['the same in CRLF', '\r\ndata: {}\r\n\r\n\r\n: x\r\n\r\n', { end: 23, frames: 1 }],
    ['a comment that goes on with data is looked at', ': x\ndata: {}\n\n', { end: 0, frames: 0 }],
    ['half a frame ends it', 'data: {}\n\ndata: {"a":\n\ndata: {}\n\n', { end: 10, frames: 1 }],
    ['a word ends it', 'data: {}\n\ndata: [DONE]\n\n', { end: 10, frames: 1 }],
    ['nothing', '', { end: 0, frames: 0 }],
  ])('%s', (_, wire, expected) => {
    expect(run(wire)).toEqual(expected);
  });

  test('begins where it is told to, and no frame of it reaches beyond the limit', () => {
    const wire = 'data: {"a":1}\n\ndata: {"b":2}\n\ndata: {"c":3}\n\n';
    expect(run(wire, 15)).toEqual({ end: 45, frames: 2 });
    expect(run(wire, 0, wire.indexOf('"b"'))).toEqual({ end: 15, frames: 1 });
    expect(run(wire, 0, 30)).toEqual({ end: 30, frames: 2 });
    expect(run(wire, 0, 29)).toEqual({ end: 15, frames: 1 });
    expect(run(wire, 0, 0)).toEqual({ end: 0, frames: 0 });
  });

  test('is the same of a view that does not begin where its bytes do', () => {
    expect(soundRun(Buffer.from('xxxxdata: {}\n\n').subarray(4), 0, 10)).toEqual({ end: 10, frames: 1 });
  });
});

test.each(['\n', '\r\n', '\r'])(
  'blank lines that keep a stream alive are no frames that were paid for: %j',
  (end) => {
    const chat = CODECS.find(({ id }) => id === 'openai-chat') as Codec;
    const told = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}`;
    const output = (blanks: number, renames: boolean) => {
      const meter = new Meter();
      const stream = new PassedStream({
        codec: chat,
        meter,
        requestId: 'r',
        renames: renames ? { rename: (json) => json, isAtTop: true } : undefined,
        hideUsage: false,
        clean: (fault) => fault,
      });
      const wire = ['a', 'b', 'c'].map((each) => told(each) + end.repeat(2 + blanks)).join('');
      for (const byte of Buffer.from(wire)) stream.push(Uint8Array.of(byte));
      return meter.usage().output;
    };
    for (const renames of [false, true]) expect([output(0, renames), output(5, renames)]).toEqual([3, 3]);
  },
);
