// Lawful framing of every kind, cut wherever a network may cut it: the text arrives whole in every format.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import {
  askedOf,
  type Conformance,
  modelOver,
  openConformance,
  PAIRS,
  upstreamModel,
} from '../support/conformance.ts';
import type { WireFormat } from '../support/script.ts';
import { readWithSdk } from '../support/sdk-reading.ts';
import { WIRES } from '../support/wire.ts';

const TEXT = 'é日🌧';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

/** The frames with LF line ends, whatever the vendor uses. */
function framesOf(format: WireFormat, text = TEXT): string[] {
  const turn = { text, usage: { input: 9, cached: 0, output: 5, reasoning: 0 } };
  return WIRES[format].frames(turn, askedOf(format)).map((frame) => frame.replaceAll('\r\n', '\n'));
}

async function textOver(client: WireFormat, over: WireFormat): Promise<string> {
  const response = await stage.ask(client, over);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
  return response.text();
}

/** The answer is legal in its own format (one that passes keeps its upstream's line ends), and says the text. */
async function expectText(client: WireFormat, over: WireFormat, answer: string, text = TEXT): Promise<void> {
  expect(answer).not.toContain('\uFFFD');
  expect(answer).not.toContain(upstreamModel(over));
  expect(answer).toContain(modelOver(over));
  if (client !== over) expect(judge(client, answer)).toBe('finished');
  const { text: read, input, output } = await readWithSdk(client, answer);
  expect({ read, input, output }).toEqual({ read: text, input: 9, output: 5 });
}

/** Every place between two bytes where a cut splits a code point or a line end. */
function sorePlaces(bytes: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 1; at < bytes.length; at++) {
    const inside = ((bytes[at] ?? 0) & 0xc0) === 0x80;
    const lineEnd = bytes[at - 1] === 13 && bytes[at] === 10;
    if (inside || lineEnd) places.push(at);
  }
  return places;
}

describe.each(PAIRS)('%s over %s', (client, over) => {
  test('T44 code points, CRLF and the byte order mark are cut at every place', async () => {
    const [first = '', ...others] = framesOf(over);
    const bytes = new TextEncoder().encode(`\uFEFF${first}${others.join('')}`.replaceAll('\n', '\r\n'));
    const places = sorePlaces(bytes);
    expect(places.length).toBeGreaterThan(11);
    const answers = new Set<string>();
    for (const place of places) {
      stage.streamWith(bytes.subarray(0, place), bytes.subarray(place));
      const answer = await textOver(client, over);
      // ids and times of ours differ from call to call
      if (client === over) answers.add(answer);
      else await expectText(client, over, answer);
    }
    for (const answer of answers) await expectText(client, over, answer);
    expect(answers.size).toBe(client === over ? 1 : 0);
  }, 20_000);

  test('T44 every byte comes alone', async () => {
    const bytes = new TextEncoder().encode(framesOf(over).join(''));
    stage.streamWith(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
    await expectText(client, over, await textOver(client, over));
  }, 20_000);

  // Google's own library reads neither of these, so its service cannot send them
  const isGooglePass = client === over && client === 'google-generate-content';
  const ODD: [what: string, dress: (frame: string) => string, plainOnly?: true][] = [
    ['CRLF', (frame) => frame.replaceAll('\n', '\r\n')],
    ['CR alone', (frame) => frame.replaceAll('\n', '\r')],
    ['no space behind the colon', (frame) => frame.replace('event: ', 'event:').replace('data: ', 'data:')],
    ['data in several lines', inSeveralLines, true],
    ['data in several lines that end in CR', (frame) => inSeveralLines(frame).replaceAll('\n', '\r'), true],
    [
      'comments, ids and retry times',
      (frame) => `: c4nary comment\n\n: c4nary\nid: 7\nretry: 10\n${frame}`,
      true,
    ],
  ];
  for (const [what, dress, plainOnly] of ODD) {
    test.skipIf(plainOnly === true && isGooglePass)(`T45 ${what}`, async () => {
      stage.streamWith(...framesOf(over).map(dress));
      const answer = await textOver(client, over);
      await expectText(client, over, answer);
      for (const line of answer.split(/[\r\n]+/)) expect(line).not.toMatch(/^data:.*c4nary/);
      if (client !== over) expect(answer).not.toContain('c4nary');
    });
  }

  test('T47 the last frame has no blank line', async () => {
    stage.streamWith(framesOf(over).join('').trimEnd());
    await expectText(client, over, await textOver(client, over));
  });
});

/** JSON may be broken between its tokens; each line of it is a line of data. */
function inSeveralLines(frame: string): string {
  return frame.replace(
    /^data: (\{.*)$/m,
    (_, json: string) => `data: ${json.replaceAll(',"', ',\ndata: "')}`,
  );
}
