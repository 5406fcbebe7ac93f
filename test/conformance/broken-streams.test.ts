// Streams that break, end too early or were never one: the client is told, in its own format, and pays nothing.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JournalRow } from '../../src/store/journal-port.ts';
import { judge } from '../laws/grammar.ts';
import {
  askedOf,
  type Conformance,
  openConformance,
  PAIRS,
  RAINY,
  upstreamModel,
} from '../support/conformance.ts';
import { calls, DONE, delta, finish, opening, ROLE } from '../support/raw-chat.ts';
import { asChunk, type RawAnswer, SSE_CHUNKED_HEAD, SSE_HEAD } from '../support/raw-upstream.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { readWithSdk } from '../support/sdk-reading.ts';
import { WIRES } from '../support/wire.ts';

const CREDIT_NANO = 1_000_000_000n;
const SUCCESS = /\[DONE\]|message_stop|message_delta|response\.completed|"finish_reason":"|finishReason/;

let stage: Conformance;
let key: string;
let position = 0;
beforeAll(async () => {
  stage = await openConformance(10);
  key = stage.makeKey({ creditNano: CREDIT_NANO });
});
afterAll(() => stage.stop());
beforeEach(() => {
  position = stage.here.journal.tail(0, {}).position;
});

/** The one call since the test began, as the journal has it. */
async function row(): Promise<JournalRow> {
  for (;;) {
    await stage.here.journal.finish();
    const [found, ...others] = stage.here.journal.tail(position, {}).rows;
    expect(others).toEqual([]);
    if (found) return found;
    await new Promise((resume) => setImmediate(resume));
  }
}

/** Many frames, the text last. */
function framesOf(format: WireFormat, text = `${RAINY} `.repeat(10)): string[] {
  const turn = { text, usage: { input: 9, cached: 0, output: 70, reasoning: 0 } };
  return WIRES[format].frames(turn, askedOf(format));
}

/** The rest of the upstream's answer comes when the client has the beginning of it. */
async function wireOf(
  [client, over]: [WireFormat, WireFormat],
  { first, rest, after }: { first: string[]; rest: string[]; after: RawAnswer['after'] },
): Promise<string> {
  const begun = Promise.withResolvers<void>();
  stage.answerWith({ pieces: [...first, begun.promise, ...rest], gapMs: 0, after });
  const response = await stage.ask(client, over, { key });
  expect(response.status).toBe(200);
  let wire = '';
  for await (const text of (response.body ?? new Blob().stream()).pipeThrough(new TextDecoderStream())) {
    wire += text;
    begun.resolve();
  }
  return wire;
}

async function brokenWire(
  client: WireFormat,
  over: WireFormat,
  pieces: string[],
  after: RawAnswer['after'] = 'end',
): Promise<string> {
  const cut = { first: pieces.slice(0, 9), rest: pieces.slice(9), after };
  const wire = await wireOf([client, over], cut);
  // what passes may have its upstream's CRLF
  expect(judge(client, wire.replaceAll('\r\n', '\n'))).toBe('failed');
  expect(wire).not.toMatch(SUCCESS);
  expect(wire).toContain('Rain 🌧 in B');
  expect(wire).not.toContain('c4nary');
  expect(wire).not.toContain(upstreamModel(over));
  await expect(readWithSdk(client, wire)).rejects.toThrow();
  return wire;
}

async function expectFree(code: string): Promise<void> {
  const { rule, code: told, costNano, outputTokens = 0 } = await row();
  expect({ rule, told, costNano }).toEqual({ rule: 'upstream-failed', told: code, costNano: 0n });
  expect(outputTokens).toBeGreaterThan(0);
}

describe.each(PAIRS)('%s over %s', (client, over) => {
  const ENDS: RawAnswer['after'][] = ['end', 'reset'];
  test.each(ENDS)(
    'T47 a socket cut inside an event (%s) is an error, and half an event is none',
    async (after) => {
      const frames = framesOf(over);
      const half = (frames[9] ?? '').slice(0, -12);
      const whole = [...frames.slice(0, 9), half].map(asChunk);
      await brokenWire(client, over, [SSE_CHUNKED_HEAD, ...whole], after);
      await expectFree('upstream_truncated');
    },
  );

  test('T47 a body that ends inside an event is an error', async () => {
    const frames = framesOf(over);
    await brokenWire(client, over, [SSE_HEAD, ...frames.slice(0, 9), (frames[9] ?? '').slice(0, -12)]);
    await expectFree('upstream_truncated');
  });

  test('T47 events whose JSON is cut off end the stream in an error, and no client gets to see them', async () => {
    const frames = framesOf(over);
    const halves = frames.slice(9).map((frame) => `${frame.trimEnd().slice(0, -12)}\n\n`);
    const wire = await brokenWire(client, over, [SSE_HEAD, ...frames.slice(0, 9), ...halves]);
    for (const [, data = ''] of wire.matchAll(/^data: (.*?)\r?$/gm))
      expect(() => JSON.parse(data)).not.toThrow();
    // Responses passes over what it cannot read, as its last event holds everything
    await expectFree(over === 'openai-responses' ? 'upstream_truncated' : 'bad_gateway');
  });

  test('T49 an error event after twenty frames is one of the client’s format, and nothing is charged', async () => {
    const type = 'overloaded_error';
    const last = WIRES[over].errorFrame(askedOf(over), type, 'c4nary org-c4nary12345 is overloaded', 20);
    const wire = await brokenWire(client, over, [SSE_HEAD, ...framesOf(over).slice(0, 20), last]);
    expect(wire).toMatch(/overloaded/i);
    await expectFree('upstream_overloaded');
  });

  test('T49 the same among signs of life, which count for nothing', async () => {
    const last = WIRES[over].errorFrame(askedOf(over), 'overloaded_error', 'It is overloaded', 20);
    const frames = framesOf(over).slice(0, 20);
    const lively = frames.map((frame) => `${frame}: keep-alive\n\n`);
    await brokenWire(client, over, [SSE_HEAD, ...lively, last]);
    await expectFree('upstream_overloaded');
  });

  const NOTHING: [what: string, pieces: (frames: string[]) => string[]][] = [
    ['nothing at all', () => []],
    ['keep-alives only', () => [': keep-alive\n\n', ': keep-alive\n\n']],
    ['its opening only', (frames) => frames.slice(0, 1)],
  ];
  for (const [what, pieces] of NOTHING) {
    test(`T47 ${what}, then the end, is a 502 and no empty success`, async () => {
      // Google's opening is content already
      const text = over === 'google-generate-content' ? '' : RAINY;
      stage.streamWith(...pieces(framesOf(over, text)).filter((frame) => !frame.includes('STOP')));
      const response = await stage.ask(client, over, { key });
      expect(response.status).toBe(502);
      expect(await response.text()).toMatch(/upstream_truncated/i);
      expect((await row()).costNano).toBe(0n);
    });
  }

  for (const stream of [false, true]) {
    const asked = stream ? 'a stream' : 'a whole answer';
    const whole = (type: string, body: string) =>
      `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

    test(`T58 an error inside a 200 instead of ${asked} is an error of its class`, async () => {
      const CLASSES: [type: string, status: number][] = [
        ['overloaded_error', client === 'anthropic-messages' ? 529 : 503],
        ['rate_limit_error', 429],
        ['invalid_request_error', 400],
        ['authentication_error', 502],
      ];
      for (const [type, status] of CLASSES) {
        const body = JSON.stringify(WIRES[over].error(type, 'It is so.'));
        stage.answerWith({ pieces: [whole('application/json', body)], after: 'keep' });
        const response = await stage.ask(client, over, { key, stream });
        expect([type, response.status]).toEqual([type, status]);
        await response.text();
      }
    });

    test(`T58 a page instead of ${asked} is a 502 without a word of it`, async () => {
      const page = '<html><h1>c4nary sign-in</h1></html>';
      stage.answerWith({ pieces: [whole('text/html', page)], after: 'keep' });
      const response = await stage.ask(client, over, { key, stream });
      expect([response.status, (await response.text()).includes('c4nary')]).toEqual([502, false]);
    });
  }

  test('T58 a whole answer instead of a stream becomes one', async () => {
    const turn = { text: RAINY, usage: { input: 9, cached: 0, output: 5, reasoning: 0 } };
    const body = JSON.stringify(WIRES[over].body(turn, askedOf(over)));
    const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    stage.answerWith({ pieces: [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`], after: 'keep' });
    const response = await stage.ask(client, over, { key });
    const wire = await response.text();
    expect([response.status, judge(client, wire)]).toEqual([200, 'finished']);
    expect(await readWithSdk(client, wire)).toMatchObject({ text: RAINY, input: 9, output: 5 });
    expect(wire).not.toContain(upstreamModel(over));
  });

  test('T58 a stream under the content type of a body is read as what it is', async () => {
    for (const stream of [false, true]) {
      const body = framesOf(over, RAINY).join('');
      const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      stage.answerWith({ pieces: [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`], after: 'keep' });
      const response = await stage.ask(client, over, { key, stream });
      const type = stream ? 'text/event-stream; charset=utf-8' : 'application/json';
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      const text = await response.text();
      if (stream) expect(judge(client, text)).toBe('finished');
      expect(stream ? (await readWithSdk(client, text)).text : text).toContain(RAINY);
    }
  });

  test('T58 an error under the content type of a stream keeps its class', async () => {
    const error = WIRES[over].error('rate_limit_error', 'c4nary');
    for (const body of [JSON.stringify(error), JSON.stringify(error, null, 2), JSON.stringify([error])]) {
      stage.streamWith(body);
      const response = await stage.ask(client, over, { key });
      expect([response.status, (await response.text()).includes('c4nary')]).toEqual([429, false]);
    }
  });
});

describe.each(WIRE_FORMATS)('%s over google-generate-content', (client) => {
  test.each([false, true])(
    'an array of pieces is an answer, and of an error one (stream: %p)',
    async (stream) => {
      const frames = framesOf('google-generate-content', RAINY).map((frame) => frame.replace('data: ', ''));
      const error = JSON.stringify(WIRES['google-generate-content'].error('rate_limit_error', 'c4nary'));
      for (const [body, status] of [
        [`[${frames.join(',')}]`, 200],
        [`[${error}]`, 429],
      ] as const) {
        const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
        stage.answerWith({ pieces: [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`], after: 'keep' });
        const response = await stage.ask(client, 'google-generate-content', { key, stream });
        const text = await response.text();
        expect(response.status).toBe(status);
        expect(text).not.toContain('c4nary');
        if (stream && status === 200) expect(judge(client, text)).toBe('finished');
        if (status === 200 && !stream) expect(text).toContain(RAINY);
      }
    },
  );
});

describe.each<WireFormat>(['openai-responses', 'anthropic-messages', 'google-generate-content'])(
  '%s over openai-chat',
  (client) => {
    const said = [ROLE, delta({ content: 'Rain 🌧 in Bergen' })];
    const call = (text: string) => calls(opening(0, 'call_a', 'get_weather', text));
    const answerTo = async (frames: string[]) => {
      stage.streamWith(...frames);
      const response = await stage.ask(client, 'openai-chat', { key });
      return { status: response.status, wire: await response.text() };
    };

    test('T50 no finish_reason but [DONE] ends well', async () => {
      const { wire } = await answerTo([...said, DONE]);
      expect(judge(client, wire)).toBe('finished');
      expect((await readWithSdk(client, wire)).text).toBe('Rain 🌧 in Bergen');
    });

    test('T50 a whole call, no finish_reason but [DONE] ends well', async () => {
      const { wire } = await answerTo([ROLE, call('{"city":"Oslo"}'), DONE]);
      expect(judge(client, wire)).toBe('finished');
      expect((await readWithSdk(client, wire)).calls).toEqual([
        { name: 'get_weather', input: { city: 'Oslo' } },
      ]);
    });

    test.each([
      ['text and no end of any kind', []],
      ['half a call and [DONE]', [call('{"city":"Os'), DONE]],
      ['half a call and no end of any kind', [call('{"city":"Os')]],
    ])('T50 %s is a failure, and no call is said to be whole', async (_, rest) => {
      const wire = await wireOf([client, 'openai-chat'], { first: [SSE_HEAD, ...said], rest, after: 'end' });
      expect(judge(client, wire)).toBe('failed');
      expect(wire).not.toMatch(SUCCESS);
      expect(wire).not.toMatch(/arguments\.done|"functionCall"|"type":"function_call","status":"completed"/);
      if (client === 'openai-responses') expect(wire).toContain('event: response.failed');
    });

    test('T50 [DONE] alone is no answer', async () => {
      for (const frames of [[DONE], [ROLE, DONE]]) {
        const { status, wire } = await answerTo(frames);
        expect([status, /upstream_truncated/i.test(wire)]).toEqual([502, true]);
      }
    });

    test('T50 an empty answer that says it has stopped is an answer', async () => {
      const { status, wire } = await answerTo([ROLE, finish('stop'), DONE]);
      expect([status, judge(client, wire)]).toEqual([200, 'finished']);
    });
  },
);
