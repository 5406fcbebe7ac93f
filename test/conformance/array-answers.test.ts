// Answers that are arrays or plain values, which OpenAI holds no model to: an object stands around them there.

import { afterAll, describe, expect, test } from 'bun:test';
import { type FormatsHere, framesOf, openFormats } from '../support/formats-here.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
const here: FormatsHere = await openFormats(upstream.origin, 0);

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

const OVER = ['openai-chat', 'openai-responses'] as const;

/** The schema that the provider got. */
function sentSchema(): Json {
  expect(upstream.breaches()).toEqual([]);
  const body = upstream.received.at(-1)?.body ?? {};
  const chat = body.response_format as { json_schema: { schema: Json } } | undefined;
  const responses = body.text as { format: { schema: Json } } | undefined;
  return chat?.json_schema.schema ?? responses?.format.schema ?? {};
}

const RECIPES = {
  type: 'ARRAY',
  items: { type: 'OBJECT', properties: { name: { type: 'STRING' } }, required: ['name'] },
};
const SAID = ['{"value": [{"name": "a"}', ', {"name": "b"}]', '}\n'];
const MEANT = '[{"name": "a"}, {"name": "b"}]';

describe.each(OVER)('over %s', (over) => {
  test.each([false, true])('a Gemini client gets its array, streamed: %p', async (stream) => {
    upstream.play([{ text: SAID.join(''), cutting: { kind: 'frame' } }]);
    const generationConfig = { responseMimeType: 'application/json', responseSchema: RECIPES };
    const body = { contents: [{ role: 'user', parts: [{ text: 'go' }] }], generationConfig };
    const answer = await here.askAsGoogle(over, body, { stream });
    const inner = {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    };
    expect(sentSchema()).toEqual({
      type: 'object',
      properties: { value: inner },
      required: ['value'],
      additionalProperties: false,
    });
    const bodies = stream ? framesOf(answer.text) : [answer.json()];
    const parts = bodies.flatMap(
      ({ candidates }) =>
        (candidates as { content: { parts: { text: string }[] } }[])[0]?.content.parts ?? [],
    );
    expect(parts.map(({ text }) => text).join('')).toBe(MEANT);
    expect(answer.headers.get('x-osiris-losses')).toBeNull();
  });

  test.each([false, true])('and a word without quotes, streamed: %p', async (stream) => {
    upstream.play([{ text: '{"value":"brass"}', cutting: { kind: 'bytes', size: 5 } }]);
    const responseSchema = { type: 'STRING', enum: ['brass', 'strings'] };
    const generationConfig = { responseMimeType: 'text/x.enum', responseSchema };
    const body = { contents: [{ role: 'user', parts: [{ text: 'go' }] }], generationConfig };
    const answer = await here.askAsGoogle(over, body, { stream });
    expect(sentSchema()).toMatchObject({
      properties: { value: { type: 'string', enum: ['brass', 'strings'] } },
    });
    const said = [...answer.text.matchAll(/"text":"(.*?)"}/g)].map(([, text]) => text).join('');
    expect(said).toBe('brass');
    expect(answer.headers.get('x-osiris-losses')).toBeNull();
  });

  test('references lead where they led', async () => {
    upstream.play([{ text: '{"value":[]}' }]);
    const schema = {
      $defs: { leaf: { type: 'string' }, both: { anyOf: [{ $ref: '#' }, { $ref: '#/$defs/leaf' }] } },
      type: 'array',
      items: { anyOf: [{ $ref: '#/$defs/both' }, { $ref: '#/items' }] },
    };
    const answer = await here.ask('anthropic-messages', over, {
      max_tokens: 100,
      messages: [{ role: 'user', content: 'go' }],
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(answer.json().content).toMatchObject([{ type: 'text', text: '[]' }]);
    expect(sentSchema()).toMatchObject({
      properties: {
        value: {
          type: 'array',
          items: { anyOf: [{ $ref: '#/$defs/both' }, { $ref: '#/properties/value/items' }] },
        },
      },
      $defs: {
        leaf: { type: 'string' },
        both: { anyOf: [{ $ref: '#/properties/value' }, { $ref: '#/$defs/leaf' }] },
      },
    });
  });

  test('an object stays as it is', async () => {
    const schema = { type: 'object', properties: { value: { type: 'string' } } };
    upstream.play([{ text: '{"value":"a"}' }]);
    const answer = await here.ask('anthropic-messages', over, {
      max_tokens: 100,
      messages: [{ role: 'user', content: 'go' }],
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(sentSchema()).toMatchObject(schema);
    expect(answer.json().content).toMatchObject([{ text: '{"value":"a"}' }]);
  });
});
