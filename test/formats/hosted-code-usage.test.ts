// What an answer tells of the containers its code ran in, in every format that has them, plain and streamed.

import { describe, expect, test } from 'bun:test';
import { sumUsages, type Usage } from '../../src/canonical/usage.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames, writeFrame } from '../../src/lib/sse.ts';

const told = (usage: Usage | undefined): JsonObject => ({
  ...usage?.serverTools,
  ids: usage?.containers ?? {},
});

/** What the events add up to, or those of them that a stream which passes through is read by. */
function streamed(codec: Codec, events: JsonObject[], onlyTelling: boolean): Usage | undefined {
  const decoder = codec.streamDecoder();
  const frames = parseFrames(Buffer.from(events.map((event) => writeFrame(JSON.stringify(event))).join('')));
  const tells = ({ data }: { data: string }) =>
    codec.telltale.needles.some((needle) => data.includes(needle));
  for (const frame of frames) if (!onlyTelling || tells(frame)) decoder.push(frame);
  decoder.end();
  return decoder.usage;
}

describe('Responses', () => {
  const ran = (container_id: string, more: JsonObject = {}) => ({
    ...{ type: 'code_interpreter_call', id: 'ci_1', status: 'completed', code: 'x', container_id },
    ...{ outputs: [], ...more },
  });
  const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
  const answer = (output: JsonObject[], more: JsonObject = {}) => ({
    ...{ id: 'resp_1', object: 'response', status: 'completed', output, usage, ...more },
  });
  const read = (body: JsonObject) => told(openaiResponses.decodeResponse(body).usage);
  const tool = (memory_limit?: string) => ({
    tools: [
      { type: 'code_interpreter', container: { type: 'auto', ...(memory_limit ? { memory_limit } : {}) } },
    ],
  });

  test('each container counts once, however often code ran in it', () => {
    expect(read(answer([ran('cntr_a'), ran('cntr_a'), ran('cntr_b')], tool()))).toEqual({
      ...{ code_execution: 3, container: 2, ids: { cntr_a: 1, cntr_b: 1 } },
    });
  });

  test('a larger container counts as often as it has GB', () => {
    expect(read(answer([ran('cntr_a')], tool('16g')))).toMatchObject({ container: 16 });
  });

  test('the container of a hosted shell counts, the machine of the client does not', () => {
    const shell = (environment: JsonObject) => ({
      type: 'shell_call',
      call_id: 'c',
      environment,
      action: {},
    });
    const hosted = shell({ type: 'container_reference', container_id: 'cntr_s' });
    expect(read(answer([hosted]))).toMatchObject({ container: 1, ids: { cntr_s: 1 } });
    expect(read(answer([shell({ type: 'local' })]))).toEqual({ ids: {} });
  });

  test('a run that failed is none, its container is one', () => {
    expect(read(answer([ran('cntr_a', { status: 'failed' })]))).toEqual({
      ...{ container: 1, ids: { cntr_a: 1 } },
    });
  });

  test('xAI’s own count of runs stands', () => {
    const details = { server_side_tool_usage_details: { code_interpreter_calls: 7 } };
    expect(read(answer([], { usage: { ...usage, ...details } }))).toEqual({ code_execution: 7, ids: {} });
  });

  test.each([false, true])('a stream tells the same, of which only telling frames are read: %p', (only) => {
    const events: JsonObject[] = [
      { type: 'response.created', response: { id: 'resp_1', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: ran('cntr_a', { status: 'in_progress' }) },
      { type: 'response.output_item.done', output_index: 0, item: ran('cntr_a') },
      { type: 'response.completed', response: answer([ran('cntr_a')], tool('4g')) },
    ];
    expect(told(streamed(openaiResponses, events, only))).toEqual({
      ...{ code_execution: 1, container: 4, ids: { cntr_a: 4 } },
    });
  });
});

describe('Messages', () => {
  const use = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'bash_code_execution', input: {} };
  const result = {
    ...{ type: 'bash_code_execution_tool_result', tool_use_id: 'srvtoolu_1' },
    content: { type: 'bash_code_execution_result', stdout: '1', stderr: '', return_code: 0, content: [] },
  };
  const container = { id: 'container_1', expires_at: '2026-11-29T12:00:00Z', skills: null };
  const answer = (content: JsonObject[], more: JsonObject) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn' },
    ...{ usage: { input_tokens: 10, output_tokens: 5 }, ...more },
  });
  const read = (body: JsonObject) => told(anthropicMessages.decodeResponse(body).usage);

  test('the container of the message counts once, its runs by what is reported or seen', () => {
    expect(read(answer([use, result, use, result], { container }))).toEqual({
      ...{ code_execution: 2, container: 1, ids: { container_1: 1 } },
    });
    const usage = { input_tokens: 10, output_tokens: 5, server_tool_use: { code_execution_requests: 3 } };
    expect(read(answer([use], { usage }))).toEqual({ code_execution: 3, container: 1, ids: { '': 1 } });
  });

  test('one that only holds files is paid for as well', () => {
    expect(read(answer([], { container }))).toEqual({ container: 1, ids: { container_1: 1 } });
    const { doubts } = anthropicMessages.telltale.whole;
    const body = JSON.stringify(answer([{ type: 'text', text: 'x' }], { container }));
    expect(doubts.some((doubt) => body.includes(doubt))).toBe(true);
  });

  test('an answer without code has none', () => {
    expect(read(answer([{ type: 'text', text: 'x' }], { container: null }))).toEqual({ ids: {} });
  });

  test.each([false, true])('a stream tells the same, of which only telling frames are read: %p', (only) => {
    const usage = { input_tokens: 10, output_tokens: 1 };
    const events: JsonObject[] = [
      { type: 'message_start', message: answer([], { container: null, usage }) },
      { type: 'content_block_start', index: 0, content_block: use },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: result },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', container }, usage: { output_tokens: 5 } },
      { type: 'message_stop' },
    ];
    expect(told(streamed(anthropicMessages, events, only))).toEqual({
      ...{ code_execution: 1, container: 1, ids: { container_1: 1 } },
    });
  });
});

describe('Google', () => {
  test('runs of code count, and there is no container to pay', () => {
    const parts = [{ executableCode: { code: 'x' } }, { codeExecutionResult: { output: '1' } }];
    const body = {
      candidates: [{ content: { parts }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 },
    };
    expect(told(googleGenerateContent.decodeResponse(body).usage)).toEqual({ code_execution: 1, ids: {} });
    expect(told(streamed(googleGenerateContent, [asObject(body)], true))).toMatchObject({
      code_execution: 1,
    });
  });
});

test('answers to one request pay a container they share once', () => {
  const one = {
    ...anthropicMessages.decodeResponse({ content: [], container: { id: 'c' }, usage: {} }).usage,
  };
  const usages = [one, one] as Usage[];
  expect(sumUsages(usages)).toMatchObject({ serverTools: { container: 1 }, containers: { c: 1 } });
});
