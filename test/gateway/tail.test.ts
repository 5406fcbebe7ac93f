// The usage at the end of a whole answer: what the decoder would have said, or nothing.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Usage } from '../../src/canonical/usage.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { usageAtEnd } from '../../src/gateway/answer/tail.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { answerOf, FORMATS } from '../laws/answers.ts';
import { drawn } from '../laws/choices.ts';

const read = (codec: Codec, text: string) => usageAtEnd(new TextEncoder().encode(text), codec)?.usage;
const decoded = (codec: Codec, text: string) => codec.decodeResponse(JSON.parse(text)).usage as Usage;

const CHAT = '"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]';
const CHAT_USAGE = '"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}';
const MESSAGE = '"type":"message","role":"assistant","model":"m","stop_reason":"end_turn"';
const MESSAGE_USAGE = '"usage":{"input_tokens":7,"output_tokens":3}';
const OUTPUT =
  '"output":[{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}]';

describe('is what the decoder reads', () => {
  test.each<[string, Codec, string]>([
    ['Chat', openaiChat, `{"id":"c",${CHAT},${CHAT_USAGE}}`],
    ['Chat with a tier', openaiChat, `{"id":"c",${CHAT},${CHAT_USAGE},"service_tier":"flex","x":null}`],
    ['Chat with the tier first', openaiChat, `{"service_tier":"flex",${CHAT},${CHAT_USAGE}}\n`],
    ['Chat with the usage first', openaiChat, `{${CHAT_USAGE},${CHAT}}`],
    ['Messages', anthropicMessages, `{${MESSAGE},"content":[{"type":"text","text":"Hi"}],${MESSAGE_USAGE}}`],
    [
      'Responses',
      openaiResponses,
      `{"id":"r","status":"completed","error":null,${OUTPUT},"service_tier":"flex","tools":[],"usage":{"input_tokens":7,"output_tokens":3},"metadata":{}}`,
    ],
  ])('%s', (_, codec, text) => {
    const usage = read(codec, text);
    expect(usage).toBeDefined();
    expect(usage).toEqual(decoded(codec, text));
  });

  test('whenever it is anything, for every answer a provider may give', () => {
    let found = 0;
    const cases = drawn((c) => {
      const codec = FORMATS[c.below(FORMATS.length)] as Codec;
      return { codec, body: answerOf(codec, c, c.one('none', 'harmless')).body };
    });
    fc.assert(
      fc.property(cases, ({ codec, body }: { codec: Codec; body: JsonObject }) => {
        const text = JSON.stringify(body);
        const usage = read(codec, text);
        if (usage === undefined) return;
        found++;
        expect(usage).toEqual(decoded(codec, text));
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(50);
  });
});

describe('is left to the decoder', () => {
  const input = (json: string) =>
    `{${MESSAGE},"content":[{"type":"server_use","input":${json}}],${MESSAGE_USAGE}}`;
  test.each<[string, Codec, string]>([
    ['when there is none', openaiChat, `{"id":"c",${CHAT}}`],
    ['when it is null', openaiChat, `{"id":"c",${CHAT},"usage":null}`],
    ['when only an object within has one', openaiChat, `{"x":{${CHAT},${CHAT_USAGE}}}`],
    ['when only an item of a list has one', openaiChat, `{"x":[{${CHAT},${CHAT_USAGE}}]}`],
    ['when an object within has one before it', openaiChat, `{"x":{"usage":{}},${CHAT},${CHAT_USAGE}}`],
    ['when a name ends like it', openaiChat, `{${CHAT},"my \\"usage":{"prompt_tokens":9}}`],
    ['when a text ends like it', openaiChat, `{${CHAT},"x":"my \\"usage"}`],
    ['when it is a text', openaiChat, `{${CHAT},"x":["usage"]}`],
    ['when the answer is cut', openaiChat, `{"id":"c",${CHAT},${CHAT_USAGE}`],
    ['when something follows the answer', openaiChat, `{"id":"c",${CHAT},${CHAT_USAGE}}{}`],
    ['when something stands before the answer', openaiChat, `)]}'{"id":"c",${CHAT},${CHAT_USAGE}}`],
    ['when the body is a list', openaiChat, `[{${CHAT},${CHAT_USAGE}}]`],
    ['when a tool input has one', anthropicMessages, input('{"usage":{"input_tokens":1}}')],
    ['when a block holds more than text', anthropicMessages, input('{}')],
    ['when no choice is there', openaiChat, `{"choices":[],${CHAT_USAGE}}`],
    ['when an error is told', openaiChat, `{"error":{"message":"no"},${CHAT},${CHAT_USAGE}}`],
    ['when the finish is a failure', openaiChat, `{${CHAT.replace('"stop"', '"error"')},${CHAT_USAGE}}`],
    [
      'when the response failed',
      openaiResponses,
      `{"status":"failed",${OUTPUT},"usage":{"input_tokens":7,"output_tokens":3}}`,
    ],
    [
      'when the response was cancelled',
      openaiResponses,
      `{"status":"cancelled",${OUTPUT},"usage":{"input_tokens":7,"output_tokens":3}}`,
    ],
    [
      'when searches have to be counted',
      openaiResponses,
      `{"status":"completed","output":[{"type":"web_search_call","id":"w","status":"completed"}],"usage":{"input_tokens":7,"output_tokens":3}}`,
    ],
    ['when it stands far from the end', openaiChat, `{${CHAT},${CHAT_USAGE},"x":"${'y'.repeat(5_000)}"}`],
  ])('%s', (_, codec, text) => {
    expect(read(codec, text)).toBeUndefined();
  });
});
