// Every word the four formats have for the end of an answer, with answers that say it.

import { calls, DONE, delta, finish, opening, ROLE, USAGE } from '../support/raw-chat.ts';
import type { WireFormat } from '../support/script.ts';

type Reason =
  | 'end'
  | 'stopSequence'
  | 'tool'
  | 'length'
  | 'context'
  | 'filter'
  | 'refusal'
  | 'pause'
  | 'compaction'
  | 'badTool'
  | 'error';

export type Ending = {
  over: WireFormat;
  says: string;
  /** What it means in all formats. */
  reason: Reason;
  /** The answer whole, and the same streamed. */
  body: object;
  frames: string[];
  /** What a client must find in its answer beside the word. */
  details?: Partial<Record<WireFormat, string[]>>;
};

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [name: string]: unknown }): string =>
  `event: ${value.type}\n${data(value)}`;

/** `called`: the answer holds a call. */
function chat(word: string, reason: Reason, called = false): Ending {
  const call = opening(0, 'call_a', 'get_time', '{}');
  const message = {
    role: 'assistant',
    content: called ? null : 'Hi',
    ...(called ? { tool_calls: [call] } : {}),
  };
  const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
  return {
    over: 'openai-chat',
    says: `"${word}"${called ? ' with a call' : ''}`,
    reason,
    body: {
      ...{ id: 'chatcmpl-raw', object: 'chat.completion', created: 1, model: 'vendor', usage },
      choices: [{ index: 0, message, finish_reason: word }],
    },
    frames: [ROLE, called ? calls(call) : delta({ content: 'Hi' }), finish(word), USAGE, DONE],
  };
}

function messages(
  word: string,
  reason: Reason,
  members: { stop_sequence?: string; stop_details?: object; called?: true } = {},
  details: Ending['details'] = {},
): Ending {
  const { called, ...stops } = members;
  const stop = { stop_reason: word, stop_sequence: null, ...stops };
  const use = { type: 'tool_use', id: 'toolu_1', name: 'get_time', input: {} };
  const content = called ? use : { type: 'text', text: 'Hi' };
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude' };
  const usage = { input_tokens: 9, output_tokens: 5 };
  const begun = { ...head, content: [], stop_reason: null, stop_sequence: null, usage };
  return {
    over: 'anthropic-messages',
    says: word,
    reason,
    details,
    body: { ...head, content: [content], ...stop, usage },
    frames: [
      named({ type: 'message_start', message: begun }),
      named({
        type: 'content_block_start',
        index: 0,
        content_block: called ? use : { type: 'text', text: '' },
      }),
      ...(called
        ? []
        : [named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } })]),
      named({ type: 'content_block_stop', index: 0 }),
      named({ type: 'message_delta', delta: stop, usage: { output_tokens: 5 } }),
      named({ type: 'message_stop' }),
    ],
  };
}

const SAID = { type: 'output_text', text: 'Hi', annotations: [], logprobs: [] };
const spoken = (part: object): object => ({
  ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
  content: [part],
});

function responses(
  says: string,
  reason: Reason,
  status: string,
  item: object = spoken(SAID),
  incomplete?: string,
): Ending {
  const head = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt', error: null };
  const body = {
    ...head,
    status,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    output: [item],
    usage: { input_tokens: 9, output_tokens: 5, total_tokens: 14 },
  };
  const begun = { ...head, status: 'in_progress', incomplete_details: null, output: [], usage: null };
  return {
    over: 'openai-responses',
    says,
    reason,
    body,
    frames: [
      named({ type: 'response.created', sequence_number: 0, response: begun }),
      named({ type: `response.${status}`, sequence_number: 1, response: body }),
    ],
  };
}

function google(word: string, reason: Reason, part: object | 'nothing' = { text: 'Hi' }): Ending {
  const parts = part === 'nothing' ? [] : [part];
  const body = {
    candidates: [{ content: { parts, role: 'model' }, finishReason: word, index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14 },
    ...{ modelVersion: 'gemini', responseId: 'r1' },
  };
  return {
    over: 'google-generate-content',
    says: `${word}${part === 'nothing' ? ' without output' : 'text' in part ? '' : ' with a call'}`,
    reason,
    body,
    frames: [data(body)],
  };
}

const blockedBody = {
  promptFeedback: { blockReason: 'SAFETY' },
  usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
  ...{ modelVersion: 'gemini', responseId: 'r1' },
};
const blocked: Ending = {
  over: 'google-generate-content',
  says: 'a blocked prompt',
  reason: 'filter',
  body: blockedBody,
  frames: [data(blockedBody)],
};

const FILTERS = ['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'LANGUAGE'];
const IMAGE_FILTERS = ['IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION'];
const BAD_TOOLS = [
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
];
const UNKNOWN = ['OTHER', 'NO_IMAGE', 'IMAGE_OTHER'];
const functionCall = { functionCall: { name: 'get_time', args: {} } };
const refusal = { type: 'refusal', refusal: 'I will not.' };
const call = {
  ...{ type: 'function_call', id: 'fc_1', call_id: 'call_1', status: 'completed' },
  ...{ name: 'get_time', arguments: '{}' },
};

export const ENDINGS: Ending[] = [
  ...['stop', 'eos', 'end', 'x_unheard_of'].map((word) => chat(word, 'end')),
  ...['length', 'model_length', 'max_tokens'].map((word) => chat(word, 'length')),
  ...['tool_calls', 'function_call', 'stop', 'eos', 'x_unheard_of'].map((word) => chat(word, 'tool', true)),
  chat('length', 'length', true),
  ...['content_filter', 'sensitive'].map((word) => chat(word, 'filter')),
  ...['error', 'insufficient_system_resource'].map((word) => chat(word, 'error')),
  messages('end_turn', 'end'),
  messages('stop_sequence', 'stopSequence', { stop_sequence: 'END' }),
  messages('tool_use', 'tool', { called: true }),
  messages('end_turn', 'tool', { called: true }),
  messages('max_tokens', 'length'),
  messages('model_context_window_exceeded', 'context'),
  messages(
    'refusal',
    'refusal',
    { stop_details: { type: 'refusal', category: 'cyber', explanation: 'It is not allowed.' } },
    {
      'openai-chat': ['"refusal":"It is not allowed."'],
      'openai-responses': ['"type":"refusal","refusal":"It is not allowed."'],
    },
  ),
  messages('pause_turn', 'pause'),
  messages('compaction', 'compaction'),
  responses('completed', 'end', 'completed'),
  responses('completed with a call', 'tool', 'completed', call),
  {
    ...responses('completed with a refusal only', 'refusal', 'completed', spoken(refusal)),
    details: {
      'openai-chat': ['"refusal":"I will not."'],
      'anthropic-messages': ['"text":"I will not."', '"type":"refusal"'],
      'google-generate-content': ['I will not.'],
    },
  },
  responses('incomplete for max_output_tokens', 'length', 'incomplete', spoken(SAID), 'max_output_tokens'),
  responses('incomplete for max_messages', 'length', 'incomplete', spoken(SAID), 'max_messages'),
  responses('incomplete for content_filter', 'filter', 'incomplete', spoken(SAID), 'content_filter'),
  responses('incomplete for steered', 'pause', 'incomplete', spoken(SAID), 'steered'),
  ...['failed', 'cancelled'].map((status) => responses(status, 'error', status)),
  google('STOP', 'end'),
  google('STOP', 'tool', functionCall),
  ...['MAX_TOKENS', 'CONTINUATION'].map((word) => google(word, 'length')),
  ...[...FILTERS, ...IMAGE_FILTERS].map((word) => google(word, 'filter')),
  google('SAFETY', 'filter', 'nothing'),
  blocked,
  ...BAD_TOOLS.map((word) => google(word, 'badTool')),
  ...UNKNOWN.map((word) => google(word, 'end')),
  ...UNKNOWN.map((word) => google(word, 'error', 'nothing')),
];
