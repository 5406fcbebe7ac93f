// Law 6: whatever arrives, what goes out is legal for its format and closed.

import fc from 'fast-check';
import { Fault } from '../../src/canonical/fault.ts';
import type { Codec } from '../../src/formats/codec.ts';
import type { Conversion } from '../../src/gateway/answer/conversion.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { answerOf, dressOf, FORMATS, PAIRS, transcoded as transcoding } from './answers.ts';
import { type Choices, drawn } from './choices.ts';
import { cutAnywhere, damage } from './damage.ts';
import { eventsInAnyOrder } from './generate-events.ts';
import { judge } from './grammar.ts';
import type { Ending } from './grammar-rule.ts';
import type { Law } from './law.ts';
import { withDecoder, withEncoder } from './mutants.ts';

const pairs = (c: Choices): [Codec, Codec] => PAIRS[c.below(PAIRS.length)] ?? (PAIRS[0] as [Codec, Codec]);

type Mutate = (codec: Codec) => Codec;
const same: Mutate = (codec) => codec;

type Case = { from: Codec; to: Codec; wire: Uint8Array; truncated: boolean; chunk: number };

/** Feeds the wire and returns everything that left; throws when anything leaves after the last piece. */
function drain(stream: Conversion, { wire, chunk }: { wire: Uint8Array; chunk: number }): string {
  const decoder = new TextDecoder();
  const out: string[] = [];
  let isLast = false;
  const take = ({ now, last }: ReturnType<Conversion['push']>): void => {
    for (const piece of [now, last]) {
      if (piece === undefined || piece.length === 0) continue;
      if (isLast) throw new Error('something left after the last piece');
      out.push(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
    }
    isLast ||= last !== undefined;
  };
  for (let at = 0; at < wire.length && !isLast; at += chunk) take(stream.push(wire.subarray(at, at + chunk)));
  if (!isLast) take(stream.end());
  if (!isLast) throw new Error('no last piece');
  return out.join('');
}

function check(out: string, { from, to, wire, truncated }: Case): void {
  const show = (problem: string) =>
    new Error(
      `${problem}\n${from.id} to ${to.id}\n--- in\n${new TextDecoder().decode(wire)}\n--- out\n${out}`,
    );
  let ending: Ending;
  try {
    ending = judge(to.id, out);
  } catch (thrown) {
    throw show(String(thrown));
  }
  if (truncated && ending !== 'failed') throw show('a truncated answer ended as a whole one');
}

const transcoded = (make: (c: Choices) => Case, reading: Mutate = same, writing: Mutate = same) =>
  fc.property(drawn(make), (one) => {
    const stream = transcoding(reading(one.from), writing(one.to));
    check(drain(stream, one), one);
  });

const damaged = (c: Choices): Case => {
  const [from, to] = pairs(c);
  return {
    from,
    to,
    wire: damage(c, answerOf(from, c, 'wild')),
    truncated: false,
    chunk: c.one(1_000_000, 64, 7, 1),
  };
};

const cut = (c: Choices): Case => {
  const [from, to] = pairs(c);
  return {
    from,
    to,
    ...cutAnywhere(c, answerOf(from, c, c.one('none', 'harmless'))),
    chunk: c.one(1_000_000, 64, 7, 1),
  };
};

const cutPass = (c: Choices): Case => {
  const from = FORMATS[c.below(FORMATS.length)] as Codec;
  return { from, to: from, ...cutAnywhere(c, answerOf(from, c, 'none')), chunk: c.one(1_000_000, 64, 7, 1) };
};

const passed = (wrap: (stream: PassedStream) => Conversion = (stream) => stream, reading: Mutate = same) =>
  fc.property(drawn(cutPass), (one) => {
    const codec = reading(one.from);
    const options = {
      codec,
      meter: new Meter(),
      requestId: 'request-1',
      renames: undefined,
      hideUsage: false,
      clean: (fault: Fault) => fault,
    };
    check(withDone(one, drain(wrap(new PassedStream(options)), one)), one);
  });

/** Some vendors never send `[DONE]`; what they send goes through as it came. */
function withDone({ from, truncated }: Case, out: string): string {
  const isDone = truncated || from.id !== 'openai-chat' || out.includes('data: [DONE]');
  return isDone ? out : `${out}data: [DONE]\n\n`;
}

const anyOrder = (writing: Mutate = same) =>
  fc.property(
    drawn((c) => ({
      to: FORMATS[c.below(FORMATS.length)] as Codec,
      events: eventsInAnyOrder(c),
      fails: c.chance(30),
    })),
    ({ to, events, fails }) => {
      const encoder = writing(to).streamEncoder(dressOf(to));
      const fault = new Fault('upstream_truncated', 'It ended too early.');
      const last = fails
        ? { type: 'error' as const, fault }
        : { type: 'finish' as const, finish: { reason: 'end' as const } };
      const out = [...events, last, ...events].map((event) => encoder.push(event)).join('');
      try {
        judge(to.id, out);
      } catch (thrown) {
        throw new Error(
          `${String(thrown)}\n${to.id}\n${events.map((event) => JSON.stringify(event)).join('\n')}\n--- out\n${out}`,
        );
      }
    },
  );

export const LAW_6: Law[] = [
  {
    name: 'law 6, grammar: a cut stream is transcoded into a legal one that says so',
    property: () => transcoded(cut),
    mutants: [
      {
        name: 'a decoder that takes every end for a finish',
        complaint: /a truncated answer ended as a whole one$/,
        property: () =>
          transcoded(cut, (codec) =>
            withDecoder(codec, (events) =>
              events.map((event) =>
                event.type === 'error' ? { type: 'finish', finish: { reason: 'end' } } : event,
              ),
            ),
          ),
      },
      {
        name: 'an encoder that leaves the answer open',
        complaint: /illegal stream: the stream is not closed$/,
        property: () =>
          transcoded(cut, same, (codec) => withEncoder(codec, (event) => event.type !== 'error')),
      },
    ],
  },
  {
    name: 'law 6, grammar: a damaged stream is transcoded into a legal one',
    property: () => transcoded(damaged),
    mutants: [
      {
        name: 'an encoder that leaves the answer open',
        complaint: /illegal stream: the stream is not closed$/,
        property: () =>
          transcoded(damaged, same, (codec) => withEncoder(codec, (event) => event.type !== 'finish')),
      },
      {
        name: 'an encoder that writes frames without their blank line',
        complaint: /illegal stream: the last frame has no blank line$/,
        property: () => transcoded(damaged, same, unspaced),
      },
    ],
  },
  {
    name: 'law 6, grammar: a cut stream that passes through ends in the error of its format',
    property: () => passed(),
    mutants: [
      {
        name: 'a stream that shows half a frame',
        // the end comes once with its chunk and once as the last piece
        complaint: /illegal stream: (not a frame|something after the end)/,
        property: () =>
          passed((stream) => ({
            ...conversionOf(stream),
            push: (chunk) => ({ now: chunk, last: stream.push(chunk).last }),
          })),
      },
      {
        name: 'a stream that ends quietly',
        complaint: /illegal stream: the stream is not closed$/,
        property: () =>
          passed((stream) => ({ ...conversionOf(stream), end: () => ({ now: stream.end().now, last: '' }) })),
      },
    ],
  },
  {
    name: 'law 6, grammar: events in any order are written as a legal stream',
    property: () => anyOrder(),
    mutants: [
      {
        name: 'an encoder that leaves the answer open',
        complaint: /illegal stream: the stream is not closed$/,
        property: () => anyOrder((codec) => withEncoder(codec, (event) => event.type !== 'finish')),
      },
      {
        name: 'an encoder that writes frames without their blank line',
        complaint: /illegal stream: the last frame has no blank line$/,
        property: () => anyOrder(unspaced),
      },
    ],
  },
];

const unspaced: Mutate = (codec) => ({
  ...codec,
  streamEncoder: (dress) => {
    const inner = codec.streamEncoder(dress);
    return { push: (event) => inner.push(event).replace(/\n\n$/, '\n') };
  },
});

function conversionOf(stream: PassedStream): Conversion {
  return {
    get committed() {
      return stream.committed;
    },
    get fault() {
      return stream.fault;
    },
    push: (chunk) => stream.push(chunk),
    end: () => stream.end(),
    fail: (fault) => stream.fail(fault),
  };
}
