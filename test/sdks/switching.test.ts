// A conversation that goes on at another provider: no reasoning state may follow it there, everything else must.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { DIRECT, FORMATS, openStage, PROVIDER_KEY, type Stage } from '../support/matrix.ts';
import { sealOf, type WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const REASONING = 'Rain is likely, so I look it up 🌧.';
const QUESTION = 'Will it rain?';
const CALL = { id: 'call_scripted0', name: 'look_up', args: '{"place":"Bergen"}' };
const SCHEMA = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };

/** How a client of a format asks, and sends back what it got with the result of the call. */
type Dialect = {
  path: string;
  ask(model: string): Json;
  goOn(asked: Json, answer: Json): Json;
};

const DIALECTS: Record<WireFormat, Dialect> = {
  // Most clients of this format send no thoughts back.
  'openai-chat': {
    path: '/v1/chat/completions',
    ask: (model) => ({
      model,
      reasoning_effort: 'medium',
      messages: [{ role: 'user', content: QUESTION }],
      tools: [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }],
    }),
    goOn: (asked, answer) => {
      const { content, tool_calls } = ((answer.choices as Json[])[0]?.message ?? {}) as Json;
      return {
        ...asked,
        messages: [
          ...(asked.messages as Json[]),
          { role: 'assistant', content, tool_calls },
          { role: 'tool', tool_call_id: CALL.id, content: 'rain' },
        ],
      };
    },
  },
  'openai-responses': {
    path: '/v1/responses',
    ask: (model) => ({
      model,
      input: [{ role: 'user', content: QUESTION }],
      tools: [{ type: 'function', name: 'look_up', parameters: SCHEMA, strict: false }],
      reasoning: { effort: 'medium' },
      include: ['reasoning.encrypted_content'],
      store: false,
    }),
    goOn: (asked, answer) => ({
      ...asked,
      input: [
        ...(asked.input as Json[]),
        ...(answer.output as Json[]),
        { type: 'function_call_output', call_id: CALL.id, output: 'rain' },
      ],
    }),
  },
  'anthropic-messages': {
    path: '/v1/messages',
    ask: (model) => ({
      model,
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 2048 },
      messages: [{ role: 'user', content: QUESTION }],
      tools: [{ name: 'look_up', input_schema: SCHEMA }],
    }),
    goOn: (asked, answer) => ({
      ...asked,
      messages: [
        ...(asked.messages as Json[]),
        { role: 'assistant', content: answer.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: CALL.id, content: 'rain' }] },
      ],
    }),
  },
};

describe.skipIf(DIRECT)('a conversation that changes its provider', () => {
  const upstream = startUpstream({ key: PROVIDER_KEY });
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(upstream.origin);
  }, 120_000);
  afterAll(async () => {
    await (stage as Stage | undefined)?.close();
    await upstream.stop();
  });

  async function send(dialect: Dialect, format: WireFormat, body: Json): Promise<Json> {
    const { origin, key, model } = stage.target(format);
    const answer = await fetch(`${origin}${dialect.path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...body, model }),
    });
    const text = await answer.text();
    expect([answer.status, upstream.breaches(), answer.ok ? '' : text]).toEqual([200, [], '']);
    return JSON.parse(text) as Json;
  }

  for (const [client, dialect] of Object.entries(DIALECTS)) {
    for (const first of FORMATS) {
      for (const second of FORMATS) {
        test(`${client} client, from ${first} to ${second}`, async () => {
          upstream.play([{ reasoning: REASONING, text: 'I look.', calls: [CALL] }, { text: 'It will.' }]);
          const asked = dialect.ask('');
          const answer = await send(dialect, first, asked);
          await send(dialect, second, dialect.goOn(asked, answer));
          const last = JSON.stringify(upstream.turnsTaken()[1]?.body);
          for (const issuer of FORMATS) {
            if (issuer !== second) expect(last).not.toContain(sealOf(issuer, REASONING));
          }
          for (const part of [QUESTION, 'I look.', 'Bergen', 'rain', CALL.id]) expect(last).toContain(part);
        });
      }
    }
  }
});
