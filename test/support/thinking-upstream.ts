// A provider of every format that says given parts, whole or streamed, and keeps what it was sent.

import type { WireFormat } from './script.ts';
import type { Json } from './strict.ts';
import type { Said } from './thinking-turns.ts';
import { wireAt } from './wire.ts';

export type ThinkingUpstream = {
  origin: string;
  /** The bodies of the requests so far, and who sent them. */
  bodies: Json[];
  credentials: (string | null)[];
  /** What is said to the next requests, in order. */
  script: Said[];
  stop(): Promise<void>;
};

export function startThinkingUpstream(): ThinkingUpstream {
  const bodies: Json[] = [];
  const credentials: (string | null)[] = [];
  const script: Said[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const found = wireAt(new URL(request.url).pathname);
      if (!found) return new Response('no such route', { status: 404 });
      const body = (await request.json()) as Json;
      bodies.push(body);
      credentials.push(request.headers.get('x-api-key') ?? request.headers.get('authorization'));
      const said = script.shift() ?? [];
      const { format } = found.wire;
      if (!(found.stream ?? body.stream === true))
        return Response.json(WHOLE[format](said, `a${bodies.length}`));
      const frames = FRAMES[format](said, `a${bodies.length}`);
      return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    bodies,
    credentials,
    script,
    stop: () => server.stop(true),
  };
}

/** Sections of a file with providers of Claude there, each with its accounts, and a free model `model-of-NAME` at each. */
export function thinkingAccounts(origin: string, accounts: Record<string, string[]>) {
  const provider = { base_url: `${origin}/v1`, format: 'anthropic-messages', auth: 'x-api-key' };
  const names = Object.keys(accounts);
  return {
    providers: Object.fromEntries(names.map((name) => [name, { ...provider, api_keys: accounts[name] }])),
    models: Object.fromEntries(
      names.map((name) => [
        `model-of-${name}`,
        {
          price: { input: 0, output: 0 },
          capabilities: { thinking: 'adaptive' },
          deployments: [{ provider: name, model: 'claude' }],
        },
      ]),
    ),
  };
}

type Writer<Out> = (said: Said, id: string) => Out;

const hasCalls = (said: Said): boolean =>
  said.some(({ type, functionCall, tool_calls }) =>
    Boolean(type === 'tool_use' || type === 'function_call' || functionCall || tool_calls),
  );

const messagesHead = (id: string): Json => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  model: 'm',
  stop_sequence: null,
});
const responsesBody = (output: Said, id: string, status: string): Json => ({
  id: `resp_${id}`,
  object: 'response',
  created_at: 1_763_700_000,
  status,
  model: 'm',
  output,
  error: null,
  incomplete_details: null,
  usage: { input_tokens: 9, output_tokens: 9, total_tokens: 18 },
});
const googleBody = (parts: Said, id: string, members: Json): Json => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...members }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
  modelVersion: 'm',
  responseId: id,
});
const chatHead = (id: string, object: string): Json => ({
  id: `chatcmpl-${id}`,
  object,
  created: 1_763_700_000,
  model: 'm',
});
const chatUsage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 };

const WHOLE: Record<WireFormat, Writer<Json>> = {
  'anthropic-messages': (content, id) => ({
    ...messagesHead(id),
    content,
    stop_reason: hasCalls(content) ? 'tool_use' : 'end_turn',
    usage: { input_tokens: 9, output_tokens: 9 },
  }),
  'openai-responses': (output, id) => responsesBody(output, id, 'completed'),
  'google-generate-content': (parts, id) => googleBody(parts, id, { finishReason: 'STOP' }),
  'openai-chat': (said, id) => ({
    ...chatHead(id, 'chat.completion'),
    choices: [{ index: 0, message: said[0], finish_reason: hasCalls(said) ? 'tool_calls' : 'stop' }],
    usage: chatUsage,
  }),
};

const FRAMES: Record<WireFormat, Writer<string[]>> = {
  'anthropic-messages': (content, id) => {
    const event = (type: string, members: Json) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
    const usage = { input_tokens: 9, output_tokens: 9 };
    const message = { ...messagesHead(id), content: [], stop_reason: null, usage };
    const stop = { stop_reason: hasCalls(content) ? 'tool_use' : 'end_turn', stop_sequence: null };
    return [
      event('message_start', { message }),
      ...content.flatMap((block, index) => [
        event('content_block_start', { index, content_block: emptied(block) }),
        ...deltasOf(block).map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', { delta: stop, usage }),
      event('message_stop', {}),
    ];
  },
  'openai-responses': (output, id) => {
    let number = 0;
    const event = (type: string, members: Json) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...members })}\n\n`;
    return [
      event('response.created', { response: responsesBody([], id, 'in_progress') }),
      ...output.flatMap((item, output_index) => [
        event('response.output_item.added', { output_index, item: openedItem(item) }),
        event('response.output_item.done', { output_index, item }),
      ]),
      event('response.completed', { response: responsesBody(output, id, 'completed') }),
    ];
  },
  'google-generate-content': (parts, id) => [
    ...parts.map((part) => `data: ${JSON.stringify(googleBody([part], id, {}))}\r\n\r\n`),
    `data: ${JSON.stringify(googleBody([{ text: '' }], id, { finishReason: 'STOP' }))}\r\n\r\n`,
  ],
  'openai-chat': (said, id) => {
    const chunk = (delta: Json, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({
        ...chatHead(id, 'chat.completion.chunk'),
        choices: [{ index: 0, delta, finish_reason }],
      })}\n\n`;
    const { role, content, reasoning_content, reasoning_details = [], tool_calls = [] } = said[0] ?? {};
    return [
      chunk({ role, content: '' }),
      ...(typeof reasoning_content === 'string' ? [chunk({ reasoning_content })] : []),
      ...(reasoning_details as Json[]).map((detail) => chunk({ reasoning_details: [detail] })),
      ...(typeof content === 'string' ? [chunk({ content })] : []),
      ...(tool_calls as Json[]).map((call, index) => chunk({ tool_calls: [{ index, ...call }] })),
      chunk({}, hasCalls(said) ? 'tool_calls' : 'stop'),
      `data: ${JSON.stringify({ ...chatHead(id, 'chat.completion.chunk'), choices: [], usage: chatUsage })}\n\n`,
      'data: [DONE]\n\n',
    ];
  },
};

function emptied(block: Json): Json {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'text':
      return { type: 'text', text: '' };
    case 'tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: Json): Json[] {
  switch (block.type) {
    case 'thinking': {
      const texts = [...String(block.thinking)].map((thinking) => ({ type: 'thinking_delta', thinking }));
      return [...texts, { type: 'signature_delta', signature: block.signature }];
    }
    case 'text':
      return [{ type: 'text_delta', text: block.text }];
    case 'tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
    default:
      return [];
  }
}

function openedItem({ encrypted_content: _, ...item }: Json): Json {
  const empty = item.type === 'reasoning' ? { summary: [], content: [] } : {};
  return {
    ...item,
    ...empty,
    ...(item.type === 'function_call' ? { arguments: '' } : {}),
    status: 'in_progress',
  };
}
