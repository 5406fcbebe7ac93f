// What of a Responses request is reported as lost, refused by name, or wrong in form.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../../src/canonical/fault.ts';
import { checkBody } from '../../../src/formats/check.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts';
import { faultOf } from '../../support/fault-of.ts';

const decode = (body: JsonObject) => openaiResponses.decodeRequest({ model: 'm', input: 'hi', ...body });
const messagesOf = (...input: JsonValue[]) => decode({ input }).value.messages;

const refusal = (body: JsonObject) => faultOf(() => decode(body));

describe('losses', () => {
  const lost = (body: JsonObject) => decode(body).losses.map((loss) => loss.path);

  test('members without a counterpart are named, at every level', () => {
    expect(
      lost({
        novelty: 1,
        truncation: 'auto',
        store: true,
        include: ['file_search_call.results'],
        reasoning: { effort: 'low', context: 'all_turns' },
        text: { style: 'x' },
        input: [{ role: 'user', mood: 'x', content: [{ type: 'input_text', text: 'a', colour: 'b' }] }],
        tools: [{ type: 'function', name: 'f', parameters: {}, defer_loading: true }],
      }).sort(),
    ).toEqual(
      [
        'novelty',
        'input[0].mood',
        'input[0].content[0].colour',
        'reasoning.context',
        'text.style',
        'store',
        'truncation',
        'include[0]',
      ].sort(),
    );
  });

  test('what an item says beyond its kind is named, what it says by default is not', () => {
    const callItem = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    expect(
      lost({ input: [{ ...callItem, caller: { type: 'direct' }, async: null, created_by: 'x' }] }),
    ).toEqual([]);
    expect(
      lost({ input: [{ ...callItem, caller: { type: 'program', caller_id: 'p' }, async: true }] }),
    ).toEqual(['input[0].caller', 'input[0].async']);
  });

  test('members that change nothing are not', () => {
    expect(
      lost({
        store: false,
        background: false,
        truncation: 'disabled',
        client_metadata: { a: 'b' },
        stream_options: { include_obfuscation: false },
        previous_response_id: null,
        max_tool_calls: 3,
        reasoning: null,
        include: ['reasoning.encrypted_content'],
        text: {},
      }),
    ).toEqual([]);
  });
});

describe('refusals', () => {
  const refused: [string, JsonObject, string][] = [
    ['a stored conversation', { previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation object', { conversation: { id: 'conv_1' } }, 'conversation'],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['work in the background', { background: true }, 'background'],
    ['a reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    ['a reference without a type', { input: [{ id: 'msg_1' }] }, 'input[0]'],
    ['a computer', { input: [{ type: 'computer_call', call_id: 'c' }] }, 'input[0]'],
    ['an unreadable summary', { input: [{ type: 'compaction', encrypted_content: 'gAAA' }] }, 'input[0]'],
  ];
  for (const [what, body, param] of refused)
    test(`${what} is refused by name`, () => {
      const fault = refusal(body);
      expect(fault).toMatchObject({ code: 'unsupported_parameter', param, status: 400 });
      expect(fault.message).not.toMatch(/resp_1|conv_1|pmpt_1|msg_1|gAAA/);
    });

  test('a readable summary is text of the user', () => {
    const [message] = messagesOf({
      type: 'compaction',
      summary: [{ type: 'summary_text', text: 'They met.' }],
    });
    expect(message).toMatchObject({
      role: 'user',
      parts: [{ text: 'Summary of the conversation so far:\nThey met.' }],
    });
  });
});

describe('the wire schema', () => {
  const check = (body: JsonObject) => checkBody('openai-responses', { model: 'm', input: 'hi', ...body });

  test('takes what clients really send', () => {
    for (const body of [
      { text: {} },
      { reasoning: { summary: 'auto' } },
      { instructions: null, temperature: null, tools: null, include: null },
      {
        input: [
          { role: 'system', content: 'x' },
          { type: 'reasoning', summary: [], content: null },
        ],
      },
      {
        input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] }],
      },
      { input: [{ type: 'a_future_item', payload: { deep: [1] } }] },
      {
        tools: [
          { type: 'custom', name: 'x', format: { type: 'text' } },
          { type: 'a_future_tool', x: 1 },
        ],
      },
      { max_output_tokens: 128_000, client_metadata: { x: '1' }, novelty: [] },
    ] as JsonObject[])
      expect(() => check(body)).not.toThrow();
  });

  test('names the member that has the wrong type', () => {
    const wrong: [JsonObject, string][] = [
      [{ model: 7 }, 'model'],
      [{ input: 7 }, 'input'],
      [{ input: [{ role: 7 }] }, 'input[0].role'],
      [{ input: [{ role: 'user', content: [{ type: 'input_text', text: 7 }] }] }, 'input[0].content[0].text'],
      [{ stream: 'yes' }, 'stream'],
      [{ temperature: 'hot' }, 'temperature'],
      [{ max_output_tokens: 1.5 }, 'max_output_tokens'],
      [{ tools: [{ type: 'function', name: 3 }] }, 'tools[0].name'],
      [{ tools: {} }, 'tools'],
      [{ reasoning: { effort: 3 } }, 'reasoning.effort'],
      [{ text: { format: { type: 3 } } }, 'text.format.type'],
    ];
    for (const [body, param] of wrong) {
      let fault: unknown;
      try {
        check(body);
      } catch (thrown) {
        fault = thrown;
      }
      expect(fault).toMatchObject({ code: 'invalid_value', param });
    }
    expect(() => checkBody('openai-responses', { model: 'm' })).toThrow(Fault);
    expect(() => checkBody('count-responses', { model: 'm', input: 'x' })).not.toThrow();
  });
});
