// Hosted tools that Claude runs at the same time: a Responses client sees with each what came of it.

import { describe, expect, test } from 'bun:test';
import { unfold } from '../../src/canonical/unfold.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { breach, dressWith } from './openai-responses/lifecycle.ts';

const search = (id: string): JsonObject => ({
  ...{ type: 'server_tool_use', id, name: 'web_search', input: { query: id } },
});
const found = (id: string): JsonObject => ({
  ...{ type: 'web_search_tool_result', tool_use_id: id },
  content: [{ type: 'web_search_result', url: `https://${id}.test`, title: id }],
});
const code = (id: string): JsonObject => ({
  ...{ type: 'server_tool_use', id, name: 'code_execution', input: { code: id } },
});
const printed = (id: string): JsonObject => ({
  ...{ type: 'code_execution_tool_result', tool_use_id: id },
  content: { type: 'code_execution_result', stdout: `out ${id}`, stderr: '', return_code: 0, content: [] },
});
const said = { type: 'text', text: 'Done.' };

const dress = dressWith();

/** The output of an answer with these blocks, whole and at the end of its stream. */
function outputs(content: JsonObject[]): JsonObject[][] {
  const decoded = anthropicMessages.decodeResponse({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', content, stop_reason: 'end_turn' },
    usage: { input_tokens: 1, output_tokens: 1 },
  });
  const encoder = openaiResponses.streamEncoder(dress);
  const text = unfold(decoded)
    .map((event) => encoder.push(event))
    .join('');
  const events = parseFrames(Buffer.from(text)).map(({ data }) => JSON.parse(data) as JsonObject);
  expect(breach(events)).toBeUndefined();
  const whole = openaiResponses.encodeResponse(decoded, dress);
  return [whole, asObject(events.at(-1)?.response)].map(({ output }) => asArray(output).map(asObject));
}

/** Kind, what was asked, what came of it. */
const told = ({ type, action, code: asked, outputs: out, content }: JsonObject) => {
  const { query, sources } = asObject(action);
  if (type === 'web_search_call') return ['search', query, asArray(sources).map((one) => asObject(one).url)];
  if (type === 'code_interpreter_call') return ['code', asked, asArray(out).map((one) => asObject(one).logs)];
  return ['text', asObject(asArray(content)[0]).text];
};

describe('runs at the same time', () => {
  test.each([
    ['answered in order', [search('a'), search('b'), found('a'), found('b'), said]],
    ['answered the other way round', [search('a'), search('b'), found('b'), found('a'), said]],
  ])('%s have their own sources each', (_, content) => {
    for (const output of outputs(content))
      expect(output.map(told)).toEqual([
        ['search', 'a', ['https://a.test']],
        ['search', 'b', ['https://b.test']],
        ['text', 'Done.'],
      ]);
  });

  test('of several kinds are told apart', () => {
    const content = [search('a'), code('x'), code('y'), printed('y'), found('a'), printed('x'), said];
    for (const output of outputs(content))
      expect(output.map(told)).toEqual([
        ['search', 'a', ['https://a.test']],
        ['code', 'x', ['out x']],
        ['code', 'y', ['out y']],
        ['text', 'Done.'],
      ]);
  });

  test('of which one has no answer are told all the same', () => {
    for (const output of outputs([search('a'), search('b'), found('b'), said]))
      expect(output.map(told)).toEqual([
        ['search', 'a', []],
        ['search', 'b', ['https://b.test']],
        ['text', 'Done.'],
      ]);
  });

  test('that the answer ends with are not forgotten', () => {
    for (const output of outputs([code('x'), code('y')]))
      expect(output.map(told)).toEqual([
        ['code', 'x', []],
        ['code', 'y', []],
      ]);
  });
});
