// Libraries that speak OpenAI's formats: the OpenAI SDKs and the OpenAI Agents SDKs.

import type { Client, Fill, Variables } from './client.ts';
import { GPT, GPT_MINI, OPUS, SONNET } from './models.ts';

/** The key stays out of code. */
export const KEY_VARIABLE: Variables = {
  kind: 'variables',
  title: 'The key',
  values: ({ key }: Fill) => ({ OSIRIS_API_KEY: key }),
};

export const OPENAI_SDK: Client = {
  id: 'openai-sdk',
  name: 'OpenAI SDK',
  kind: 'library',
  format: 'openai-chat',
  calledAs: ['openai-js', 'openai-python'],
  prefers: [GPT, GPT_MINI, OPUS, SONNET],
  blocks: [
    KEY_VARIABLE,
    {
      kind: 'code',
      title: 'TypeScript: npm install openai',
      language: 'typescript',
      text: ({ origin, model }) => `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.OSIRIS_API_KEY });

const answer = await client.chat.completions.create({
  model: '${model.id}',
  messages: [{ role: 'user', content: 'Say hello.' }],
});
console.log(answer.choices[0]?.message.content);

const stream = await client.chat.completions.create({
  model: '${model.id}',
  messages: [{ role: 'user', content: 'Say it again, slowly.' }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
`,
    },
    {
      kind: 'code',
      title: 'Python: pip install openai',
      language: 'python',
      text: ({ origin, model }) => `import os

from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=os.environ["OSIRIS_API_KEY"])

stream = client.chat.completions.create(
    model="${model.id}",
    messages=[{"role": "user", "content": "Say hello."}],
    stream=True,
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
`,
    },
  ],
};

export const AGENTS_SDK: Client = {
  id: 'agents-sdk',
  name: 'OpenAI Agents SDK',
  kind: 'library',
  format: 'openai-responses',
  calledAs: ['openai-agents-js', 'openai-agents-python'],
  prefers: [GPT, GPT_MINI, OPUS, SONNET],
  blocks: [
    KEY_VARIABLE,
    {
      kind: 'code',
      title: 'TypeScript: npm install @openai/agents',
      language: 'typescript',
      // Without tracing turned off it sends traces to OpenAI
      text: ({ origin, model }) => `import { Agent, OpenAIProvider, Runner } from '@openai/agents';

const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL: '${origin}/v1', apiKey: process.env.OSIRIS_API_KEY }),
  tracingDisabled: true,
});

const agent = new Agent({ name: 'Assistant', instructions: 'Be brief.', model: '${model.id}' });
const result = await runner.run(agent, 'Say hello.');
console.log(result.finalOutput);
`,
    },
    {
      kind: 'code',
      title: 'Python: pip install openai-agents',
      language: 'python',
      // Without a provider of its own it takes what stands before a slash in a model's name for one
      text: ({ origin, model }) => `import os

from agents import Agent, OpenAIProvider, RunConfig, Runner

osiris = RunConfig(
    model_provider=OpenAIProvider(
        base_url="${origin}/v1", api_key=os.environ["OSIRIS_API_KEY"]
    ),
    tracing_disabled=True,
)

agent = Agent(name="Assistant", instructions="Be brief.", model="${model.id}")
print(Runner.run_sync(agent, "Say hello.", run_config=osiris).final_output)
`,
    },
  ],
};
