// An answer of the Messages format ends in its text, though a provider sealed it there: clients read the last block.

import { describe, expect, test } from 'bun:test';
import type { Part } from '../../../src/canonical/part.ts';
import type { CanonicalResponse } from '../../../src/canonical/response.ts';
import { unfold } from '../../../src/canonical/unfold.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { asArray, asObject, type JsonObject, tryParseJson } from '../../../src/lib/json.ts';
import { parseFrames } from '../../../src/lib/sse.ts';

const dress: Dress = {
  model: 'claude-opus-4.6',
  id: 'msg_1',
  createdS: 1,
  includeUsage: true,
  request: {},
  requestId: 'r',
};

const text = (words: string): Part => ({ kind: 'text', text: words });
const sealed = (data: string): Part => ({
  kind: 'reasoning',
  summary: [],
  content: [],
  redacted: true,
  seal: { issuer: 'anthropic', data },
});
const call: Part = { kind: 'tool-call', id: 'toolu_1', name: 'f', form: 'json', input: '{}' };

/** The blocks of the whole answer, and those of its stream by what starts them. */
function blocksOf(...parts: Part[]): [whole: JsonObject[], streamed: JsonObject[]] {
  const response: CanonicalResponse = { parts, finish: { reason: 'end' } };
  const encoder = codec.streamEncoder(dress);
  const wire = [...unfold(response)].map((event) => encoder.push(event)).join('');
  const streamed: JsonObject[] = [];
  for (const { data } of parseFrames(Buffer.from(wire))) {
    const event = asObject(tryParseJson(data));
    if (event.type !== 'content_block_start') continue;
    expect(event.index).toBe(streamed.length);
    streamed.push(asObject(event.content_block));
  }
  return [asArray(codec.encodeResponse(response, dress).content).map(asObject), streamed];
}

const briefly = (blocks: JsonObject[]) => blocks.map(({ type, data }) => data ?? type);

describe('thoughts that nobody can read', () => {
  test.each<[string, Part[], string[]]>([
    ['behind the last text are not shown', [text('a'), sealed('1')], ['text']],
    ['… however many they are', [text('a'), sealed('1'), sealed('2')], ['text']],
    ['before a text stay', [sealed('1'), text('a')], ['1', 'text']],
    ['behind a text stay in front of a call', [text('a'), sealed('1'), call], ['text', '1', 'tool_use']],
    ['between texts stay', [text('a'), sealed('1'), text('b'), sealed('2')], ['text', '1', 'text']],
    ['behind a call stay', [call, sealed('1')], ['tool_use', '1']],
    ['that are all there is stay', [sealed('1')], ['1']],
  ])('%s', (_, parts, expected) => {
    const [whole, streamed] = blocksOf(...parts);
    expect(briefly(whole)).toEqual(expected);
    expect(briefly(streamed)).toEqual(expected);
  });
});
