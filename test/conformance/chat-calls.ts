// Streams of tool calls in every way the vendors of Chat write them, and the calls they mean.

import { args, calls, DONE, delta, finish, opening, ROLE, USAGE } from '../support/raw-chat.ts';
import type { Call } from '../support/sdk-reading.ts';

export const OSLO: Call = { name: 'get_weather', input: { city: 'Oslo' } };
export const HAMAR: Call = { name: 'get_weather', input: { city: 'Hamar' } };
export const NOW: Call = { name: 'get_time', input: {} };

const end = [finish('tool_calls'), USAGE, DONE];

export type Case = { name: string; frames: string[]; calls: Call[]; text?: string };

export const CASES: Case[] = [
  {
    name: 'T31 interleaved parallel tool deltas 0,1,0,1',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather')),
      calls(opening(1, 'call_b', 'get_weather')),
      calls(args(0, '{"city"')),
      calls(args(1, '{"ci')),
      calls(args(0, ':"Oslo"}')),
      calls(args(1, 'ty":"Hamar"}')),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T31 both calls in every delta',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather'), opening(1, 'call_b', 'get_weather')),
      calls(args(0, '{"city":'), args(1, '{"city":')),
      calls(args(0, '"Oslo"}'), args(1, '"Hamar"}')),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T32 the first delta has the name and arguments',
    frames: [ROLE, calls(opening(0, 'call_a', 'get_weather', '{"city":')), calls(args(0, '"Oslo"}')), ...end],
    calls: [OSLO],
  },
  {
    name: 'T32 a whole call in one chunk, its finish included',
    frames: [
      delta(
        {
          role: 'assistant',
          content: null,
          tool_calls: [opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}')],
        },
        'tool_calls',
      ),
      USAGE,
      DONE,
    ],
    calls: [OSLO],
  },
  {
    name: 'T33 no index',
    frames: [
      ROLE,
      calls({ id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '' } }),
      calls({ function: { arguments: '{"city":"Oslo"}' } }),
      calls({ id: 'call_b', type: 'function', function: { name: 'get_weather', arguments: '' } }),
      calls({ function: { arguments: '{"city":"Hamar"}' } }),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T33 the index starts at 1, with gaps',
    frames: [
      ROLE,
      calls(opening(1, 'call_a', 'get_weather')),
      calls(args(1, '{"city":"Oslo"}')),
      calls(opening(4, 'call_b', 'get_weather')),
      calls(args(4, '{"city":"Hamar"}')),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T33 id null and name empty later',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather')),
      calls({ index: 0, id: null, function: { name: '', arguments: '{"city":' } }),
      calls({ index: 0, id: '', type: null, function: { name: null, arguments: '"Oslo"}' } }),
      ...end,
    ],
    calls: [OSLO],
  },
  {
    name: 'T33 id and name repeated in every delta',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city"')),
      calls(opening(0, 'call_a', 'get_weather', ':"Oslo"}')),
      ...end,
    ],
    calls: [OSLO],
  },
  {
    name: 'T33 every call has index 0',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}')),
      calls(opening(0, 'call_b', 'get_weather', '{"city":"Hamar"}')),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T33 no id at all',
    frames: [
      ROLE,
      calls({ index: 0, function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }),
      calls({ index: 1, function: { name: 'get_weather', arguments: '{"city":"Hamar"}' } }),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  ...['', '{}', 'null', undefined].map((text) => ({
    name: `T34 a tool without arguments, given as ${JSON.stringify(text)}`,
    frames: [
      ROLE,
      calls({ index: 0, id: 'call_a', type: 'function', function: { name: 'get_time', arguments: text } }),
      ...end,
    ],
    calls: [NOW],
  })),
  {
    name: 'T35 a line end between two calls',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":')),
      delta({ content: '\n' }),
      calls(args(0, '"Oslo"}')),
      delta({ content: '\n' }),
      calls(opening(1, 'call_b', 'get_weather', '{"city":"Hamar"}')),
      ...end,
    ],
    calls: [OSLO, HAMAR],
  },
  {
    name: 'T35 text before the calls',
    frames: [
      ROLE,
      delta({ content: 'Let me ' }),
      delta({ content: 'look.' }),
      calls(opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}')),
      ...end,
    ],
    calls: [OSLO],
    text: 'Let me look.',
  },
  {
    name: 'T35 words between two calls follow them',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":')),
      delta({ content: 'And ' }),
      calls(args(0, '"Oslo"}')),
      calls(opening(1, 'call_b', 'get_weather', '{"city":"Hamar"}')),
      delta({ content: 'done.' }),
      ...end,
    ],
    calls: [OSLO, HAMAR],
    text: 'And done.',
  },
  {
    name: 'T36 stop with calls',
    frames: [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}')),
      finish('stop'),
      USAGE,
      DONE,
    ],
    calls: [OSLO],
  },
];
