// The surfaces of Google's library.

import { type CallableTool, GoogleGenAI } from '@google/genai';
import { z } from 'zod';
import { FORECAST, type Job, LOOK_UP_ABOUT, LOOK_UP_SCHEMA, lookUp, type Surface } from './surface.ts';

function open({ target, retries }: Job): GoogleGenAI {
  // it retries only when told to
  const httpOptions = {
    baseUrl: target.origin,
    ...(retries > 0 ? { retryOptions: { attempts: retries + 1 } } : {}),
  };
  return new GoogleGenAI({ apiKey: target.key, httpOptions });
}

function question({ target, prompt }: Job) {
  return { model: target.model, contents: prompt };
}

const DECLARED = { name: 'look_up', description: LOOK_UP_ABOUT, parametersJsonSchema: LOOK_UP_SCHEMA };

/** A tool the library runs by itself. */
const CALLABLE: CallableTool = {
  tool: async () => ({ functionDeclarations: [DECLARED] }),
  callTool: async (calls) =>
    calls.map(({ id, name = '', args }) => ({
      functionResponse: { ...(id === undefined ? {} : { id }), name, response: { result: lookUp(args) } },
    })),
};

/** Google does not know the member that names the dialect. */
const { $schema: _dialect, ...FORECAST_SCHEMA } = z.toJSONSchema(FORECAST);

async function readPieces(pieces: AsyncIterable<{ text: string | undefined }>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece.text ?? '';
  return text;
}

const SURFACES: Omit<Surface, 'format'>[] = [
  {
    name: 'models.generateContent',
    task: 'text',
    use: async (job) => (await open(job).models.generateContent(question(job))).text,
  },
  {
    name: 'models.generateContentStream',
    task: 'text',
    use: async (job) => readPieces(await open(job).models.generateContentStream(question(job))),
  },
  {
    name: 'models.generateContent({ functionDeclarations })',
    task: 'call',
    async use(job) {
      const config = { tools: [{ functionDeclarations: [DECLARED] }] };
      const done = await open(job).models.generateContent({ ...question(job), config });
      return done.functionCalls?.[0]?.args;
    },
  },
  {
    name: 'models.generateContent({ responseJsonSchema })',
    task: 'value',
    async use(job) {
      const config = {
        responseMimeType: 'application/json',
        responseJsonSchema: FORECAST_SCHEMA,
      };
      const done = await open(job).models.generateContent({ ...question(job), config });
      return FORECAST.parse(JSON.parse(done.text ?? ''));
    },
  },
  {
    name: 'models.generateContent({ callable tool })',
    task: 'tools',
    async use(job) {
      const config = { tools: [CALLABLE] };
      return (await open(job).models.generateContent({ ...question(job), config })).text;
    },
  },
  {
    name: 'chats.sendMessage',
    task: 'text',
    async use(job) {
      const chat = open(job).chats.create({ model: job.target.model });
      return (await chat.sendMessage({ message: job.prompt })).text;
    },
  },
  {
    name: 'chats.sendMessageStream',
    task: 'text',
    async use(job) {
      const chat = open(job).chats.create({ model: job.target.model });
      return readPieces(await chat.sendMessageStream({ message: job.prompt }));
    },
  },
];

export const GOOGLE_SURFACES: Surface[] = SURFACES.map((surface) => ({
  ...surface,
  name: `genai ${surface.name}`,
  format: 'google-generate-content',
}));
