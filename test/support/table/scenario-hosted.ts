// The rows of the scenario table in which the provider finds tools, and calls those of a remote server.

import type { WireFormat } from '../script.ts';
import { REFUSED, type Scenario, type Seen } from './scenario.ts';

const OTHERS: WireFormat[] = ['openai-chat', 'google-generate-content'];
const ABLE: WireFormat[] = ['openai-responses', 'anthropic-messages'];
const ANSWER = 'It says 42.';

const same = (one: unknown, other: unknown): boolean => Bun.deepEquals(one, other);

const SCHEMA = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };
const TOOLS = ['look_up', 'get_time'].map((name) => ({ name, description: `To ${name}.`, schema: SCHEMA }));
const CALL = { id: 'call_scripted0', name: 'look_up', args: '{"place":"Oslo"}' };

/** Where nothing could be asked for there is nothing to tell. */
const ofSearches =
  (holds: (seen: Seen) => boolean) =>
  (seen: Seen): boolean =>
    (seen.heard[0]?.findsTools ?? []).length === 0 || holds(seen);

/** How a provider of the format is told what was found. */
const FOUND: Partial<Record<WireFormat, string>> = {
  'openai-responses': '"tool_search_output"',
  'anthropic-messages': '"tool_reference"',
};

export const SEARCH: Scenario = {
  name: 'Tools found by a search of the provider',
  about: 'Tools are deferred, the model finds one of them, calls it and gets its result.',
  ask: { system: 'Be exact.', user: 'How warm is it in Oslo?', tools: TOOLS, finds: true },
  turns: [{ finds: { query: 'weather', names: ['look_up'] }, calls: [CALL] }, { text: ANSWER }],
  results: (reply) => reply.calls.map(({ id, name }) => ({ callId: id, name, text: '20' })),
  holds: {
    'the tools': ({ heard }) =>
      same(
        heard[0]?.tools.flatMap(({ name, schema }) => (schema ? [name] : [])),
        ['look_up', 'get_time'],
      ),
    'that they are deferred': ({ heard }) => same(heard[0]?.findsTools, ['look_up', 'get_time']),
    'what was found': ofSearches(({ replies }) => same(replies[0]?.found, ['look_up'])),
    'that it was found, in the next turn': ofSearches(
      ({ upstream, bodies }) => bodies[1]?.includes(FOUND[upstream] ?? '?') === true,
    ),
    'the call': ({ replies, heard }) =>
      same(
        replies[0]?.calls.map(({ name, args }) => [name, args]),
        [['look_up', { place: 'Oslo' }]],
      ) && heard[1]?.results[0]?.text === '20',
    'the answer': ({ replies }) => replies[1]?.text === ANSWER,
  },
  limits: [
    {
      ...{ clients: OTHERS, lost: 'that they are deferred' },
      why: 'Only Responses and Messages have deferred tools: other clients cannot ask.',
    },
    {
      ...{ clients: ABLE, upstreams: OTHERS, lost: 'that they are deferred', told: true },
      why: 'Only Responses and Messages have deferred tools: the model is shown all at once.',
    },
  ],
};

const SERVER = { name: 'docs', url: 'https://mcp.example.com/docs', token: 'a-token', tool: 'read' };
const READ = { server: 'docs', name: 'read', args: '{"page":"é 2"}', output: 'Page 2:\n"42"' };
const NO_SERVERS = 'Only Responses and Messages have tools that the provider calls itself.';

const ofCalls =
  (holds: (seen: Seen) => boolean) =>
  (seen: Seen): boolean =>
    seen.heard[0]?.server === undefined || holds(seen);

const CALLED: Partial<Record<WireFormat, string>> = {
  'openai-responses': '"mcp_call"',
  'anthropic-messages': '"mcp_tool_use"',
};
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

export const REMOTE: Scenario = {
  name: 'Tools of a remote MCP server',
  about: 'The provider calls a tool of a server that the client names, and is asked once more.',
  ask: { system: 'Be exact.', user: 'What does page 2 say?', server: SERVER, next: 'And in words?' },
  turns: [{ remote: READ, text: ANSWER }, { text: 'Forty-two.' }],
  holds: {
    'the server, its token and the allowed tool': ({ heard }) => same(heard[0]?.server, SERVER),
    'the call and what it gave': ofCalls(({ replies }) =>
      same(replies[0]?.remote, { ...READ, args: JSON.parse(READ.args) }),
    ),
    'both in the next turn': ofCalls(
      ({ upstream, bodies }) =>
        bodies[1]?.includes(CALLED[upstream] ?? '?') === true && bodies[1].includes(inJson(READ.output)),
    ),
    'the answers': ({ replies }) => replies[0]?.text === ANSWER && replies[1]?.text === 'Forty-two.',
  },
  limits: [
    { clients: OTHERS, lost: 'the server, its token and the allowed tool', why: NO_SERVERS },
    { clients: ABLE, upstreams: OTHERS, lost: REFUSED, why: `${NO_SERVERS} The 400 says so.` },
  ],
};
