// Short answers of each format around a provider's own count of tokens, whole and as a stream.

import type { WireFormat } from './script.ts';

type Json = Record<string, unknown>;

/** What a provider counts and how it says it; `usage` goes on the wire as it is. */
export type Counted = {
  usage: unknown;
  /** The service tier that answered. */
  tier?: string;
  /** Hosted searches that were run. */
  searches?: number;
  /** Pictures made, in Responses. */
  pictures?: number;
  /** Hosted work in Responses that nobody bills: a page that was opened, a picture that failed. */
  idle?: boolean;
  /** What the provider calls the model. */
  model?: string;
  /** Answers, in Chat. */
  answers?: number;
};

export const SAID = 'An answer.';

export function answerIn(format: WireFormat, counted: Counted): { json: Json; frames: string[] } {
  const model = counted.model ?? 'm';
  switch (format) {
    case 'openai-chat':
      return chatAnswer(counted, model);
    case 'openai-responses':
      return responsesAnswer(counted, model);
    case 'anthropic-messages':
      return messagesAnswer(counted, model);
    case 'google-generate-content':
      return googleAnswer(counted, model);
    default:
      return format satisfies never;
  }
}

export const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
export const event = (value: Json): string => `event: ${String(value.type)}\n${data(value)}`;

function chatAnswer({ usage, tier, answers = 1 }: Counted, model: string) {
  const head = { id: 'c', created: 1, model, ...(tier === undefined ? {} : { service_tier: tier }) };
  const chunk = { ...head, object: 'chat.completion.chunk' };
  const indexes = Array.from({ length: answers }, (_, index) => index);
  return {
    json: {
      ...head,
      object: 'chat.completion',
      choices: indexes.map((index) => ({
        index,
        message: { role: 'assistant', content: SAID },
        finish_reason: 'stop',
      })),
      usage,
    },
    frames: [
      ...indexes.map((index) =>
        data({
          ...chunk,
          choices: [{ index, delta: { role: 'assistant', content: SAID }, finish_reason: null }],
        }),
      ),
      ...indexes.map((index) => data({ ...chunk, choices: [{ index, delta: {}, finish_reason: 'stop' }] })),
      data({ ...chunk, choices: [], usage }),
      'data: [DONE]\n\n',
    ],
  };
}

function responsesAnswer(counted: Counted, model: string, status = 'completed') {
  const { usage, tier, searches = 0, pictures = 0, idle = false } = counted;
  const content = [{ type: 'output_text', text: SAID, annotations: [], logprobs: [] }];
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content };
  const output = [
    ...Array.from({ length: searches }, (_, index) => ({
      ...{ id: `ws_${index}`, type: 'web_search_call', status: 'completed' },
      action: { type: 'search', query: 'weather' },
    })),
    ...Array.from({ length: pictures }, (_, index) => ({
      ...{ id: `ig_${index}`, type: 'image_generation_call', status: 'completed', result: 'iVBORw0KGgo=' },
    })),
    ...(idle
      ? [
          {
            id: 'ws_9',
            type: 'web_search_call',
            status: 'completed',
            action: { type: 'open_page', url: 'u' },
          },
          { id: 'ig_9', type: 'image_generation_call', status: 'failed', result: null },
        ]
      : []),
    message,
  ];
  const response = {
    ...{ id: 'resp_1', object: 'response', created_at: 1, model, output, error: null },
    ...{ incomplete_details: null, parallel_tool_calls: true, tool_choice: 'auto', tools: [], metadata: {} },
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
  const at = { item_id: 'msg_1', output_index: output.length - 1, content_index: 0 };
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  let sequence_number = 0;
  const next = (value: Json) => event({ ...value, sequence_number: sequence_number++ });
  const hosted = output.slice(0, -1).flatMap((item, output_index) => [
    next({
      type: 'response.output_item.added',
      output_index,
      item: { ...item, status: 'in_progress' },
    }),
    next({ type: 'response.output_item.done', output_index, item }),
  ]);
  return {
    json: { ...response, status, usage },
    frames: [
      next({ type: 'response.created', response: begun }),
      ...hosted,
      next({
        type: 'response.output_item.added',
        output_index: at.output_index,
        item: { ...message, status: 'in_progress', content: [] },
      }),
      next({ type: 'response.content_part.added', ...at, part: { ...content[0], text: '' } }),
      next({ type: 'response.output_text.delta', ...at, delta: SAID, logprobs: [] }),
      next({ type: 'response.output_text.done', ...at, text: SAID, logprobs: [] }),
      next({ type: 'response.content_part.done', ...at, part: content[0] }),
      next({ type: 'response.output_item.done', output_index: at.output_index, item: message }),
      next({ type: `response.${status}`, response: { ...response, status, usage } }),
    ],
  };
}

function messagesAnswer({ usage, tier, searches = 0 }: Counted, model: string) {
  const counts = {
    ...(usage as Json),
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
  };
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null };
  // the tier is told at the beginning only
  const { service_tier: _, ...last } = counts as Json;
  return {
    json: { ...head, content: [{ type: 'text', text: SAID }], stop_reason: 'end_turn', usage: counts },
    frames: [
      event({
        type: 'message_start',
        message: { ...head, content: [], stop_reason: null, usage: { ...counts, output_tokens: 1 } },
      }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: SAID } }),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: last }),
      event({ type: 'message_stop' }),
    ],
  };
}

function googleAnswer({ usage, tier, searches = 0 }: Counted, model: string) {
  const usageMetadata = { ...(usage as Json), ...(tier === undefined ? {} : { serviceTier: tier }) };
  const head = { modelVersion: model, responseId: 'g1' };
  const content = { role: 'model', parts: [{ text: SAID }] };
  const end = {
    ...{ index: 0, finishReason: 'STOP' },
    ...(searches === 0
      ? {}
      : { groundingMetadata: { webSearchQueries: Array.from({ length: searches }, () => 'weather') } }),
  };
  return {
    json: { candidates: [{ content, ...end }], usageMetadata, ...head },
    frames: [
      data({ candidates: [{ content, index: 0 }], ...head }),
      data({
        candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, ...end }],
        usageMetadata,
        ...head,
      }),
    ],
  };
}
