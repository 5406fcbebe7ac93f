// Streams as real hosts and proxies send them, byte for byte: every lawful framing is read, every break is told.

import { describe, expect, test } from 'bun:test';
import { type Client, ToolBox } from '../support/client.ts';
import { DIRECT, FORMATS } from '../support/matrix.ts';
import { rawStage } from '../support/raw-stage.ts';
import { asChunk, type RawAnswer, SSE_CHUNKED_HEAD, SSE_HEAD } from '../support/raw-upstream.ts';
import type { Asked, Turn, WireFormat } from '../support/script.ts';
import { STREAM_CLIENTS } from '../support/stream-clients.ts';
import { WIRES } from '../support/wire.ts';

const TURN: Turn = {
  text: 'Rain 🌧 in Bergen, é à 日本, then sun.',
  usage: { input: 9, cached: 2, output: 5, reasoning: 0 },
};

function asked(format: WireFormat): Asked {
  return {
    position: 0,
    model: `${format}-upstream`,
    stream: true,
    body: { stream: true, stream_options: { include_usage: true } },
  };
}

function framesOf(format: WireFormat): string[] {
  return WIRES[format].frames(TURN, asked(format));
}

/** The bytes in pieces of n. */
function every(size: number, text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const LAWFUL: [what: string, pieces: (frames: string[]) => (string | Uint8Array)[]][] = [
  ['three bytes at a time', (frames) => every(3, frames.join(''))],
  [
    'CRLF, cut between CR and LF',
    (frames) =>
      frames
        .join('')
        .replaceAll('\n', '\r\n')
        .split(/(?<=\r)/),
  ],
  ['CR alone', (frames) => [frames.join('').replaceAll('\n', '\r')]],
  [
    'no space after the colon',
    (frames) => frames.map((frame) => frame.replace('event: ', 'event:').replace('data: ', 'data:')),
  ],
  ['a byte order mark', (frames) => ['\uFEFF', ...frames]],
  [
    'comments, ids and retry times',
    (frames) => frames.flatMap((frame) => [': wait\n\n', `id: 1\nretry: 5\n${frame}`]),
  ],
  ['no blank line at the end', (frames) => [frames.join('').trimEnd()]],
];

const answers: RawAnswer[] = [];
const on = rawStage(answers);

function answerWith(answer: RawAnswer): void {
  answers.length = 0;
  answers.push(answer);
  on.upstream.requests.length = 0;
}

async function failureOf(client: Client, format: WireFormat): Promise<Error & { status?: number }> {
  const outcome = await client
    .converse(on.stage.target(format), new ToolBox())
    .catch((failure: unknown) => failure);
  if (outcome instanceof Error) return outcome;
  throw new Error(`it succeeded with ${JSON.stringify(outcome)}`);
}

const whole = (type: string, body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

for (const client of STREAM_CLIENTS) {
  for (const format of FORMATS) {
    describe.skipIf(DIRECT)(`${client.name} over ${format}`, () => {
      for (const [what, piecesOf] of LAWFUL) {
        // straight from Google its library would not read them either: they pass as they came
        if (client.format === format && format === 'google-generate-content' && what.startsWith('comments'))
          continue;
        test(what, async () => {
          answerWith({ pieces: [SSE_HEAD, ...piecesOf(framesOf(format))], gapMs: 0, after: 'end' });
          const outcome = await client.converse(on.stage.target(format), new ToolBox());
          expect(outcome.text).toBe(TURN.text ?? '');
          expect(outcome.tokens).toEqual({ input: 9, output: 5, cached: 2 });
          expect(on.upstream.requests).toHaveLength(1);
        });
      }

      test('a whole answer to a request for a stream', async () => {
        const body = JSON.stringify(WIRES[format].body(TURN, asked(format)));
        answerWith({ pieces: [whole('application/json', body)], after: 'keep' });
        const outcome = await client.converse(on.stage.target(format), new ToolBox());
        expect(outcome.text).toBe(TURN.text ?? '');
      });

      test('a connection that is reset in the middle', async () => {
        const long = WIRES[format].frames({ text: 'A long text. '.repeat(20) }, asked(format));
        const first = long.slice(0, 7).join('');
        answerWith({ pieces: [SSE_CHUNKED_HEAD, asChunk(first)], after: 'reset' });
        const failure = await failureOf(client, format);
        expect(failure.message).not.toMatch(/no finish|never completed|no message_stop|socket|terminated/i);
        expect(on.upstream.requests).toHaveLength(1);
      });

      test('a page instead of an answer', async () => {
        answerWith({ pieces: [whole('text/html', '<html>Sign in to proxy-7</html>')], after: 'keep' });
        const failure = await failureOf(client, format);
        expect(failure.status).toBe(502);
        expect(failure.message).not.toContain('proxy-7');
      });

      test('an error dressed as a success', async () => {
        const body = JSON.stringify(WIRES[format].error('overloaded_error', 'Overloaded'));
        answerWith({ pieces: [whole('application/json', body)], after: 'keep' });
        expect((await failureOf(client, format)).status).toBeGreaterThanOrEqual(500);
      });
    });
  }
}
