// Code that Google's models run: asked for in any format's words, its answer in each client's own.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../src/canonical/fault.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec, Dress } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { TARGET } from './google-generate-content/target.ts';

const FOLDER = join(import.meta.dir, '..', 'fixtures', 'google-generate-content');
const BODY = JSON.parse(readFileSync(join(FOLDER, 'code.json'), 'utf8')) as JsonObject;
const CODE = '```python\nprint(sum(range(10)))\n```';
const PRINTED = '```\n45\n```';
const SAID = 'The sum is 45.';

const dress: Dress = {
  ...{ model: 'gemini', id: 'answer_1', createdS: 1, includeUsage: false, request: {}, requestId: 'req' },
};

const plain = (codec: Codec, body = BODY) =>
  codec.encodeResponse(googleGenerateContent.decodeResponse(body), dress);

/** The data of each event a client is streamed. */
function streamed(codec: Codec): JsonObject[] {
  const decoder = googleGenerateContent.streamDecoder();
  const encoder = codec.streamEncoder(dress);
  const frames = parseFrames(readFileSync(join(FOLDER, 'code.sse')));
  const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  const wire = events.map((event) => encoder.push(event)).join('');
  return parseFrames(Buffer.from(wire))
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data) as JsonObject);
}

describe('an answer', () => {
  const ran = {
    type: 'code_interpreter_call',
    status: 'completed',
    code: 'print(sum(range(10)))',
    outputs: [{ type: 'logs', logs: '45\n' }],
  };

  test('is one item with code and logs for a client of Responses, then the text', () => {
    expect(asArray(plain(openaiResponses).output).slice(0, 2)).toMatchObject([
      { ...ran, id: expect.stringMatching(/^ci_/), container_id: expect.any(String) },
      { type: 'message', content: [{ text: SAID }] },
    ]);
  });

  test('lives through the published events of that item in a stream', () => {
    const events = streamed(openaiResponses);
    const item = events.filter(({ output_index }) => output_index === 0);
    expect(item.map(({ type }) => String(type).replace('response.', ''))).toEqual([
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
    ]);
    expect(item[0]?.item).toMatchObject({ status: 'in_progress', code: '', outputs: [] });
    expect(item.at(-1)?.item).toMatchObject(ran);
    expect(asArray(asObject(events.at(-1)?.response).output)[0]).toMatchObject(ran);
  });

  test('is fenced text for a client of Chat, plain and streamed', () => {
    const text = `${CODE}\n\n${PRINTED}\n\n${SAID}`;
    expect(plain(openaiChat).choices).toMatchObject([{ message: { content: text } }]);
    const deltas = streamed(openaiChat).map(({ choices }) => asObject(asObject(asArray(choices)[0]).delta));
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe(text);
  });

  test('is text for a client of Messages that did not ask for the tool, plain and streamed', () => {
    const texts = [CODE, PRINTED, SAID];
    const blocks = asArray(plain(anthropicMessages).content).map(asObject);
    expect(blocks.map(({ text }) => text)).toEqual(texts);
    const events = streamed(anthropicMessages);
    const deltas = events.filter(({ type }) => type === 'content_block_delta').map(({ delta }) => delta);
    const words = deltas.map(asObject).flatMap(({ type, text }) => (type === 'text_delta' ? [text] : []));
    expect(words.slice(0, 2)).toEqual([CODE, PRINTED]);
    expect(words.slice(2).join('')).toBe(SAID);
  });

  test('that breaks off before the code has run leaves an item that is not completed', () => {
    const encoder = openaiResponses.streamEncoder(dress);
    const raw = { format: 'google-generate-content', value: {} } as const;
    const code = { code: 'f()' };
    let wire = encoder.push({ type: 'start' });
    wire += encoder.push({
      type: 'part-start',
      index: 0,
      part: { kind: 'opaque', type: 'executableCode', raw, code },
    });
    wire += encoder.push({ type: 'error', fault: new Fault('upstream_truncated', 'It ended early.') });
    expect(wire).toContain('"status":"incomplete","code":"f()"');
    expect(wire).not.toContain('code_interpreter_call.completed');
  });

  test('has a fence that no backticks in the code can close', () => {
    const parts = [{ executableCode: { language: 'PYTHON', code: 'print("```")' } }];
    const body = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    expect(JSON.stringify(plain(openaiChat, body))).toContain(
      JSON.stringify('````python\nprint("```")\n````').slice(1, -1),
    );
  });
});

describe('a tool', () => {
  const messages = [{ role: 'user', content: 'Add them up.' }];
  const ask = (from: Codec, to: Codec, body: JsonObject) => {
    const { value, losses } = from.decodeRequest({ model: 'm', ...body });
    const written = to.encodeRequest(value, TARGET);
    return { tools: written.value.tools, losses: [...losses, ...written.losses].map(({ path }) => path) };
  };
  const responses = (container: string | JsonObject) => ({
    ...{ input: 'Add them up.', tools: [{ type: 'code_interpreter', container }] },
  });
  const claude = (type: string) => ({ max_tokens: 9, messages, tools: [{ type, name: 'code_execution' }] });

  test('of Responses is Google’s, without its container, which is named', () => {
    const to = (container: string | JsonObject) =>
      ask(openaiResponses, googleGenerateContent, responses(container));
    expect(to({ type: 'auto' })).toEqual({ tools: [{ codeExecution: {} }], losses: [] });
    expect(to({ type: 'auto', file_ids: ['file_1'], memory_limit: '4g' }).losses).toEqual([
      'tools[0].container.file_ids',
      'tools[0].container.memory_limit',
    ]);
    expect(to('cntr_1').losses).toEqual(['tools[0].container']);
  });

  test('of Messages is Google’s, in every version', () => {
    for (const type of ['code_execution_20250522', 'code_execution_20250825', 'code_execution_20260120'])
      expect(ask(anthropicMessages, googleGenerateContent, claude(type))).toEqual({
        tools: [{ codeExecution: {} }],
        losses: [],
      });
  });
});
