// The surfaces of the OpenAI library on Chat Completions.

import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';
import {
  FORECAST,
  type Job,
  LOOK_UP,
  LOOK_UP_ABOUT,
  LOOK_UP_SCHEMA,
  lookUp,
  present,
  type Surface,
} from './surface.ts';

export function openOpenAI({ target, retries }: Job): OpenAI {
  return new OpenAI({ baseURL: target.baseUrl, apiKey: target.key, maxRetries: retries });
}

const completions = (job: Job): OpenAI['chat']['completions'] => openOpenAI(job).chat.completions;

function question({ target, prompt }: Job) {
  return { model: target.model, messages: [{ role: 'user' as const, content: prompt }] };
}

const TOOL: OpenAI.Chat.ChatCompletionTool = {
  type: 'function',
  function: { name: 'look_up', description: LOOK_UP_ABOUT, parameters: LOOK_UP_SCHEMA },
};
const RUNNABLE: RunnableToolFunctionWithParse<object> = {
  type: 'function',
  function: {
    name: 'look_up',
    description: LOOK_UP_ABOUT,
    parameters: LOOK_UP_SCHEMA,
    parse: (text) => JSON.parse(text) as object,
    function: (args) => lookUp(args),
  },
};

async function readChunks(chunks: AsyncIterable<OpenAI.Chat.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

const SURFACES: Omit<Surface, 'format'>[] = [
  {
    name: 'chat.completions.create',
    task: 'text',
    use: async (job) => (await completions(job).create(question(job))).choices[0]?.message.content,
  },
  {
    name: 'chat.completions.create().withResponse()',
    task: 'text',
    async use(job) {
      const { data, request_id } = await completions(job).create(question(job)).withResponse();
      present(request_id, 'request id');
      return data.choices[0]?.message.content;
    },
  },
  {
    name: 'chat.completions.create({ stream })',
    task: 'text',
    use: async (job) => readChunks(await completions(job).create({ ...question(job), stream: true })),
  },
  {
    name: 'chat.completions.create({ stream }).toReadableStream()',
    task: 'text',
    async use(job) {
      const sent = await completions(job).create({ ...question(job), stream: true });
      return await ChatCompletionStream.fromReadableStream(sent.toReadableStream()).finalContent();
    },
  },
  {
    name: 'chat.completions.stream().finalContent()',
    task: 'text',
    use: (job) => completions(job).stream(question(job)).finalContent(),
  },
  {
    name: "chat.completions.stream().on('content.delta')",
    task: 'text',
    async use(job) {
      let text = '';
      const helper = completions(job).stream(question(job));
      helper.on('content.delta', ({ delta }) => {
        text += delta;
      });
      await helper.done();
      return text;
    },
  },
  {
    name: "chat.completions.stream().on('tool_calls.function.arguments.done')",
    task: 'call',
    async use(job) {
      let args: unknown;
      const helper = completions(job).stream({ ...question(job), tools: [TOOL] });
      helper.on('tool_calls.function.arguments.done', (call) => {
        args = JSON.parse(call.arguments);
      });
      await helper.done();
      return args;
    },
  },
  {
    name: 'chat.completions.stream({ zodResponseFormat })',
    task: 'value',
    async use(job) {
      const response_format = zodResponseFormat(FORECAST, 'forecast');
      const done = await completions(job)
        .stream({ ...question(job), response_format })
        .finalChatCompletion();
      return done.choices[0]?.message.parsed;
    },
  },
  {
    name: 'chat.completions.parse({ zodResponseFormat })',
    task: 'value',
    async use(job) {
      const response_format = zodResponseFormat(FORECAST, 'forecast');
      const done = await completions(job).parse({ ...question(job), response_format });
      return done.choices[0]?.message.parsed;
    },
  },
  {
    name: 'chat.completions.parse({ zodFunction })',
    task: 'call',
    async use(job) {
      const tools = [zodFunction({ name: 'look_up', description: LOOK_UP_ABOUT, parameters: LOOK_UP })];
      const done = await completions(job).parse({ ...question(job), tools });
      const call = done.choices[0]?.message.tool_calls?.[0];
      return call?.type === 'function' ? call.function.parsed_arguments : undefined;
    },
  },
  {
    name: 'chat.completions.runTools()',
    task: 'tools',
    use: (job) =>
      completions(job)
        .runTools({ ...question(job), tools: [RUNNABLE] })
        .finalContent(),
  },
  {
    name: 'chat.completions.runTools({ stream })',
    task: 'tools',
    use: (job) =>
      completions(job)
        .runTools({ ...question(job), tools: [RUNNABLE], stream: true })
        .finalContent(),
  },
];

export const OPENAI_CHAT_SURFACES: Surface[] = SURFACES.map((surface) => ({
  ...surface,
  name: `openai ${surface.name}`,
  format: 'openai-chat',
}));
