// A provider's stream: passed through to its own format, transcoded into every other one, folded into a body.

import { Fold } from '../../src/canonical/fold.ts';
import type { Codec } from '../../src/formats/codec.ts';
import type { Conversion } from '../../src/gateway/answer/conversion.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { spliceJson } from '../../src/lib/splice.ts';
import { decodeStream, dressOf, FREE, transcoded } from '../laws/answers.ts';
import { judge } from '../laws/grammar.ts';
import { mustBeChargeable, mustBeFault, type Outcome } from './must.ts';

/** Throws when something is thrown in the middle of a stream, or what leaves is illegal or not closed. */
export function tryStream(codec: Codec, wire: Uint8Array, chunk: number, codecs: readonly Codec[]): Outcome {
  let bytesOut = 0;
  let understood = false;
  for (const to of codecs) {
    const meter = new Meter(100);
    const stream = to === codec ? passed(codec, meter) : transcoded(codec, to, meter);
    const out = drain(stream, wire, chunk);
    bytesOut += out.length;
    mustBeChargeable(meter.usage());
    if (stream.fault) mustBeFault(stream.fault);
    if (to === codec) continue;
    const ending = judge(to.id, out);
    if (ending === 'finished') understood = true;
    if ((ending === 'failed') !== (stream.fault !== undefined))
      throw new Error(`ended ${ending}, the fault is ${stream.fault}`);
  }
  const fold = new Fold();
  for (const event of decodeStream(codec, [wire])) fold.push(event);
  if (fold.fault) mustBeFault(fold.fault);
  else
    for (const to of codecs)
      bytesOut += JSON.stringify(to.encodeResponse(fold.response(), dressOf(to))).length;
  return { bytesOut, understood };
}

function passed(codec: Codec, meter: Meter): Conversion {
  return new PassedStream({
    codec,
    meter,
    requestId: 'request-1',
    renames: {
      rename: (json) =>
        spliceJson(json, [{ path: codec.telltale.modelPath, json: '"client-model"', present: true }]),
      isAtTop: codec.telltale.modelPath.length === 1,
    },
    hideUsage: true,
    clean: (fault) => fault,
    costOf: () => FREE,
  });
}

/** Feeds the wire and returns everything that left; throws when anything leaves after the last piece. */
function drain(stream: Conversion, wire: Uint8Array, chunk: number): string {
  const decoder = new TextDecoder();
  let out = '';
  let isLast = false;
  const take = ({ now, last }: ReturnType<Conversion['push']>): void => {
    for (const piece of [now, last])
      if (piece !== undefined)
        out += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    isLast ||= last !== undefined;
  };
  for (let at = 0; at < wire.length && !isLast; at += chunk) take(stream.push(wire.subarray(at, at + chunk)));
  if (!isLast) take(stream.end());
  if (!isLast) throw new Error('no last piece');
  return out;
}
