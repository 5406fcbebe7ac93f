// That canonical requests survive the Responses format, written and read again.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asArray, type JsonObject } from '../../../src/lib/json.ts';
import { request, target } from '../../support/responses-encoding.ts';
import { checkResponses } from '../../support/strict-responses.ts';

const CLOSED = { type: 'object', additionalProperties: false };

describe('round trips', () => {
  const withoutPlaces = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (member, inner) => (member === 'at' || member === 'origin' ? undefined : inner)),
    );
  const codex: JsonObject = JSON.parse(
    readFileSync(join(import.meta.dir, '../../fixtures', 'openai-responses', 'codex-request.json'), 'utf8'),
  );

  test('a Codex request goes through the canonical model unharmed, and a strict upstream takes it', () => {
    const first = openaiResponses.decodeRequest(codex);
    const wire = openaiResponses.encodeRequest(first.value, { ...target, model: 'claude-opus-4.6' });
    const second = openaiResponses.decodeRequest(wire.value);
    expect(withoutPlaces(second.value)).toEqual(withoutPlaces(first.value));
    expect(wire.losses).toEqual([]);
    expect(wire.value.instructions).toBeUndefined();
    expect(() => checkResponses(wire.value, new Set(['gAAAAABsealed==']), new Map())).not.toThrow();
  });

  test('a request of every canonical feature survives', () => {
    const full = request({
      model: 'gpt-5-mini',
      stream: true,
      messages: [
        { role: 'system', parts: [{ kind: 'text', text: 'S' }] },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'a' },
            { kind: 'image', source: { from: 'url', url: 'https://example.com/i.png' } },
          ],
        },
        {
          role: 'assistant',
          parts: [
            {
              kind: 'reasoning',
              summary: ['t'],
              content: ['raw'],
              seal: { issuer: 'openai', data: 'D' },
              itemId: 'rs_1',
            },
            { kind: 'text', text: 'b', phase: 'commentary' },
            { kind: 'tool-call', id: 'c1', name: 'f', namespace: 'ns', form: 'json', input: '{"a":1}' },
            { kind: 'tool-call', id: 'c2', name: 'g', form: 'text', input: 'x' },
            {
              kind: 'tool-call',
              id: 'c3',
              name: 'shell',
              form: 'json',
              input: '{"timeout_ms":null,"max_output_length":null,"commands":["ls"]}',
            },
          ],
        },
        {
          role: 'tool',
          parts: [
            {
              kind: 'tool-result',
              callId: 'c1',
              form: 'json',
              content: [{ kind: 'text', text: 'r' }],
              isError: true,
            },
            {
              kind: 'tool-result',
              callId: 'c2',
              form: 'text',
              content: [
                { kind: 'text', text: 'r' },
                { kind: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AA' } },
              ],
              isError: false,
            },
            {
              kind: 'tool-result',
              callId: 'c3',
              form: 'json',
              content: [
                {
                  kind: 'text',
                  text: '[{"stdout":"a","stderr":"","outcome":{"type":"exit","exit_code":0}}]',
                },
              ],
              isError: false,
            },
          ],
        },
        { role: 'developer', parts: [{ kind: 'text', text: 'mind' }] },
        { role: 'user', parts: [{ kind: 'text', text: 'go' }] },
      ],
      tools: [
        { kind: 'function', name: 'f', namespace: 'ns', schema: CLOSED, strict: true },
        { kind: 'custom', name: 'g' },
      ],
      toolChoice: { mode: 'subset', required: true, names: [{ name: 'g' }] },
      parallelTools: true,
      maxOutputTokens: 500,
      sampling: { temperature: 0.2, topP: 0.5, logprobs: true, topLogprobs: 2 },
      reasoning: { effort: 'low', summary: 'concise' },
      output: { kind: 'schema', name: 'n', schema: { type: 'object' }, strict: true },
      verbosity: 'high',
      cache: { key: 'k', retention: '24h' },
      userId: 'u',
      safetyId: 's',
      metadata: { a: 'b' },
      serviceTier: 'flex',
    });
    const shell = openaiResponses.decodeRequest({ model: 'm', input: 'x', tools: [{ type: 'shell' }] }).value
      .tools;
    full.tools.push(...shell);
    const wire = openaiResponses.encodeRequest(full, target);
    const back = openaiResponses.decodeRequest(wire.value);
    expect(wire.losses).toEqual([]);
    // the group's description on the wire is only its name, which is no loss
    expect(back.losses).toEqual([]);
    expect(withoutPlaces(back.value)).toEqual(withoutPlaces(full));
    expect(asArray(wire.value.input).map((item) => (item as JsonObject).type)).toContain('shell_call');
  });
});
