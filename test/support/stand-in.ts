// A provider that answers in the Messages and the Responses format with the blocks and items a test gives it.

import { asArray, asObject, asString, type JsonObject } from '../../src/lib/json.ts';

export type Heard = { path: string; headers: Headers; body: JsonObject };

export type StandIn = {
  origin: string;
  heard: Heard[];
  /** The next requests are answered with these, one after the other: content blocks, or output items. */
  play(...answers: JsonObject[][]): void;
  stop(): Promise<void>;
};

export function startStandIn(): StandIn {
  const heard: Heard[] = [];
  const answers: JsonObject[][] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = (await request.json()) as JsonObject;
      const path = new URL(request.url).pathname;
      heard.push({ path, headers: request.headers, body });
      const parts = answers.shift() ?? [];
      const isMessages = path.endsWith('/messages');
      if (body.stream !== true)
        return Response.json(isMessages ? message(parts) : response(parts, 'completed'));
      const events = isMessages ? messageEvents(parts) : responseEvents(parts);
      const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
      return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    heard,
    play: (...next) => {
      answers.splice(0, answers.length, ...next);
    },
    stop: () => server.stop(true),
  };
}

function message(content: JsonObject[]): JsonObject {
  const called = content.some(({ type }) => type === 'tool_use');
  // it stops in the middle behind what a tool of its own has given
  const paused = asString(content.at(-1)?.type)?.endsWith('_result') === true;
  return {
    ...{ id: 'msg_01up', type: 'message', role: 'assistant', model: 'claude', content },
    ...{ stop_reason: called ? 'tool_use' : paused ? 'pause_turn' : 'end_turn', stop_sequence: null },
    usage: { input_tokens: 20, output_tokens: 10 },
  };
}

/** Calls stream their input, texts their words; every other block stands whole in its start. */
export function messageEvents(content: JsonObject[]): JsonObject[] {
  const { stop_reason, usage, ...begun } = message(content);
  const blocks = content.flatMap((block, index): JsonObject[] => {
    const start = (members: JsonObject) => ({
      ...{ type: 'content_block_start', index },
      content_block: { ...block, ...members },
    });
    const delta = (members: JsonObject) => ({ type: 'content_block_delta', index, delta: members });
    const stop = { type: 'content_block_stop', index };
    if (block.type === 'text')
      return [start({ text: '' }), delta({ type: 'text_delta', text: block.text ?? '' }), stop];
    if (!asString(block.type)?.endsWith('tool_use')) return [start({}), stop];
    const json = JSON.stringify(block.input);
    const halves = [json.slice(0, 3), json.slice(3)];
    const deltas = halves.map((partial_json) => delta({ type: 'input_json_delta', partial_json }));
    return [start({ input: {} }), ...deltas, stop];
  });
  return [
    {
      type: 'message_start',
      message: { ...begun, content: [], stop_reason: null, usage: { ...asObject(usage), output_tokens: 1 } },
    },
    ...blocks,
    {
      type: 'message_delta',
      delta: { stop_reason: stop_reason ?? null, stop_sequence: null },
      usage: usage ?? null,
    },
    { type: 'message_stop' },
  ];
}

function response(output: JsonObject[], status: string): JsonObject {
  return {
    ...{ id: 'resp_up', object: 'response', created_at: 1, model: 'gpt', status, output },
    ...{
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: {},
      tools: [],
      tool_choice: 'auto',
    },
    ...{ parallel_tool_calls: true, temperature: 1, top_p: 1 },
    usage:
      status === 'completed'
        ? {
            ...{ input_tokens: 20, output_tokens: 10, total_tokens: 30 },
            ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
          }
        : null,
  };
}

/** Every item is announced, tells its own story in the events of its kind, and ends whole. */
function responseEvents(output: JsonObject[]): JsonObject[] {
  const events: JsonObject[] = [
    { type: 'response.created', response: response([], 'in_progress') },
    ...output.flatMap((item, output_index): JsonObject[] => {
      const at = { output_index, item_id: item.id ?? '' };
      const { begun, story } = storyOf(item);
      return [
        { type: 'response.output_item.added', output_index, item: { ...item, ...begun } },
        ...story.map((event) => ({ ...event, ...at })),
        { type: 'response.output_item.done', output_index, item },
      ];
    }),
    { type: 'response.completed', response: response(output, 'completed') },
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}

function storyOf(item: JsonObject): { begun: JsonObject; story: JsonObject[] } {
  const status = 'in_progress';
  const args = asString(item.arguments) ?? '';
  switch (item.type) {
    case 'message': {
      const part = asObject(asArray(item.content)[0]);
      const text = part.text ?? '';
      const empty = { ...part, text: '' };
      return {
        begun: { status, content: [] },
        story: [
          { type: 'response.content_part.added', content_index: 0, part: empty },
          { type: 'response.output_text.delta', content_index: 0, delta: text, logprobs: [] },
          { type: 'response.output_text.done', content_index: 0, text, logprobs: [] },
          { type: 'response.content_part.done', content_index: 0, part },
        ],
      };
    }
    case 'function_call':
      return {
        begun: { status, arguments: '' },
        story: [
          { type: 'response.function_call_arguments.delta', delta: args },
          { type: 'response.function_call_arguments.done', arguments: args, name: item.name ?? '' },
        ],
      };
    case 'mcp_call':
      return {
        begun: { status, arguments: '', output: null, error: null },
        story: [
          { type: 'response.mcp_call.in_progress' },
          { type: 'response.mcp_call_arguments.delta', delta: args },
          { type: 'response.mcp_call_arguments.done', arguments: args },
          { type: item.error ? 'response.mcp_call.failed' : 'response.mcp_call.completed' },
        ],
      };
    case 'mcp_list_tools':
      return {
        begun: { tools: [] },
        story: [
          { type: 'response.mcp_list_tools.in_progress' },
          { type: 'response.mcp_list_tools.completed' },
        ],
      };
    default:
      return { begun: item.status === undefined ? {} : { status }, story: [] };
  }
}

export function said(text: string): JsonObject {
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  return { id: 'msg_up', type: 'message', role: 'assistant', status: 'completed', content };
}
