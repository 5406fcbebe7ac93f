// One frame of megabytes that arrives in small pieces: it passes whole, and costs no more than its size.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fault } from '../../src/canonical/fault.ts';
import { CODECS } from '../../src/formats/index.ts';
import type { Conversion } from '../../src/gateway/answer/conversion.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { spliceJson } from '../../src/lib/splice.ts';
import { transcoded } from '../laws/answers.ts';
import { askedOf, type Conformance, openConformance, PAIRS } from '../support/conformance.ts';
import { cutFrames } from '../support/cutting.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { readWithSdk } from '../support/sdk-reading.ts';
import { WIRES } from '../support/wire.ts';

const KIB = 1024;

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

/** A stream whose text stands in one line of data, in pieces of 1 KiB. */
function piecesOf(format: WireFormat, text: string): Uint8Array[] {
  const frames = WIRES[format].frames({ text: 'MARK' }, askedOf(format));
  const large = frames.map((frame) => frame.replace('MARK', () => text));
  return cutFrames(large, { kind: 'bytes', size: KIB });
}

describe.each(WIRE_FORMATS)('over %s', (over) => {
  const next = WIRE_FORMATS[(WIRE_FORMATS.indexOf(over) + 1) % WIRE_FORMATS.length] ?? over;
  test.each([over, next])(
    'T46 a line of 4 MiB reaches a client of %s whole',
    async (client) => {
      const text = 'x😀'.repeat((4 * KIB * KIB) / 5);
      stage.streamWith(...piecesOf(over, text));
      const answer = await (await stage.ask(client, over)).text();
      const read = await readWithSdk(client, answer);
      expect(read.text.length).toBe(text.length);
      expect(read.text === text).toBe(true);
    },
    60_000,
  );
});

function conversionOf(client: WireFormat, over: WireFormat): Conversion {
  const codec = (format: WireFormat) => {
    const found = CODECS.find(({ id }) => id === format);
    if (!found) throw new Error(`no codec of ${format}`);
    return found;
  };
  if (client !== over) return transcoded(codec(over), codec(client));
  const clean = (fault: Fault) => fault;
  const path = codec(over).telltale.modelPath;
  const renames = {
    rename: (json: Uint8Array) => spliceJson(json, [{ path, json: '"shown"', present: true }]),
    isAtTop: path.length === 1,
  };
  const shown = { requestId: 'r', renames, hideUsage: false, clean };
  return new PassedStream({ codec: codec(over), meter: new Meter(), ...shown });
}

/** Bytes and characters that go through everything a stream can be searched, copied, decoded and parsed with. */
function workOf(run: () => void): number {
  let work = 0;
  const undo: (() => void)[] = [];
  const count = <Owner extends object>(owner: Owner, name: keyof Owner & string, cost: Cost): void => {
    const isOwn = Object.hasOwn(owner, name);
    const plain = owner[name] as (...given: unknown[]) => unknown;
    const counted = function (this: unknown, ...given: unknown[]): unknown {
      work += cost(this, given);
      return plain.apply(this, given);
    };
    Object.assign(owner, { [name]: counted });
    undo.push(() => {
      if (isOwn) Object.assign(owner, { [name]: plain });
      else delete owner[name];
    });
  };
  count(Buffer, 'concat', (_, [pieces]) =>
    (pieces as Uint8Array[]).reduce((sum, one) => sum + one.length, 0),
  );
  count(TextDecoder.prototype, 'decode', (_, [bytes]) => sizeOf(bytes));
  count(JSON, 'parse', (_, [text]) => sizeOf(text));
  for (const name of ['indexOf', 'lastIndexOf', 'includes'] as const) {
    count(Buffer.prototype, name, sizeOf);
    count(Uint8Array.prototype, name, sizeOf);
    count(String.prototype, name, sizeOf);
  }
  try {
    run();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
  return work;
}

type Cost = (self: unknown, given: unknown[]) => number;

function sizeOf(value: unknown): number {
  return Object(value).length ?? 0;
}

test.each(PAIRS)('T46 %s over %s: the work grows with the size, not with its square', (client, over) => {
  const [small, large] = [256 * KIB, 2 * KIB * KIB].map((size) => {
    const pieces = piecesOf(over, 'x'.repeat(size));
    const conversion = conversionOf(client, over);
    let written = 0;
    const put = ({ now, last }: ReturnType<Conversion['push']>): void => {
      written += now.length + (last?.length ?? 0);
    };
    const work = workOf(() => {
      for (const piece of pieces) put(conversion.push(piece));
      put(conversion.end());
    });
    expect(written).toBeGreaterThan(size);
    return work / size;
  });
  // searching a large frame again for each piece would be a thousand times its size
  expect(small).toBeGreaterThan(1);
  expect(large).toBeLessThan(500);
  expect((large ?? 0) / (small ?? 1)).toBeLessThan(1.2);
});
