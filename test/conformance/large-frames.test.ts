// One frame of megabytes that arrives in small pieces: it passes whole, and costs no more than its size.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fault } from '../../src/canonical/fault.ts';
import { CODECS } from '../../src/formats/index.ts';
import type { Conversion } from '../../src/gateway/conversion.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { PassedStream } from '../../src/gateway/pass.ts';
import { transcoded } from '../laws/answers.ts';
import { askedOf, type Conformance, openConformance, PAIRS, WIRE_FORMATS } from '../support/conformance.ts';
import { cutFrames } from '../support/cutting.ts';
import type { WireFormat } from '../support/script.ts';
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
  const shown = { requestId: 'r', showModel: 'shown', hideUsage: false, clean };
  return new PassedStream({ codec: codec(over), meter: new Meter(), ...shown });
}

/** The least time of three for a text of so many bytes. */
function msFor(client: WireFormat, over: WireFormat, bytes: number): number {
  const pieces = piecesOf(over, 'x'.repeat(bytes));
  const times = [0, 1, 2].map(() => {
    const conversion = conversionOf(client, over);
    let written = 0;
    const began = performance.now();
    for (const piece of pieces) {
      const { now, last } = conversion.push(piece);
      written += now.length + (last?.length ?? 0);
    }
    const { now, last } = conversion.end();
    const took = performance.now() - began;
    expect(written + now.length + (last?.length ?? 0)).toBeGreaterThan(bytes);
    return took;
  });
  return Math.min(...times);
}

test.each(PAIRS)(
  'T46 %s over %s: sixteen times the size takes no more than about sixteen times as long',
  (client, over) => {
    msFor(client, over, 64 * KIB);
    const small = msFor(client, over, 512 * KIB);
    const large = msFor(client, over, 8 * KIB * KIB);
    // time that grows with the square would be 256 times as long
    expect(large / small).toBeLessThan(80);
  },
  60_000,
);
