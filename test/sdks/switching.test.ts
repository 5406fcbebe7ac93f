// A conversation that goes on at another provider: no reasoning state may follow it there, everything else must.

import { describe, expect, test } from 'bun:test';
import { DIRECT, FORMATS, scriptedStage } from '../support/matrix.ts';
import { sealOf, type WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';

const REASONING = 'Rain is likely, so I look it up 🌧.';
const QUESTION = 'Will it rain?';
const CALL = { id: 'call_scripted0', name: 'look_up', args: '{"place":"Bergen"}' };
const SCHEMA = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };

/** How a client of a format asks, and sends back what it got with the result of the call. */
type Dialect = {
  path(model: string): string;
  ask(model: string): Json;
  goOn(asked: Json, answer: Json, callId?: string): Json;
};

const DIALECTS: Record<WireFormat, Dialect> = {
  // Most clients of this format send no thoughts back.
  'openai-chat': {
    path: () => '/v1/chat/completions',
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
    path: () => '/v1/responses',
    ask: (model) => ({
      model,
      input: [{ role: 'user', content: QUESTION }],
      tools: [{ type: 'function', name: 'look_up', parameters: SCHEMA, strict: false }],
      reasoning: { effort: 'medium' },
      include: ['reasoning.encrypted_content'],
      store: false,
    }),
    goOn: (asked, answer, callId = CALL.id) => ({
      ...asked,
      input: [
        ...(asked.input as Json[]),
        ...(answer.output as Json[]),
        { type: 'function_call_output', call_id: callId, output: 'rain' },
      ],
    }),
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    ask: (model) => ({
      model,
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 2048 },
      messages: [{ role: 'user', content: QUESTION }],
      tools: [{ name: 'look_up', input_schema: SCHEMA }],
    }),
    goOn: (asked, answer, callId = CALL.id) => ({
      ...asked,
      messages: [
        ...(asked.messages as Json[]),
        { role: 'assistant', content: answer.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: callId, content: 'rain' }] },
      ],
    }),
  },
  'google-generate-content': {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    ask: () => ({
      contents: [{ role: 'user', parts: [{ text: QUESTION }] }],
      tools: [{ functionDeclarations: [{ name: 'look_up', parametersJsonSchema: SCHEMA }] }],
      generationConfig: { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } },
    }),
    goOn: (asked, answer, id = CALL.id) => ({
      ...asked,
      contents: [
        ...(asked.contents as Json[]),
        (answer.candidates as Json[])[0]?.content,
        {
          role: 'user',
          parts: [{ functionResponse: { id, name: 'look_up', response: { result: 'rain' } } }],
        },
      ],
    }),
  },
};

describe.skipIf(DIRECT)('a conversation that changes its provider', () => {
  const { upstream, target } = scriptedStage();

  async function send(dialect: Dialect, format: WireFormat, body: Json): Promise<Json> {
    const { origin, key, model } = target(format);
    const answer = await fetch(`${origin}${dialect.path(model)}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify(dialect.path(model).includes(model) ? body : { ...body, model }),
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
          expect(last).not.toContain('osr1.');
          for (const part of [QUESTION, 'I look.', 'Bergen', 'rain', CALL.id]) expect(last).toContain(part);
        });
      }
    }
  }

  const SEALING = ['openai-responses', 'anthropic-messages', 'google-generate-content'] as const;
  const THOUGHTS = [REASONING, 'It does; and tomorrow?', 'Dry, I think ☀️.'];

  for (const client of SEALING) {
    for (const away of SEALING) {
      test(`${client} client, three calls at ${away}, elsewhere, and back: each sees its own reasoning only`, async () => {
        const dialect = DIALECTS[client];
        const elsewhere = SEALING.find((format) => format !== away) ?? away;
        const calls = THOUGHTS.map((_, turn) => ({ ...CALL, id: `call_scripted${turn}` }));
        upstream.play([
          ...THOUGHTS.map((reasoning, turn) => ({ reasoning, calls: calls.slice(turn, turn + 1) })),
          { text: 'It will.' },
        ]);
        let body = dialect.ask('');
        for (const [turn, call] of calls.entries()) {
          const answer = await send(dialect, turn === 2 ? elsewhere : away, body);
          body = dialect.goOn(body, answer, call.id);
        }
        await send(dialect, away, body);
        const [, second = '', third = '', last = ''] = upstream
          .turnsTaken()
          .map((turn) => JSON.stringify(turn.body));
        const own = THOUGHTS.slice(0, 2).map((thought) => sealOf(away, thought));
        expect(second).toContain(own[0] ?? '');
        for (const seal of own) expect(third).not.toContain(seal);
        for (const seal of own) expect(last).toContain(seal);
        expect(last).not.toContain(sealOf(elsewhere, THOUGHTS[2] ?? ''));
        for (const sent of [second, third, last]) expect(sent).not.toContain('osr1.');
      });
    }

    test(`${client} client: an envelope that was changed on the way is nobody's`, async () => {
      const dialect = DIALECTS[client];
      const elsewhere = SEALING.find((format) => format !== client) ?? client;
      upstream.play([{ reasoning: REASONING, text: 'I look.', calls: [CALL] }, { text: 'It will.' }]);
      const asked = dialect.ask('');
      const answer = JSON.stringify(await send(dialect, elsewhere, asked));
      expect(answer).toContain('osr1.');
      expect(answer).not.toContain(sealOf(elsewhere, REASONING));
      const forged = JSON.parse(
        answer.replace(/osr1\.(.)/, (_, first) => `osr1.${first === 'A' ? 'B' : 'A'}`),
      ) as Json;
      await send(dialect, elsewhere, dialect.goOn(asked, forged));
      const last = JSON.stringify(upstream.turnsTaken()[1]?.body);
      expect(last).not.toContain(sealOf(elsewhere, REASONING));
      expect(last).not.toContain('osr1.');
    });
  }
});
