// The surfaces of the Anthropic library.

import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import {
  FORECAST,
  type Job,
  LOOK_UP,
  LOOK_UP_ABOUT,
  LOOK_UP_SCHEMA,
  lookUp,
  type Surface,
} from './surface.ts';

function open({ target, retries }: Job): Anthropic {
  return new Anthropic({ baseURL: target.origin, apiKey: target.key, maxRetries: retries });
}

function question({ target, prompt }: Job) {
  return {
    model: target.model,
    max_tokens: 1024,
    messages: [{ role: 'user' as const, content: prompt }],
  };
}

const TOOL = { name: 'look_up', description: LOOK_UP_ABOUT, input_schema: LOOK_UP_SCHEMA };
const runnable = () =>
  betaZodTool({ name: 'look_up', description: LOOK_UP_ABOUT, inputSchema: LOOK_UP, run: lookUp });

function textOf({ content }: { content: { type: string; text?: string }[] }): string {
  return content.map(({ text = '' }) => text).join('');
}

const SURFACES: Omit<Surface, 'format'>[] = [
  {
    name: 'messages.create',
    task: 'text',
    use: async (job) => textOf(await open(job).messages.create(question(job))),
  },
  {
    name: 'messages.create({ stream })',
    task: 'text',
    async use(job) {
      let text = '';
      for await (const event of await open(job).messages.create({ ...question(job), stream: true }))
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
          text += event.delta.text;
      return text;
    },
  },
  {
    name: 'messages.create({ tools })',
    task: 'call',
    async use(job) {
      const done = await open(job).messages.create({ ...question(job), tools: [TOOL] });
      return done.content.find((block) => block.type === 'tool_use')?.input;
    },
  },
  {
    name: 'messages.stream().finalMessage()',
    task: 'text',
    use: async (job) => textOf(await open(job).messages.stream(question(job)).finalMessage()),
  },
  {
    name: "messages.stream().on('text')",
    task: 'text',
    async use(job) {
      let text = '';
      const helper = open(job).messages.stream(question(job));
      helper.on('text', (delta) => {
        text += delta;
      });
      await helper.done();
      return text;
    },
  },
  {
    name: "messages.stream().on('inputJson')",
    task: 'call',
    async use(job) {
      let args: unknown;
      const helper = open(job).messages.stream({ ...question(job), tools: [TOOL] });
      helper.on('inputJson', (_delta, snapshot) => {
        args = snapshot;
      });
      await helper.done();
      return args;
    },
  },
  {
    name: 'messages.stream().toReadableStream()',
    task: 'text',
    async use(job) {
      const sent = open(job).messages.stream(question(job));
      return await MessageStream.fromReadableStream(sent.toReadableStream()).finalText();
    },
  },
  {
    name: 'messages.parse({ zodOutputFormat })',
    task: 'value',
    async use(job) {
      const output_config = { format: zodOutputFormat(FORECAST) };
      return (await open(job).messages.parse({ ...question(job), output_config })).parsed_output;
    },
  },
  {
    name: 'beta.messages.toolRunner()',
    task: 'tools',
    async use(job) {
      const runner = open(job).beta.messages.toolRunner({ ...question(job), tools: [runnable()] });
      return textOf(await runner.runUntilDone());
    },
  },
  {
    name: 'beta.messages.toolRunner({ stream })',
    task: 'tools',
    async use(job) {
      let text = '';
      const asked = { ...question(job), tools: [runnable()], stream: true as const };
      for await (const turn of open(job).beta.messages.toolRunner(asked)) text = await turn.finalText();
      return text;
    },
  },
];

export const ANTHROPIC_SURFACES: Surface[] = SURFACES.map((surface) => ({
  ...surface,
  name: `anthropic ${surface.name}`,
  format: 'anthropic-messages',
}));
