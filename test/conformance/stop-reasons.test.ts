// Why an answer ended: every word of every provider, told in the words of every client, streamed and whole.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Conformance, openConformance } from '../support/conformance.ts';
import { type RawAnswer, SSE_HEAD } from '../support/raw-upstream.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { ENDINGS, type Ending } from './endings.ts';

/** What a client of each format reads for a canonical reason. */
const WORDS: Record<Exclude<Ending['reason'], 'error'>, Record<WireFormat, string>> = {
  end: words('stop', 'completed', 'end_turn', 'STOP'),
  stopSequence: words('stop', 'completed', 'stop_sequence', 'STOP'),
  tool: words('tool_calls', 'completed', 'tool_use', 'STOP'),
  length: words('length', 'max_output_tokens', 'max_tokens', 'MAX_TOKENS'),
  context: words('length', 'max_output_tokens', 'model_context_window_exceeded', 'MAX_TOKENS'),
  filter: words('content_filter', 'content_filter', 'refusal', 'SAFETY'),
  refusal: words('content_filter', 'completed', 'refusal', 'SAFETY'),
  pause: words('length', 'max_output_tokens', 'pause_turn', 'MAX_TOKENS'),
  compaction: words('stop', 'completed', 'end_turn', 'STOP'),
  badTool: words('stop', 'completed', 'end_turn', 'MALFORMED_FUNCTION_CALL'),
};

function words(
  chat: string,
  responses: string,
  messages: string,
  google: string,
): Record<WireFormat, string> {
  return {
    'openai-chat': chat,
    'openai-responses': responses,
    'anthropic-messages': messages,
    'google-generate-content': google,
  };
}

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

/** The client's word in a body or in a stream, the last one it was told. */
function wordIn(client: WireFormat, text: string): string | undefined {
  switch (client) {
    case 'openai-chat':
      return last(text, /"finish_reason":"(\w+)"/g);
    case 'openai-responses':
      return last(text, /"incomplete_details":\{"reason":"(\w+)"/g) ?? last(text, /"status":"(completed)"/g);
    case 'anthropic-messages':
      return last(text, /"stop_reason":"(\w+)"/g);
    case 'google-generate-content':
      return last(text, /"finishReason":"(\w+)"/g);
    default:
      return client satisfies never;
  }
}

function last(text: string, pattern: RegExp): string | undefined {
  return [...text.matchAll(pattern)].at(-1)?.[1];
}

function asAnswer(ending: Ending, stream: boolean): RawAnswer {
  if (stream) return { pieces: [SSE_HEAD, ending.frames.join('')], after: 'end' };
  const body = JSON.stringify(ending.body);
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return { pieces: [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`], after: 'keep' };
}

for (const client of WIRE_FORMATS) {
  for (const ending of ENDINGS.filter(({ over }) => over !== client)) {
    test.each([
      ['whole', false],
      ['streamed', true],
    ])(`${client} over ${ending.over}: ${ending.says}, %s`, async (_, stream) => {
      stage.answerWith(asAnswer(ending, stream));
      const response = await stage.ask(client, ending.over, { stream });
      const text = await response.text();
      if (ending.reason === 'error') {
        expect(response.status).toBe(502);
        return;
      }
      expect(response.status).toBe(200);
      if (stream) expect(judge(client, text)).toBe('finished');
      expect(wordIn(client, text)).toBe(WORDS[ending.reason][client]);
      for (const detail of ending.details?.[client] ?? []) expect(text).toContain(detail);
    });
  }
}

describe('in the client’s own format', () => {
  test.each(ENDINGS.filter(({ reason, over }) => reason !== 'error' && over !== 'openai-chat'))(
    '$over: $says stays as it is',
    async (ending) => {
      for (const stream of [false, true]) {
        stage.answerWith(asAnswer(ending, stream));
        const text = await (await stage.ask(ending.over, ending.over, { stream })).text();
        expect(wordIn(ending.over, text)).toBe(wordIn(ending.over, JSON.stringify(ending.body)));
      }
    },
  );
});
