// A provider's whole answer: read, metered, written in every format as a body and as a stream.

import type { CanonicalResponse } from '../../src/canonical/response.ts';
import { unfold } from '../../src/canonical/unfold.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { wrapSeals } from '../../src/formats/seal.ts';
import { usageAtEnd, usageMember, withCostAtEnd } from '../../src/gateway/answer/tail.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { asObject, isObject, tryParseJson } from '../../src/lib/json.ts';
import { putMembers, spliceJson } from '../../src/lib/splice.ts';
import { dressOf, FREE } from '../laws/answers.ts';
import { judge } from '../laws/grammar.ts';
import { mustBeChargeable, mustBeFault, type Outcome } from './must.ts';

const SEAL_KEY = new Uint8Array(32);

/** Throws when the answer is neither refused as the provider's failure nor made into legal ones. */
export function tryAnswer(codec: Codec, bytes: Uint8Array, codecs: readonly Codec[]): Outcome {
  const atEnd = usageAtEnd(bytes, codec);
  const value = tryParseJson(new TextDecoder().decode(bytes));
  if (atEnd && isObject(value)) JSON.parse(text(withCostAtEnd(bytes, atEnd.start, usageMember(codec), FREE)));
  if (!isObject(value)) return { bytesOut: 0, understood: false };
  let decoded: CanonicalResponse;
  try {
    decoded = codec.decodeResponse(value);
  } catch (thrown) {
    mustBeFault(thrown);
    return { bytesOut: 0, understood: false };
  }
  const meter = new Meter(100);
  meter.hearWhole(decoded);
  mustBeChargeable(meter.usage());
  JSON.parse(text(putMembers(bytes, [usageMember(codec)], FREE)));
  const renamed = spliceJson(bytes, [{ path: [codec.modelMember], json: '"client-model"', present: true }]);
  if (
    JSON.parse(text(renamed))[codec.modelMember] !== (codec.modelMember in value ? 'client-model' : undefined)
  )
    throw new Error('the answer shows another model');
  let bytesOut = 0;
  for (const to of codecs) bytesOut += writeIn(to, decoded, to === codec);
  return { bytesOut, understood: true };
}

/** In a format of its own the answer goes out with all that was wrong with it; only then is it not judged. */
function writeIn(to: Codec, decoded: CanonicalResponse, isOwn: boolean): number {
  const sealed = to.issuer === undefined ? decoded : wrapSeals(decoded, to.issuer, SEAL_KEY);
  const body = JSON.stringify(to.encodeResponse(sealed, dressOf(to)));
  const encoder = to.streamEncoder(dressOf(to));
  const stream = unfold(sealed)
    .map((event) => encoder.push(event))
    .join('');
  if (isOwn) return body.length + stream.length;
  mustKeep(decoded, body, to);
  judge(to.id, stream);
  return body.length + stream.length;
}

/** What was written is an answer, and it has the calls of what was read. */
function mustKeep(decoded: CanonicalResponse, body: string, to: Codec): void {
  let back: CanonicalResponse;
  try {
    back = to.decodeResponse(asObject(JSON.parse(body)));
  } catch (thrown) {
    throw new Error(`what was written is no ${to.id} answer: ${String(thrown)}`, { cause: thrown });
  }
  const [wanted, got] = [decoded, back].map((response) =>
    response.parts.flatMap((part) => (part.kind === 'tool-call' && part.name !== '' ? [part.name] : [])),
  ) as [string[], string[]];
  // a namespace stands in front of the name where there is none
  const isKept = wanted.every((name) => got.some((other) => other.endsWith(name)));
  if (!isKept) throw new Error(`calls ${JSON.stringify(wanted)} became ${JSON.stringify(got)} in ${to.id}`);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
