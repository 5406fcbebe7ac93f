// The OpenAI Agents library in its Responses and Chat modes, plain and streamed.

import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import OpenAI from 'openai';
import type { Client, Target, ToolBox } from '../support/client.ts';
import { matrix } from '../support/matrix.ts';
import { PROMPT, SYSTEM, TOOLS } from '../support/scenarios.ts';

setTracingDisabled(true);

type Mode = 'chat' | 'responses';

function agentOf(mode: Mode, target: Target, tools: ToolBox): Agent {
  const client = new OpenAI({ baseURL: target.baseUrl, apiKey: target.key, maxRetries: 0 });
  const model =
    mode === 'chat'
      ? new OpenAIChatCompletionsModel(client, target.model)
      : new OpenAIResponsesModel(client, target.model);
  return new Agent({
    name: 'harness',
    instructions: SYSTEM,
    model,
    ...(mode === 'chat' ? {} : { modelSettings: { store: false } }),
    tools: TOOLS.map(({ name, description, parameters }) =>
      tool({
        name,
        description,
        parameters,
        strict: true,
        execute: (args: unknown) => tools.run(name, args),
      }),
    ),
  });
}

const CLIENTS = (['chat', 'responses'] as const).flatMap((mode): Client[] => {
  const format = mode === 'chat' ? 'openai-chat' : 'openai-responses';
  return [
    {
      name: `agents-${mode}-plain`,
      format,
      async converse(target, tools) {
        const result = await run(agentOf(mode, target, tools), PROMPT, { maxTurns: 4 });
        const { usage } = result.state;
        return {
          text: String(result.finalOutput),
          tokens: { input: usage.inputTokens, output: usage.outputTokens },
        };
      },
    },
    {
      name: `agents-${mode}-stream`,
      format,
      async converse(target, tools) {
        const result = await run(agentOf(mode, target, tools), PROMPT, { maxTurns: 4, stream: true });
        for await (const _event of result) {
          // Reading is what drives the run.
        }
        await result.completed;
        const { usage } = result.state;
        return {
          text: String(result.finalOutput),
          tokens: { input: usage.inputTokens, output: usage.outputTokens },
        };
      },
    },
  ];
});

matrix(CLIENTS);
