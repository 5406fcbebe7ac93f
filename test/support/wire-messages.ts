// Anthropic Messages answers written by hand from the published shapes: body, stream frames, errors.

import {
  type Asked,
  finishOf,
  fragmentsOf,
  NO_USAGE,
  piecesOf,
  type ScriptedUsage,
  sealOf,
  type Turn,
} from './script.ts';

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
  if (turn.text !== undefined) content.push({ type: 'text', text: turn.text });
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
    usage: messageUsage(turn.usage ?? NO_USAGE),
  };
}

/** The SSE frames of a turn: one block open at a time, indices dense, usage in start and delta. */
export function messagesFrames(turn: Turn, asked: Asked): string[] {
  const usage = turn.usage ?? NO_USAGE;
  const frames = [
    messagesFrame('message_start', {
      message: {
        ...emptyMessage(asked),
        content: [],
        stop_reason: null,
        usage: { ...messageUsage(usage), output_tokens: 1, output_tokens_details: null },
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
  if (turn.text !== undefined) {
    block(
      { type: 'text', text: '' },
      piecesOf(turn.text, 12).map((text) => ({ type: 'text_delta', text })),
    );
  }
  for (const call of turn.calls ?? []) {
    block({ type: 'tool_use', id: call.id, name: call.name, input: {}, caller: { type: 'direct' } }, [
      { type: 'input_json_delta', partial_json: '' },
      ...fragmentsOf(call.args).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ]);
  }
  const final = messageUsage(usage);
  frames.push(
    messagesFrame('message_delta', {
      delta: { ...ending(turn), container: null },
      usage: {
        input_tokens: final.input_tokens,
        cache_creation_input_tokens: final.cache_creation_input_tokens,
        cache_read_input_tokens: final.cache_read_input_tokens,
        output_tokens: final.output_tokens,
        output_tokens_details: final.output_tokens_details,
        server_tool_use: null,
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

function messageUsage(usage: ScriptedUsage): Record<string, unknown> {
  return {
    input_tokens: usage.input - usage.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}
