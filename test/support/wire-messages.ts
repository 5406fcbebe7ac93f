// Anthropic Messages answers written by hand from the published shapes: body, stream frames, errors.

import {
  type Asked,
  finishOf,
  fragmentsOf,
  mayRunCode,
  NO_USAGE,
  piecesOf,
  sealOf,
  type Turn,
} from './script.ts';
import { hostedBlocks } from './wire-hosted.ts';

const STOP_REASON = {
  end: 'end_turn',
  tool: 'tool_use',
  length: 'max_tokens',
  stop: 'stop_sequence',
  refusal: 'refusal',
} as const;

/** The whole `message` body of a turn. */
export function messagesBody(turn: Turn, asked: Asked): Record<string, unknown> {
  const content: unknown[] = [];
  if (turn.reasoning !== undefined) {
    content.push({
      type: 'thinking',
      thinking: turn.reasoning,
      signature: sealOf('anthropic-messages', turn.reasoning),
    });
  }
  content.push(...searchBlocks(turn), ...codeBlocks(turn, asked), ...hostedBlocks(turn, asked).flat());
  for (const { text, citations } of textBlocks(turn))
    content.push({ type: 'text', text, ...(citations.length === 0 ? {} : { citations }) });
  for (const call of turn.calls ?? []) {
    content.push({
      type: 'tool_use',
      id: call.id,
      name: call.name,
      input: call.args === '' ? {} : JSON.parse(call.args),
      caller: { type: 'direct' },
    });
  }
  return {
    ...emptyMessage(asked),
    content,
    ...ending(turn),
    usage: messageUsage(turn),
  };
}

type Block = Record<string, unknown>;

/** The call of a search and what it found, sealed. */
function searchBlocks({ search }: Turn): Block[] {
  if (search === undefined) return [];
  const { query, url, title } = search;
  const caller = { type: 'direct' };
  const hit = { type: 'web_search_result', url, title, encrypted_content: 'c2VhbGVk', page_age: null };
  return [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query }, caller },
    { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [hit], caller },
  ];
}

/** The call of the tool that runs code, and what came of it. */
function codeBlocks({ code }: Turn, asked: Asked): Block[] {
  if (code === undefined || !mayRunCode(asked)) return [];
  const id = 'srvtoolu_2';
  const ran = { stdout: code.printed, stderr: '', return_code: 0, content: [] };
  const call = { type: 'server_tool_use', id, name: 'code_execution', input: { code: code.source } };
  return [
    { ...call, caller: { type: 'direct' } },
    {
      ...{ type: 'code_execution_tool_result', tool_use_id: id },
      content: { type: 'code_execution_result', ...ran },
    },
  ];
}

/** What is cited is a block of its own. */
function textBlocks({ text, search }: Turn): { text: string; citations: Block[] }[] {
  if (text === undefined) return [];
  if (search === undefined) return [{ text, citations: [] }];
  const { url, title, cited } = search;
  const citation = {
    ...{ type: 'web_search_result_location', url, title, encrypted_index: 'aW5kZXg=' },
    cited_text: 'What the page says.',
  };
  const at = text.indexOf(cited);
  return [
    { text: text.slice(0, at), citations: [] },
    { text: cited, citations: [citation] },
    { text: text.slice(at + cited.length), citations: [] },
  ].filter((one) => one.text !== '');
}

/** The SSE frames of a turn: one block open at a time, indices dense, usage in start and delta. */
export function messagesFrames(turn: Turn, asked: Asked): string[] {
  const frames = [
    messagesFrame('message_start', {
      message: {
        ...emptyMessage(asked),
        content: [],
        stop_reason: null,
        usage: { ...messageUsage(turn), output_tokens: 1, output_tokens_details: null },
      },
    }),
  ];
  let index = 0;
  const block = (content_block: unknown, deltas: unknown[]): void => {
    frames.push(messagesFrame('content_block_start', { index, content_block }));
    if (index === 0) frames.push(messagesFrame('ping', {}));
    for (const delta of deltas) frames.push(messagesFrame('content_block_delta', { index, delta }));
    frames.push(messagesFrame('content_block_stop', { index }));
    index += 1;
  };
  if (turn.reasoning !== undefined) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...piecesOf(turn.reasoning, 12).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: sealOf('anthropic-messages', turn.reasoning) },
    ]);
  }
  for (const hosted of [searchBlocks(turn), codeBlocks(turn, asked), ...hostedBlocks(turn, asked)]) {
    const [call, result] = hosted;
    if (call === undefined || result === undefined) continue;
    const partial_json = JSON.stringify(call.input);
    block({ ...call, input: {} }, [{ type: 'input_json_delta', partial_json }]);
    block(result, []);
  }
  for (const { text, citations } of textBlocks(turn)) {
    block({ type: 'text', text: '', ...(citations.length === 0 ? {} : { citations: [] }) }, [
      ...citations.map((citation) => ({ type: 'citations_delta', citation })),
      ...piecesOf(text, 12).map((piece) => ({ type: 'text_delta', text: piece })),
    ]);
  }
  for (const call of turn.calls ?? []) {
    block({ type: 'tool_use', id: call.id, name: call.name, input: {}, caller: { type: 'direct' } }, [
      { type: 'input_json_delta', partial_json: '' },
      ...fragmentsOf(call.args).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ]);
  }
  const final = messageUsage(turn);
  frames.push(
    messagesFrame('message_delta', {
      delta: { ...ending(turn), container: null },
      usage: {
        input_tokens: final.input_tokens,
        cache_creation_input_tokens: final.cache_creation_input_tokens,
        cache_read_input_tokens: final.cache_read_input_tokens,
        output_tokens: final.output_tokens,
        output_tokens_details: final.output_tokens_details,
        server_tool_use: final.server_tool_use,
      },
    }),
    messagesFrame('message_stop', {}),
  );
  return frames;
}

function ending(turn: Turn): Record<string, unknown> {
  const { refusal: explanation, stopSequence } = turn;
  return {
    stop_reason: STOP_REASON[finishOf(turn)],
    stop_sequence: stopSequence ?? null,
    stop_details: explanation === undefined ? null : { type: 'refusal', category: null, explanation },
  };
}

/** The error body Anthropic answers with. */
export function messagesError(type: string, message: string, details?: unknown): unknown {
  return {
    type: 'error',
    error: { type, message, ...(details === undefined ? {} : { details }) },
    request_id: 'req_scripted',
  };
}

/** The frame Anthropic sends when a stream breaks. */
export function messagesErrorFrame(type: string, message: string): string {
  return `event: error\ndata: ${JSON.stringify(messagesError(type, message))}\n\n`;
}

function messagesFrame(type: string, members: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

function emptyMessage(asked: Asked): Record<string, unknown> {
  return {
    id: `msg_scripted${asked.position}`,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_sequence: null,
  };
}

function messageUsage({ usage = NO_USAGE, search }: Turn): Record<string, unknown> {
  return {
    input_tokens: usage.input - usage.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
    server_tool_use: search === undefined ? null : { web_search_requests: 1, web_fetch_requests: 0 },
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}
