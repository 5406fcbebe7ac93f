// How answers that break reach a Responses client, and that any order of events stays legal.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { PartDelta, PartStart, StreamEvent } from '../../../src/canonical/event.ts';
import { Fault, type FaultCode } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { parseFrames } from '../../../src/lib/sse.ts';
import { breach, call, dressWith, encode, end, lastResponse, start, text, typesOf } from './lifecycle.ts';

const FIXTURES = join(import.meta.dir, '../../fixtures', 'openai-responses');

describe('failures', () => {
  const failure = (code: FaultCode): StreamEvent => ({ type: 'error', fault: new Fault(code, 'It broke.') });

  test('codes are those clients know', () => {
    const codes: [FaultCode, string][] = [
      ['upstream_rate_limited', 'rate_limit_exceeded'],
      ['context_length_exceeded', 'context_length_exceeded'],
      ['upstream_truncated', 'server_error'],
      ['upstream_overloaded', 'server_error'],
      ['content_policy_violation', 'invalid_prompt'],
      ['insufficient_quota', 'insufficient_quota'],
    ];
    for (const [code, wire] of codes) {
      const sent = encode([failure(code)]);
      expect(typesOf(sent)).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed']);
      // flat as it is published, nested as OpenAI sends it and its libraries read it
      const said = { code: wire, message: 'It broke.', param: null };
      expect(sent.at(-2)).toMatchObject({ ...said, error: said });
      expect(lastResponse(sent)).toMatchObject({
        status: 'failed',
        error: { code: wire, message: 'It broke.' },
      });
    }
  });

  test('partial text is kept as incomplete; half a call is shown but never done', () => {
    const half = call(1, 'f', '{"a').slice(0, 2);
    const sent = encode([start, ...text(0, 'a'), ...half, failure('upstream_truncated')]);
    expect(breach(sent)).toBeUndefined();
    expect(lastResponse(sent).output).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', status: 'incomplete', arguments: '{"a' },
    ]);
    expect(typesOf(sent)).not.toContain('response.function_call_arguments.done');
    const cutText = encode([start, ...text(0, 'a').slice(0, 2), failure('upstream_truncated')]);
    expect(lastResponse(cutText).output).toMatchObject([{ status: 'incomplete' }]);
  });

  test('what broke after its count tells the tokens and no cost: nothing is charged for it', () => {
    const cost = { cost_usd_total: 1, cost_usd_request: 1, cost_usd_input: 1 };
    const counted: StreamEvent = {
      type: 'usage',
      usage: {
        ...noUsage(),
        ...{ input: 10, inputUncached: 10, output: 5 },
        cost: { ...cost, cost_usd_cached_input: 0, cost_usd_output: 0 },
      },
    };
    const sent = encode([start, ...text(0, 'a'), counted, failure('upstream_truncated')]);
    expect(lastResponse(sent)).toMatchObject({ status: 'failed', usage: { total_tokens: 15 } });
    expect(JSON.stringify(sent)).not.toContain('cost_usd');
  });

  test('a passed-through stream is broken off with its own id and the next number', () => {
    const first = {
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'resp_up', object: 'response', model: 'm', output: [] },
    };
    const fault = new Fault('upstream_timeout', 'Too slow.');
    const frames = (seen: { first: JsonObject | undefined; frames: number }) =>
      parseFrames(Buffer.from(openaiResponses.breakOff(fault, { ...seen, requestId: 'req-1' }))).map(
        ({ data }) => JSON.parse(data),
      );
    expect(frames({ first, frames: 7 })).toMatchObject([
      { type: 'error', sequence_number: 7, error: { type: 'server_error', message: 'Too slow.' } },
      {
        type: 'response.failed',
        sequence_number: 8,
        response: { id: 'resp_up', status: 'failed', error: { code: 'server_error' } },
      },
    ]);
    const alone = frames({ first: undefined, frames: 0 });
    expect(alone.map(({ type }) => type)).toEqual(['response.created', 'error', 'response.failed']);
    expect(alone[0].response.id).toBe(alone[2].response.id);
  });

  test('error types are OpenAI’s own', () => {
    const types: [FaultCode, string][] = [
      ['invalid_value', 'invalid_request_error'],
      ['invalid_api_key', 'invalid_request_error'],
      ['insufficient_quota', 'insufficient_quota'],
      ['model_not_allowed', 'permission_error'],
      ['rate_limit_exceeded', 'requests'],
      ['upstream_rate_limited', 'rate_limit_exceeded'],
      ['bad_gateway', 'server_error'],
    ];
    for (const [code, type] of types) expect(openaiResponses.errorType(code)).toBe(type);
  });
});

test('a fixture read and written again says the same, streamed or whole', () => {
  for (const name of ['calls', 'hosted', 'refusal', 'cut']) {
    const decoder = openaiResponses.streamDecoder();
    const events = parseFrames(readFileSync(join(FIXTURES, `${name}.sse`))).flatMap((frame) =>
      decoder.push(frame),
    );
    const sent = encode(events);
    expect(breach(sent)).toBeUndefined();
    const folded = new Fold();
    for (const event of events) folded.push(event);
    const body = openaiResponses.encodeResponse(folded.response(), dressWith());
    expect(body.output).toEqual(lastResponse(sent).output ?? null);
    const again = openaiResponses.decodeResponse(body);
    const plain = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value, (member, inner) =>
          /^(itemId|id|model|createdS|raw|usage|serviceTier)$/.test(member) ? undefined : inner,
        ),
      );
    expect(plain(again)).toEqual(plain(folded.response()));
  }
});

test('whatever order events come in, what goes out is legal and closed', () => {
  const starts: PartStart[] = [
    { kind: 'text' },
    { kind: 'text', phase: 'final_answer' },
    { kind: 'refusal' },
    { kind: 'reasoning', itemId: 'rs_same' },
    { kind: 'tool-call', id: 'c', name: 'f', form: 'json', itemId: 'fc_same' },
    { kind: 'tool-call', id: 'c', name: 'shell', form: 'json' },
    { kind: 'tool-call', id: 'c', name: 'f', form: 'text' },
    { kind: 'audio', mediaType: 'audio/wav' },
    { kind: 'opaque', type: 'x', text: 'note', raw: { format: 'anthropic-messages', value: {} } },
    {
      kind: 'opaque',
      type: 'y',
      raw: { format: 'openai-responses', value: { type: 'web_search_call', id: 'ws' } },
    },
  ];
  const deltas: PartDelta[] = [
    { kind: 'text', text: 'a' },
    { kind: 'refusal', text: 'b' },
    { kind: 'reasoning', form: 'summary', section: 1, text: 'c' },
    { kind: 'reasoning', form: 'content', section: 0, text: 'd' },
    { kind: 'seal', seal: { issuer: 'x', data: 'y' } },
    { kind: 'input', text: '{' },
    { kind: 'citation', citation: { kind: 'url', url: 'https://example.com' } },
    { kind: 'audio', transcript: 'e' },
  ];
  const index = fc.integer({ min: 0, max: 2 });
  const event: fc.Arbitrary<StreamEvent> = fc.oneof(
    fc.constant(start),
    fc.record({ type: fc.constant('part-start' as const), index, part: fc.constantFrom(...starts) }),
    fc.record({ type: fc.constant('part-delta' as const), index, delta: fc.constantFrom(...deltas) }),
    fc.record({ type: fc.constant('part-end' as const), index }),
    fc.constant<StreamEvent>({ type: 'usage', usage: noUsage() }),
  );
  const ending = fc.constantFrom<StreamEvent>(
    end,
    { type: 'finish', finish: { reason: 'length' } },
    { type: 'finish', finish: { reason: 'refusal' } },
    { type: 'error', fault: new Fault('bad_gateway', 'x') },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40, size: 'max' }), ending, (events, last) => {
      expect(breach(encode([...events, last], { tools: [{ type: 'shell' }] }))).toBeUndefined();
    }),
    { numRuns: 300, seed: 7 },
  );
});
