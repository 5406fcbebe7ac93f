// The surfaces of the OpenAI library on Responses.

import type OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { openOpenAI } from './openai-chat.ts';
import { FORECAST, type Job, LOOK_UP, LOOK_UP_ABOUT, type Surface } from './surface.ts';

const responses = (job: Job): OpenAI['responses'] => openOpenAI(job).responses;

function question({ target, prompt }: Job) {
  return { model: target.model, input: prompt, store: false };
}

const SURFACES: Omit<Surface, 'format'>[] = [
  {
    name: 'responses.create',
    task: 'text',
    use: async (job) => (await responses(job).create(question(job))).output_text,
  },
  {
    name: 'responses.create({ stream })',
    task: 'text',
    async use(job) {
      let text = '';
      for await (const event of await responses(job).create({ ...question(job), stream: true }))
        if (event.type === 'response.output_text.delta') text += event.delta;
      return text;
    },
  },
  {
    name: 'responses.create({ tools, stream })',
    task: 'call',
    async use(job) {
      let args: unknown;
      const tools = [
        zodResponsesFunction({ name: 'look_up', description: LOOK_UP_ABOUT, parameters: LOOK_UP }),
      ];
      for await (const event of await responses(job).create({ ...question(job), tools, stream: true }))
        if (event.type === 'response.function_call_arguments.done') args = JSON.parse(event.arguments);
      return args;
    },
  },
  {
    name: 'responses.stream().finalResponse()',
    task: 'text',
    use: async (job) => (await responses(job).stream(question(job)).finalResponse()).output_text,
  },
  {
    name: "responses.stream().on('response.output_text.delta')",
    task: 'text',
    async use(job) {
      let text = '';
      const helper = responses(job).stream(question(job));
      helper.on('response.output_text.delta', ({ delta }) => {
        text += delta;
      });
      await helper.done();
      return text;
    },
  },
  {
    name: 'responses.stream({ zodTextFormat })',
    task: 'value',
    async use(job) {
      const text = { format: zodTextFormat(FORECAST, 'forecast') };
      const done = await responses(job)
        .stream({ ...question(job), text })
        .finalResponse();
      return done.output_parsed;
    },
  },
  {
    name: 'responses.parse({ zodTextFormat })',
    task: 'value',
    async use(job) {
      const text = { format: zodTextFormat(FORECAST, 'forecast') };
      return (await responses(job).parse({ ...question(job), text })).output_parsed;
    },
  },
  {
    name: 'responses.parse({ zodResponsesFunction })',
    task: 'call',
    async use(job) {
      const tools = [
        zodResponsesFunction({ name: 'look_up', description: LOOK_UP_ABOUT, parameters: LOOK_UP }),
      ];
      const done = await responses(job).parse({ ...question(job), tools });
      return done.output.find((item) => item.type === 'function_call')?.parsed_arguments;
    },
  },
];

export const OPENAI_RESPONSES_SURFACES: Surface[] = SURFACES.map((surface) => ({
  ...surface,
  name: `openai ${surface.name}`,
  format: 'openai-responses',
}));
