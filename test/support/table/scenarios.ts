// The rows of the scenario table.

import { type ScriptedUsage, sealOf, type WireFormat } from '../script.ts';
import type { Json } from '../strict.ts';
import { type Reply, type Result, SAYS_ERROR } from './dialect.ts';
import type { Scenario, Seen } from './scenario.ts';
import { CODE } from './scenario-code.ts';
import { REMOTE, SEARCH } from './scenario-hosted.ts';
import { shapeOf } from './shape.ts';

const SYSTEM = 'You are terse. Use metric units.';
const USER = 'What is the weather in São Paulo? 🌦';
const ANSWER = 'Rain 🌧 in the morning, é à 日本, then a long dry afternoon. '.repeat(4).trim();
const USAGE: ScriptedUsage = { input: 120, cached: 100, output: 12, reasoning: 0 };
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const PLACE: Json = {
  type: 'object',
  properties: { place: { type: 'string', description: 'A city' }, days: { type: 'integer' } },
  required: ['place', 'days'],
  additionalProperties: false,
};
const NOTHING: Json = { type: 'object', properties: {}, required: [], additionalProperties: false };
const TOOLS = [
  { name: 'look_up', description: 'Looks up the weather.', schema: PLACE },
  { name: 'get_time', description: 'Tells the time.', schema: NOTHING },
];
const call = (number: number, name: string, args: Json) => ({
  id: `call_scripted${number}`,
  name,
  args: JSON.stringify(args),
});
const OSLO = call(0, 'look_up', { place: 'Oslo', days: 2 });
const BERGEN = call(1, 'look_up', { place: 'Bergen "west"', days: -1 });
const TIME = call(2, 'get_time', {});

const FORECAST: Json = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    days: { type: 'array', items: { $ref: '#/$defs/day' } },
    best: { $ref: '#/$defs/day' },
  },
  required: ['city', 'days', 'best'],
  additionalProperties: false,
  $defs: {
    day: {
      type: 'object',
      properties: { name: { type: 'string', enum: ['Monday', 'Tuesday'] }, high: { type: 'number' } },
      required: ['name', 'high'],
      additionalProperties: false,
    },
  },
};
const VALUE = { city: 'Oslo', days: [{ name: 'Monday', high: 3.5 }], best: { name: 'Monday', high: 3.5 } };

const THOUGHTS = ['Oslo first, I think 🤔.', 'Now Bergen, which is wetter.'] as const;
const REFUSAL = 'I cannot help with that.';

const asked = { system: SYSTEM, user: USER };
const same = (one: unknown, other: unknown): boolean => Bun.deepEquals(one, other);

const PROMPT: Scenario['holds'] = {
  'the instructions': ({ heard }) => heard[0]?.system.trim() === SYSTEM,
  'the question': ({ heard }) => heard[0]?.user === USER,
};
const saysText =
  (text: string) =>
  ({ replies }: Seen): boolean =>
    replies.at(-1)?.text === text && replies.at(-1)?.finish === 'end';

/** Results of the calls in their order, with what only one of them has. */
const answering =
  (more: Partial<Result> = {}): ((reply: Reply) => Result[]) =>
  (reply) =>
    reply.calls.map(({ id, name }, at) => ({
      callId: id,
      name,
      text: `result ${at}`,
      ...(at === 0 ? more : {}),
    }));

const pairs = (
  { heard }: Seen,
  calls: (typeof OSLO)[],
  texts = calls.map((_, at) => `result ${at}`),
): boolean =>
  same(
    heard.at(-1)?.calls,
    calls.map(({ id, name, args }) => ({ id, name, args: JSON.parse(args) })),
  ) &&
  same(
    heard.at(-1)?.results.map(({ callId, text }) => [callId, text]),
    calls.map(({ id }, at) => [id, texts[at]]),
  );

const OPENAI: WireFormat[] = ['openai-chat', 'openai-responses'];
const CACHES_ITSELF =
  'Not every OpenAI-compatible host takes the mark; OpenAI caches long prompts by itself.';

export const SCENARIOS: Scenario[] = [
  {
    name: 'Text',
    about: 'Instructions, a question, an answer, and what both cost in tokens.',
    ask: asked,
    turns: [{ text: ANSWER, usage: USAGE }],
    holds: {
      ...PROMPT,
      'the answer': saysText(ANSWER),
      'the tokens': ({ replies }) => same(replies[0]?.tokens, { input: 120, cached: 100, output: 12 }),
    },
    limits: [],
  },
  {
    name: 'Three parallel tools',
    about: 'Tools are declared, three calls come at once, their results go back under the same ids.',
    ask: { ...asked, tools: TOOLS },
    turns: [{ text: 'I look.', calls: [OSLO, BERGEN, TIME], interleaved: true }, { text: ANSWER }],
    results: answering(),
    holds: {
      'the tools': ({ heard }) =>
        same(
          heard[0]?.tools.map(({ name, schema }) => [name, shapeOf(schema)]),
          TOOLS.map(({ name, schema }) => [name, shapeOf(schema)]),
        ),
      'the calls': ({ replies }) =>
        replies[0]?.finish === 'tool' &&
        replies[0].text === 'I look.' &&
        same(
          replies[0].calls.map(({ name, args }) => [name, args]),
          [OSLO, BERGEN, TIME].map(({ name, args }) => [name, JSON.parse(args)]),
        ),
      'calls and results by their ids': (seen) => pairs(seen, [OSLO, BERGEN, TIME]),
      'the answer': saysText(ANSWER),
    },
    limits: [],
  },
  {
    name: 'Tool error',
    about: 'A tool fails, and the model must know that what it reads is the failure.',
    ask: { ...asked, tools: TOOLS },
    turns: [{ calls: [OSLO] }, { text: ANSWER }],
    results: answering({ text: 'no such place', isError: true }),
    holds: {
      'its words': ({ heard }) => heard[1]?.results[0]?.text.endsWith('no such place') === true,
      'that it failed': ({ client, heard }) =>
        heard[1]?.results[0]?.isError === true ||
        // without a flag the client has said it in words, which is all a model needs
        (OPENAI.includes(client) && SAYS_ERROR.test(heard[1]?.results[0]?.text ?? '')),
      'the answer': saysText(ANSWER),
    },
    limits: [],
  },
  {
    name: 'Image in a tool result',
    about: 'A tool shows a picture beside its text.',
    ask: { ...asked, tools: TOOLS },
    turns: [{ calls: [OSLO, TIME] }, { text: ANSWER }],
    results: answering({ image: PNG }),
    holds: {
      'the picture': ({ heard }) => same(heard[1]?.images, [PNG]),
      'calls and results by their ids': (seen) => pairs(seen, [OSLO, TIME]),
      'the answer': saysText(ANSWER),
    },
    limits: [],
  },
  {
    name: 'Thinking with two tool turns',
    about:
      'The model thinks before each of two calls; its thoughts are shown and come back to it, and to nobody else.',
    ask: { ...asked, tools: TOOLS, thinking: true },
    turns: [
      { reasoning: THOUGHTS[0], calls: [OSLO] },
      { reasoning: THOUGHTS[1], calls: [BERGEN] },
      { text: ANSWER },
    ],
    results: answering(),
    holds: {
      'that it shall think': ({ heard }) => heard[0]?.thinks === true,
      'how many tokens it may think': ({ client, heard }) =>
        OPENAI.includes(client) || heard[0]?.budget === 2048,
      'the thoughts': ({ replies }) => THOUGHTS.every((thought, at) => replies[at]?.thoughts === thought),
      'the thoughts, sent back': ({ upstream, bodies }) =>
        THOUGHTS.every((thought, at) =>
          bodies
            .slice(at + 1)
            .every((body) => body.includes(upstream === 'openai-chat' ? thought : sealOf(upstream, thought))),
        ),
      'the answer': saysText(ANSWER),
    },
    limits: [
      {
        clients: ['anthropic-messages'],
        upstreams: [...OPENAI, 'google-generate-content'],
        lost: 'how many tokens it may think',
        why: 'OpenAI, and Google from Gemini 3 on, are told an effort and no budget: the nearest is taken.',
        told: true,
      },
      {
        clients: ['google-generate-content'],
        upstreams: OPENAI,
        lost: 'how many tokens it may think',
        why: 'OpenAI is told an effort and no budget: the nearest is taken.',
        told: true,
      },
    ],
  },
  {
    name: 'JSON schema with $ref',
    about: 'The answer must be JSON of a schema whose parts are named once and referred to.',
    ask: { ...asked, schema: FORECAST },
    turns: [{ value: VALUE }],
    holds: {
      'the schema': ({ heard }) => same(shapeOf(heard[0]?.schema.schema), shapeOf(FORECAST)),
      'its name': ({ client, heard }) => !OPENAI.includes(client) || heard[0]?.schema.name === 'forecast',
      'the value': ({ replies }) => same(JSON.parse(replies[0]?.text || 'null'), VALUE),
    },
    limits: [
      {
        clients: OPENAI,
        upstreams: ['anthropic-messages', 'google-generate-content'],
        lost: 'its name',
        why: 'Anthropic and Google have no name for a schema.',
        told: true,
      },
    ],
  },
  {
    name: 'Cached prompt',
    about:
      'The client marks a prompt as worth caching, and the provider says how much of it came from the cache.',
    ask: { ...asked, cached: true },
    turns: [{ text: ANSWER, usage: USAGE }],
    holds: {
      ...PROMPT,
      'the cache mark': ({ heard }) => (heard[0]?.cacheMarks ?? 0) > 0,
      'the cached tokens': ({ replies }) => replies[0]?.tokens.cached === USAGE.cached,
      'the answer': saysText(ANSWER),
    },
    limits: [
      {
        clients: ['google-generate-content'],
        lost: 'the cache mark',
        why: 'Gemini requests have no marks: their clients cannot ask, and Google caches long prompts by itself.',
      },
      {
        clients: ['anthropic-messages'],
        upstreams: OPENAI,
        lost: 'the cache mark',
        why: CACHES_ITSELF,
        told: true,
      },
      {
        clients: ['openai-chat'],
        upstreams: ['openai-responses'],
        lost: 'the cache mark',
        why: CACHES_ITSELF,
        told: true,
      },
      {
        clients: ['openai-responses'],
        upstreams: ['openai-chat'],
        lost: 'the cache mark',
        why: CACHES_ITSELF,
        told: true,
      },
      {
        clients: [...OPENAI, 'anthropic-messages'],
        upstreams: ['google-generate-content'],
        lost: 'the cache mark',
        why: 'Gemini requests have no marks; Google caches long prompts by itself.',
        told: true,
      },
    ],
  },
  {
    name: 'Refusal',
    about: 'The model refuses to answer.',
    ask: asked,
    turns: [{ refusal: REFUSAL }],
    holds: {
      'that it refused': ({ replies }) => replies[0]?.refused === true,
      'its words': ({ replies }) => replies[0]?.refusal.includes(REFUSAL) === true,
    },
    limits: [
      {
        upstreams: ['google-generate-content'],
        lost: 'its words',
        why: 'Gemini blocks an answer and says no words.',
      },
    ],
  },
  {
    name: 'Stop sequence',
    about: 'The client names a text that ends the answer, and the answer ends at it.',
    ask: { ...asked, stop: 'THE END' },
    turns: [{ text: ANSWER, stopSequence: 'THE END' }],
    holds: {
      'the stop sequence': ({ heard }) => same(heard[0]?.stop, ['THE END']),
      'the answer': ({ replies }) =>
        replies[0]?.text === ANSWER && ['end', 'stop'].includes(replies[0].finish),
      'which one it was': ({ client, replies }) =>
        client !== 'anthropic-messages' || replies[0]?.stopSequence === 'THE END',
    },
    limits: [
      {
        clients: ['openai-responses'],
        lost: 'the stop sequence',
        why: 'Responses has no stop sequences: its clients cannot ask.',
      },
      {
        clients: ['openai-chat', 'anthropic-messages', 'google-generate-content'],
        upstreams: ['openai-responses'],
        lost: 'the stop sequence',
        why: 'Responses has no stop sequences.',
        told: true,
      },
      {
        clients: ['anthropic-messages'],
        upstreams: [...OPENAI, 'google-generate-content'],
        lost: 'which one it was',
        why: 'Only Anthropic says which stop sequence ended an answer; others say that it ended.',
      },
    ],
  },
  {
    name: 'Cap reached',
    about: 'The client caps the answer, and the model reaches the cap.',
    ask: { ...asked, cap: 64 },
    turns: [{ text: ANSWER, finish: 'length' }],
    holds: {
      'the cap': ({ heard }) => heard[0]?.cap === 64,
      'the text until then': ({ replies }) => replies[0]?.text === ANSWER,
      'why it ended': ({ replies }) => replies[0]?.finish === 'length',
    },
    limits: [],
  },
  {
    name: 'Error before the stream',
    about: 'The provider finds the request wrong, in words that agents act on.',
    ask: asked,
    turns: [
      {
        error: {
          status: 400,
          type: 'invalid_request_error',
          message: 'prompt is too long: 9 tokens > 8 maximum',
        },
      },
    ],
    holds: {
      'the status': ({ failure }) => failure?.status === 400,
      'the words': ({ failure }) => failure?.message.includes('prompt is too long') === true,
      'no answer': ({ failure }) => failure?.finished === false,
    },
    limits: [],
  },
  {
    name: 'Error in mid-stream',
    about:
      'The provider breaks after half an answer: a stream with its own error, a whole answer by a reset.',
    ask: asked,
    turns: [{ text: ANSWER, halfway: 'error' }],
    holds: {
      'that it failed, in the stream where there is one': ({ failure, stream }) =>
        (failure?.message ?? '') !== '' && failure?.status === (stream ? 200 : 502),
      'no finished answer': ({ failure }) => failure?.finished === false,
    },
    limits: [],
  },
  {
    name: 'Truncation',
    about: 'The provider closes after half an answer as if that were all.',
    ask: asked,
    turns: [{ text: ANSWER, halfway: 'end' }],
    holds: {
      'that it failed, in the stream where there is one': ({ failure, stream }) =>
        (failure?.message ?? '') !== '' && failure?.status === (stream ? 200 : 502),
      'no finished answer': ({ failure }) => failure?.finished === false,
    },
    limits: [],
  },
  CODE,
  SEARCH,
  REMOTE,
];
