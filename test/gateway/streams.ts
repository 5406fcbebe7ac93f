// Streams as providers send them, in the shapes their SDKs' types give, with oddities that must survive.

import type { BodyFormat } from '../support/script.ts';

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [member: string]: unknown }) => `event: ${value.type}\n${data(value)}`;

const chunk = (choices: object[], usage: object | null = null) =>
  data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'same', choices, usage });
const delta = (members: object, finish: string | null = null) =>
  chunk([{ index: 0, delta: members, logprobs: null, finish_reason: finish }]);
const chatUsage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

const chat = [
  ': OPENROUTER PROCESSING\n\n',
  delta({ role: 'assistant', content: '', refusal: null }),
  delta({ content: 'Grüße 😀' }),
  delta({ content: ' "finish_reason":"stop" [DONE] is only text' }),
  delta({ x_new: { nested: [1.5, null] } }),
  delta({}, 'stop'),
  chunk([], chatUsage),
  'data: [DONE]\n\n',
].join('');

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'same',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 1 },
};
const block = (index: number, content_block: object) =>
  named({ type: 'content_block_start', index, content_block });
const piece = (index: number, members: object) =>
  named({ type: 'content_block_delta', index, delta: members });

const messages = [
  named({ type: 'message_start', message }),
  named({ type: 'ping' }),
  block(0, { type: 'text', text: '' }),
  piece(0, { type: 'text_delta', text: 'Grüße 😀 event: error message_stop' }),
  piece(0, { type: 'x_new_delta', v: 1 }),
  named({ type: 'content_block_stop', index: 0 }),
  named({ type: 'x_new_event' }),
  named({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 4 },
  }),
  named({ type: 'message_stop' }),
].join('');

const item = (status: string, content: object[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status,
  content,
});
const text = (value: string) => ({ type: 'output_text', text: value, annotations: [], logprobs: [] });
const response = (status: string, output: object[], usage: object | null) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status,
  model: 'same',
  output,
  usage,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
});
const said = 'Grüße 😀 response.completed';
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const usage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 4,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 13,
};

const responses = [
  { type: 'response.created', response: response('in_progress', [], null) },
  { type: 'response.in_progress', response: response('in_progress', [], null) },
  { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
  { type: 'response.content_part.added', ...at, part: text('') },
  { type: 'response.output_text.delta', ...at, delta: said, logprobs: [], obfuscation: 'xyz' },
  { type: 'response.x_new', v: 1 },
  { type: 'response.output_text.done', ...at, text: said, logprobs: [] },
  { type: 'response.content_part.done', ...at, part: text(said) },
  { type: 'response.output_item.done', output_index: 0, item: item('completed', [text(said)]) },
  { type: 'response.completed', response: response('completed', [item('completed', [text(said)])], usage) },
]
  .map((event, sequence_number) => named({ ...event, sequence_number }))
  .join('');

const crlf = (wire: string) => wire.replaceAll('\n', '\r\n');

export const STREAMS: Record<BodyFormat, Record<string, string>> = {
  'openai-chat': { plain: chat, 'with CRLF line ends': crlf(chat) },
  'openai-responses': { plain: responses, 'with CRLF line ends': crlf(responses) },
  'anthropic-messages': { plain: messages, 'with CRLF line ends': crlf(messages) },
};
