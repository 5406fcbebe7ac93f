// Answers in the three formats, as the bytes of whole HTTP responses.

const FRAMES = 200;
/** Ten bytes each, and each another one: LiteLLM breaks off what repeats itself. */
const WORDS = Array.from({ length: FRAMES }, (_, i) => `bench-${String(i).padStart(3, '0')} `);
const WRITES = 20;

type Baked = { plain: Buffer; stream: Buffer[]; opening: Buffer[]; paced: Buffer[] };

/** Plain answers of about 800 bytes; streams of 200 text frames in 20 writes, or one by one; openings that never end. */
export function bakedAnswers(): Record<'chat/completions' | 'responses' | 'messages', Baked> {
  return {
    'chat/completions': bake(chatPlain(), chatFrames()),
    responses: bake(responsesPlain(), responsesFrames()),
    messages: bake(messagesPlain(), messagesFrames()),
  };
}

function bake(plain: object, frames: string[]): Baked {
  const body = JSON.stringify(plain);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const streamHead =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const perWrite = Math.ceil(frames.length / WRITES);
  const writes: Buffer[] = [];
  for (let at = 0; at < frames.length; at += perWrite)
    writes.push(chunk(frames.slice(at, at + perWrite).join('')));
  writes[0] = Buffer.concat([Buffer.from(streamHead), writes[0] ?? Buffer.alloc(0)]);
  writes.push(Buffer.from('0\r\n\r\n'));
  const opening = [Buffer.concat([Buffer.from(streamHead), chunk(frames.slice(0, 4).join(''))])];
  const paced = [Buffer.from(streamHead), ...frames.map(chunk), Buffer.from('0\r\n\r\n')];
  return { plain: Buffer.from(head + body), stream: writes, opening, paced };
}

function chunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

const usage = { prompt_tokens: 500, completion_tokens: FRAMES, total_tokens: 500 + FRAMES };
const usageResponses = {
  input_tokens: 500,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: FRAMES,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 500 + FRAMES,
};
const text = WORDS.slice(0, 60).join('');

function chatPlain(): object {
  const message = { role: 'assistant', content: text, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'bench', choices, usage };
}

function chatFrames(): string[] {
  const frame = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })}\n\n`;
  return [
    frame({ role: 'assistant', content: '' }, null),
    ...WORDS.map((word) => frame({ content: word }, null)),
    frame({}, 'stop'),
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ];
}

const messageItem = (status: string, content: object[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status,
  content,
});
const outputText = (value: string) => ({ type: 'output_text', text: value, annotations: [], logprobs: [] });

function responsesPlain(): object {
  const output = [messageItem('completed', [outputText(text)])];
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'bench',
    output,
    usage: usageResponses,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
  };
}

function responsesFrames(): string[] {
  let sequence = 0;
  const frame = (type: string, members: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...members })}\n\n`;
  const shell = { ...responsesPlain(), status: 'in_progress', output: [], usage: null };
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const whole = WORDS.join('');
  return [
    frame('response.created', { response: shell }),
    frame('response.in_progress', { response: shell }),
    frame('response.output_item.added', { output_index: 0, item: messageItem('in_progress', []) }),
    frame('response.content_part.added', { ...at, part: outputText('') }),
    ...WORDS.map((word) => frame('response.output_text.delta', { ...at, delta: word, logprobs: [] })),
    frame('response.output_text.done', { ...at, text: whole, logprobs: [] }),
    frame('response.content_part.done', { ...at, part: outputText(whole) }),
    frame('response.output_item.done', {
      output_index: 0,
      item: messageItem('completed', [outputText(whole)]),
    }),
    frame('response.completed', {
      response: { ...responsesPlain(), output: [messageItem('completed', [outputText(whole)])] },
    }),
  ];
}

function messagesPlain(): object {
  const content = [{ type: 'text', text, citations: null }];
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'bench',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 500, output_tokens: FRAMES },
  };
}

function messagesFrames(): string[] {
  const frame = (type: string, members: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
  const message = {
    ...messagesPlain(),
    content: [],
    stop_reason: null,
    usage: { input_tokens: 500, output_tokens: 1 },
  };
  return [
    frame('message_start', { message }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...WORDS.map((word) =>
      frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } }),
    ),
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: FRAMES },
    }),
    frame('message_stop', {}),
  ];
}
