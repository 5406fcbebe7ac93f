// A second opinion: the same conversations over an upstream emulator that others wrote.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import { anthropicClients } from '../support/anthropic-client.ts';
import { type Client, ToolBox } from '../support/client.ts';
import { DIRECT, FORMATS, openStage, type Stage } from '../support/matrix.ts';
import { OPENAI_CHAT_CLIENTS } from '../support/openai-chat-client.ts';
import { OPENAI_RESPONSES_CLIENTS } from '../support/openai-responses-client.ts';

const CALLS = [
  { name: 'get_weather', arguments: { city: 'Tromsø 🌌' } },
  { name: 'get_time', arguments: {} },
];
const ANSWER = 'Dark 🌌 but clear.';

// The emulator knows no threads, and like any server that ignores them it would answer without history.
const CLIENTS: Client[] = [
  ...OPENAI_CHAT_CLIENTS,
  ...OPENAI_RESPONSES_CLIENTS,
  ...anthropicClients(
    'anthropic1',
    (target) => new Anthropic({ baseURL: target.origin, apiKey: target.key, maxRetries: 0 }),
  ).filter((client) => !client.name.includes('runner')),
];

let emulator: LLMock;
let stage: Stage;

beforeAll(async () => {
  emulator = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
  emulator.on(
    { hasToolResult: true },
    {
      content: ANSWER,
      usage: { prompt_tokens: 90, completion_tokens: 9, input_tokens: 90, output_tokens: 9 },
    },
  );
  emulator.on(
    { hasToolResult: false },
    {
      toolCalls: CALLS.map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) })),
      usage: { prompt_tokens: 60, completion_tokens: 6, input_tokens: 60, output_tokens: 6 },
    },
  );
  stage = await openStage(await emulator.start());
}, 120_000);

afterAll(async () => {
  await (stage as Stage | undefined)?.close();
  await emulator.stop();
});

for (const client of CLIENTS) {
  for (const format of FORMATS) {
    if (DIRECT && format !== client.format) continue;
    describe(`${client.name} over aimock as ${format}`, () => {
      test('the tools run once each and the answer arrives', async () => {
        emulator.clearRequests();
        const tools = new ToolBox();
        const outcome = await client.converse(stage.target(format), tools);
        expect(tools.runs).toEqual(CALLS.map((call) => ({ name: call.name, args: call.arguments })));
        expect(outcome.text).toBe(ANSWER);
        expect(emulator.getRequests().length).toBe(2);
        if (outcome.tokens === undefined) return;
        expect(outcome.tokens.input).toBe(150);
        expect(outcome.tokens.output).toBe(15);
      }, 30_000);
    });
  }
}
