// Libraries beside OpenAI's: the Anthropic SDKs, LangChain, and the AI SDK.

import type { Client } from './client.ts';
import { ANY_MODEL, dashed, HAIKU, OPUS, SONNET } from './models.ts';
import { KEY_VARIABLE } from './openai-libraries.ts';

export const ANTHROPIC_SDK: Client = {
  id: 'anthropic-sdk',
  name: 'Anthropic SDK',
  kind: 'library',
  format: 'anthropic-messages',
  calledAs: ['anthropic-js', 'anthropic-python'],
  prefers: [dashed(OPUS), dashed(SONNET), dashed(HAIKU)],
  blocks: [
    KEY_VARIABLE,
    {
      kind: 'code',
      title: 'TypeScript: npm install @anthropic-ai/sdk',
      language: 'typescript',
      // It appends /v1 itself
      text: ({ origin, model }) => `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${origin}', apiKey: process.env.OSIRIS_API_KEY });

const message = await client.messages.create({
  model: '${model.id}',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Say hello.' }],
});
for (const block of message.content) if (block.type === 'text') console.log(block.text);

const stream = client.messages.stream({
  model: '${model.id}',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Say it again, slowly.' }],
});
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();
`,
    },
    {
      kind: 'code',
      title: 'Python: pip install anthropic',
      language: 'python',
      text: ({ origin, model }) => `import os

from anthropic import Anthropic

client = Anthropic(base_url="${origin}", api_key=os.environ["OSIRIS_API_KEY"])

with client.messages.stream(
    model="${model.id}",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Say hello."}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
`,
    },
  ],
};

export const LANGCHAIN: Client = {
  id: 'langchain',
  name: 'LangChain',
  kind: 'library',
  format: 'openai-chat',
  calledAs: ['langchain', 'openai-js', 'openai-python'],
  prefers: ANY_MODEL,
  blocks: [
    KEY_VARIABLE,
    {
      kind: 'code',
      title: 'TypeScript: npm install @langchain/openai @langchain/core',
      language: 'typescript',
      text: ({ origin, model }) => `import { ChatOpenAI } from '@langchain/openai';

const llm = new ChatOpenAI({
  model: '${model.id}',
  apiKey: process.env.OSIRIS_API_KEY ?? '',
  configuration: { baseURL: '${origin}/v1' },
});

const answer = await llm.invoke('Say hello.');
console.log(answer.text);
`,
    },
    {
      kind: 'code',
      title: 'Python: pip install langchain-openai',
      language: 'python',
      text: ({ origin, model }) => `import os

from langchain_openai import ChatOpenAI

llm = ChatOpenAI(
    model="${model.id}",
    base_url="${origin}/v1",
    api_key=os.environ["OSIRIS_API_KEY"],
)
print(llm.invoke("Say hello.").content)
`,
    },
  ],
};

export const AI_SDK: Client = {
  id: 'ai-sdk',
  name: 'AI SDK',
  kind: 'library',
  format: 'openai-chat',
  calledAs: ['ai-sdk'],
  prefers: ANY_MODEL,
  blocks: [
    KEY_VARIABLE,
    {
      kind: 'code',
      title: 'TypeScript: npm install ai @ai-sdk/openai-compatible',
      language: 'typescript',
      text: ({ origin, model }) => `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';

const osiris = createOpenAICompatible({
  name: 'osiris',
  baseURL: '${origin}/v1',
  apiKey: process.env.OSIRIS_API_KEY ?? '',
  includeUsage: true,
});

const result = streamText({ model: osiris('${model.id}'), prompt: 'Say hello.' });
for await (const text of result.textStream) process.stdout.write(text);
`,
    },
  ],
};
