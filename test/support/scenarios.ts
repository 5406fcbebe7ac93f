// The two-turn tool conversations every client is led through: what the model says and what must happen.

import type { Cutting, ScriptedUsage, Turn, WireFormat } from './script.ts';

/** A tool as every client can be given it: JSON Schema and a function from arguments to text. */
export type ToolSpec = {
  name: string;
  description: string;
  parameters: {
    type: 'object';
    properties: Record<string, unknown>;
    required: string[];
    additionalProperties: false;
  };
  run(args: unknown): string;
};

export type ToolRun = { name: string; args: unknown };

export type Scenario = {
  name: string;
  turns: [Turn, Turn];
  cutting: Cutting;
  /** The tool runs that must be seen, in order. */
  runs: ToolRun[];
  finalText: string;
  /** Its upstream bodies are compared with golden files. */
  golden: boolean;
  /** Only where formats differ: bytes of one format pass as they came, odd ones too. */
  convertedOnly: boolean;
  /** Upstream formats in which this cannot happen. */
  notOver: WireFormat[];
};

export const SYSTEM = 'You are terse. Use the tools.';
export const PROMPT = 'What is the weather? 🌦 Use the tools.';

export const TOOLS: ToolSpec[] = [
  {
    name: 'get_time',
    description: 'The time now.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    run: () => 'noon',
  },
  {
    name: 'get_weather',
    description: 'The weather at a place.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Name of the city' } },
      required: ['city'],
      additionalProperties: false,
    },
    run: (args) => `sunny in ${JSON.stringify(args)} ☀️`,
  },
  {
    name: 'save_note',
    description: 'Saves a note.',
    parameters: {
      type: 'object',
      properties: {
        note: {
          type: 'object',
          properties: {
            title: { type: 'string' },
            tags: { type: 'array', items: { type: 'string' } },
            at: {
              type: 'object',
              properties: { line: { type: 'integer' }, ratio: { type: 'number' } },
              required: ['line', 'ratio'],
              additionalProperties: false,
            },
          },
          required: ['title', 'tags', 'at'],
          additionalProperties: false,
        },
      },
      required: ['note'],
      additionalProperties: false,
    },
    run: () => 'saved',
  },
];

const FIRST_USAGE: ScriptedUsage = { input: 120, cached: 20, output: 30, reasoning: 0 };
const SECOND_USAGE: ScriptedUsage = { input: 180, cached: 100, output: 12, reasoning: 0 };

const NESTED = {
  note: {
    title: 'a "quoted" \\ title\nwith lines',
    tags: ['x', '', '日本'],
    at: { line: 12, ratio: 0.25 },
  },
};
const EMOJI = { city: 'São 👩‍👩‍👧‍👦 Paulo 東京 🇧🇷' };
const LONG = { city: `${'0123456789 é🙂"\\\n'.repeat(1_300)}end` };

type Draft = Omit<Partial<Turn>, 'usage'>;

function scenario(
  name: string,
  calls: [name: string, args: unknown, wire?: string][],
  options: {
    cutting?: Cutting;
    first?: Draft;
    second?: Draft;
    golden?: boolean;
    convertedOnly?: boolean;
    notOver?: WireFormat[];
    idPrefix?: string;
    text?: string;
  } = {},
): Scenario {
  const finalText = options.text ?? 'It is sunny.';
  return {
    name,
    cutting: options.cutting ?? { kind: 'frame' },
    golden: options.golden ?? false,
    convertedOnly: options.convertedOnly ?? false,
    notOver: options.notOver ?? [],
    finalText,
    runs: calls.map(([tool, args]) => ({ name: tool, args })),
    turns: [
      {
        calls: calls.map(([tool, args, wire], index) => ({
          id: `${options.idPrefix ?? 'call_scripted'}${index}`,
          name: tool,
          args: wire ?? JSON.stringify(args),
        })),
        usage: FIRST_USAGE,
        ...options.first,
      },
      { text: finalText, usage: SECOND_USAGE, ...options.second },
    ],
  };
}

/** All scenarios, the golden one first. */
export const SCENARIOS: Scenario[] = [
  scenario(
    'three parallel calls',
    [
      ['get_weather', { city: 'Oslo' }],
      ['save_note', NESTED],
      ['get_time', {}],
    ],
    { golden: true, first: { text: 'Looking.', interleaved: true } },
  ),
  scenario('nested arguments after a text', [['save_note', NESTED]], {
    cutting: { kind: 'bytes', size: 7 },
    first: { text: 'Let me note that.' },
  }),
  scenario('an empty object of arguments', [['get_time', {}]], { cutting: { kind: 'whole' } }),
  scenario('an empty argument string', [['get_time', {}, '']], {
    convertedOnly: true,
    notOver: ['google-generate-content'],
  }),
  scenario(
    'call ids that Anthropic would not take',
    [
      ['get_time', {}],
      ['get_weather', { city: 'Hamar' }],
    ],
    { notOver: ['anthropic-messages'], idPrefix: 'functions.get:' },
  ),
  scenario('emoji cut inside their code points', [['get_weather', EMOJI]], {
    cutting: { kind: 'inside-code-points' },
    text: 'Sunny 👩‍👩‍👧‍👦 in 東京, ça va.',
  }),
  scenario('a 20 kB string', [['get_weather', LONG]], { cutting: { kind: 'bytes', size: 509 } }),
  scenario('reasoning before the call', [['get_weather', { city: 'Bergen' }]], {
    first: { reasoning: 'The user wants weather, so I look it up 🤔.', text: 'One moment.' },
  }),
];

/** What a call reports for a turn of a scenario, in the counts all formats share. */
export function usageOf(turn: Turn): ScriptedUsage {
  return turn.usage ?? { input: 0, cached: 0, output: 0, reasoning: 0 };
}
