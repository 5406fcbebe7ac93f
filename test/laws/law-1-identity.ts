// Law 1: same format and no edits leave the bytes of request and answer as they came, at every chunk size.

import fc from 'fast-check';
import type { Fault } from '../../src/canonical/fault.ts';
import type { Codec } from '../../src/formats/codec.ts';
import type { Conversion } from '../../src/gateway/answer/conversion.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { answerOf, FORMATS } from './answers.ts';
import { drawn } from './choices.ts';
import type { Law } from './law.ts';
import { chunksOf } from './wire-answer.ts';

const identity = (wrap: (stream: Conversion) => Conversion = (stream) => stream) =>
  fc.property(
    drawn((c) => {
      const codec = FORMATS[c.below(FORMATS.length)] as Codec;
      const wire = answerOf(codec, c, c.one('none', 'harmless')).frames.join('');
      return { codec, wire, chunks: chunksOf(c, wire) };
    }),
    ({ codec, wire, chunks }) => {
      const options = {
        codec,
        meter: new Meter(),
        requestId: 'request-1',
        renames: undefined,
        hideUsage: false,
        clean: (fault: Fault) => fault,
      };
      const stream = wrap(new PassedStream(options));
      const out: Uint8Array[] = [];
      const keep = (piece: Uint8Array | string | undefined) => {
        if (piece !== undefined) out.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
      };
      let isOver = false;
      for (const chunk of chunks) {
        const { now, last } = stream.push(chunk);
        keep(now);
        keep(last);
        isOver ||= last !== undefined;
        if (isOver) break;
      }
      if (!isOver) {
        const { now, last } = stream.end();
        keep(now);
        keep(last);
      }
      // the gateway hangs up at the terminal event: what a provider says after it is not the answer's
      const seen = Buffer.concat(out).toString();
      if (isOver ? !wire.startsWith(seen) || !closes(codec, seen) : seen !== wire + missingEnd(codec, wire))
        throw new Error(`${codec.id}: what went out is not what came in\n--- in\n${wire}\n--- out\n${seen}`);
    },
  );

/** A provider that closes without `message_stop` gets it added: Anthropic's SDK fails without. */
function missingEnd(codec: Codec, wire: string): string {
  const needs = codec.id === 'anthropic-messages' && !wire.includes('message_stop');
  return needs ? codec.telltale.farewell : '';
}

/** The terminal event, and nothing that belongs to it is missing. */
function closes(codec: Codec, seen: string): boolean {
  if (codec.id === 'openai-chat') return /data: ?\[DONE\](\r\n|\r|\n){2}/.test(seen);
  if (codec.id === 'anthropic-messages') return seen.includes('message_stop');
  return /response\.(completed|incomplete)/.test(seen);
}

function without(stream: Conversion, spoil: (bytes: Uint8Array) => Uint8Array): Conversion {
  return {
    committed: false,
    fault: undefined,
    push: (chunk) => {
      const { now, last } = stream.push(chunk);
      return { now: typeof now === 'string' ? now : spoil(now), last };
    },
    end: () => stream.end(),
    fail: (fault) => stream.fail(fault),
  };
}

export const LAW_1: Law[] = [
  {
    name: 'law 1, identity: an answer in the client’s format passes byte for byte, at every chunk size',
    property: () => identity(),
    mutants: [
      {
        name: 'a stream that loses a last byte',
        complaint: /not what came in$/,
        property: () => identity((stream) => without(stream, (bytes) => bytes.subarray(0, -1))),
      },
      {
        name: 'a stream that makes every line end LF',
        complaint: /not what came in$/,
        property: () =>
          identity((stream) =>
            without(stream, (bytes) => Buffer.from(Buffer.from(bytes).toString().replaceAll('\r\n', '\n'))),
          ),
      },
    ],
  },
];
