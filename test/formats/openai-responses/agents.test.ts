// The OpenAI Agents SDK runs a whole tool loop on answers written in the Responses format, without a network.

import { expect, test } from 'bun:test';
import { Agent, OpenAIResponsesModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { checkBody } from '../../../src/formats/check.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';

setTracingDisabled(true);

const calling: StreamEvent[] = [
  { type: 'start' },
  { type: 'part-start', index: 0, part: { kind: 'reasoning' } },
  { type: 'part-delta', index: 0, delta: { kind: 'reasoning', form: 'summary', section: 0, text: 'Ask.' } },
  { type: 'part-delta', index: 0, delta: { kind: 'seal', seal: { issuer: 'openai', data: 'SEALED' } } },
  { type: 'part-end', index: 0 },
  {
    type: 'part-start',
    index: 1,
    part: { kind: 'tool-call', id: 'call_1', name: 'get_weather', form: 'json' },
  },
  { type: 'part-delta', index: 1, delta: { kind: 'input', text: '{"city":"Oslo"}' } },
  { type: 'part-end', index: 1 },
  { type: 'finish', finish: { reason: 'tool' } },
];
const answering: StreamEvent[] = [
  { type: 'start' },
  { type: 'part-start', index: 0, part: { kind: 'text' } },
  { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'Rain in Oslo.' } },
  { type: 'part-end', index: 0 },
  { type: 'finish', finish: { reason: 'end' } },
];

for (const stream of [true, false])
  test(`a tool loop of two turns, ${stream ? 'streamed' : 'whole'}, and what it replays can be read`, async () => {
    const bodies: JsonObject[] = [];
    const serve = async (_url: unknown, init?: RequestInit): Promise<Response> => {
      const request = asObject(JSON.parse(String(init?.body)));
      const events = bodies.push(request) === 1 ? calling : answering;
      const id = `resp_turn${bodies.length}`;
      const dress = { model: 'm', id, createdS: 1, includeUsage: true, request, requestId: 'r' };
      if (request.stream !== true) {
        const fold = new Fold();
        for (const event of events) fold.push(event);
        return Response.json(openaiResponses.encodeResponse(fold.response(), dress));
      }
      const encoder = openaiResponses.streamEncoder(dress);
      const text = events.map((event) => encoder.push(event)).join('');
      return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    };
    const client = new OpenAI({
      apiKey: 'test',
      baseURL: 'http://gateway.test/v1',
      fetch: serve as typeof fetch,
    });
    const asked: unknown[] = [];
    const weather = tool({
      name: 'get_weather',
      description: 'Weather of a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      },
      strict: true,
      execute: (input: unknown) => {
        asked.push(input);
        return 'rain';
      },
    });
    const model = new OpenAIResponsesModel(client, 'm');
    const agent = new Agent({ name: 'a', instructions: 'Help.', model, tools: [weather] });
    if (stream) {
      const result = await run(agent, 'Weather?', { stream: true });
      await result.completed;
      expect(result.finalOutput).toBe('Rain in Oslo.');
    } else expect((await run(agent, 'Weather?')).finalOutput).toBe('Rain in Oslo.');
    expect(asked).toEqual([{ city: 'Oslo' }]);
    expect(bodies).toHaveLength(2);
    for (const body of bodies) expect(() => checkBody('openai-responses', body)).not.toThrow();
    const { value } = openaiResponses.decodeRequest(bodies[1] ?? {});
    expect(value.messages.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(value.messages[2]?.parts).toMatchObject([
      { kind: 'reasoning', summary: ['Ask.'], seal: { data: 'SEALED' } },
      { kind: 'tool-call', id: 'call_1', input: '{"city":"Oslo"}' },
    ]);
  });
