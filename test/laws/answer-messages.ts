// Messages answers as Anthropic and the vendors of its format write them, whole and streamed.

import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { dressFrames, frame, MODEL, type Oddity, type WireAnswer } from './wire-answer.ts';

/** One block: as it stands in a body, as it opens in a stream, and the deltas between. */
type Block = { whole: JsonObject; opening: JsonObject; deltas: JsonObject[] };

/** One answer in the Messages shapes; `harmless` oddities change how it is said and not what. */
export function messagesAnswer(c: Choices, oddity: Oddity): WireAnswer {
  const odd = oddity !== 'none';
  const blocks = [
    ...(c.chance(30)
      ? [
          c.pick(
            () => thinking(c),
            () => redacted(c),
          ),
        ]
      : []),
    ...c.list(0, 3, () =>
      c.pick(
        () => text(c),
        () => text(c),
        () => hosted(c),
        () => searched(c),
        () => codeRun(c),
        () => codeResult(c),
        () => toolSearch(c),
        () => remoteCall(c),
        () => whole(toolsFound(c)),
        () => whole(remoteResult(c)),
      ),
    ),
    ...(c.chance(50) ? c.list(1, 3, () => toolUse(c, odd)) : []),
  ];
  const called = blocks.some((block) => block.whole.type === 'tool_use');
  const stop = stopOf(c, called);
  const container = c.chance(20)
    ? { id: `container_${c.word()}`, expires_at: '2026-11-29T12:00:00Z', skills: null }
    : null;
  const usage = messagesUsage(c);
  const message = { id: `msg_${c.word()}`, type: 'message', role: 'assistant', model: MODEL };
  const body: JsonObject = {
    ...message,
    container,
    content: blocks.map((block) => block.whole),
    ...stop,
    usage,
  };

  const begun = { ...usage, output_tokens: 1 };
  const nothing = { content: [], stop_reason: null, stop_sequence: null, usage: begun };
  const frames = [named('message_start', { message: { ...message, ...nothing } })];
  if (odd && c.chance(10)) frames.push(named('message_start', { message: { ...message, ...nothing } }));
  const unnumbered = odd && c.chance(10);
  blocks.forEach((block, index) => {
    const at = unnumbered ? {} : { index };
    frames.push(named('content_block_start', { ...at, content_block: block.opening }));
    if (c.chance(20)) frames.push(named('ping', {}));
    for (const delta of block.deltas) frames.push(named('content_block_delta', { ...at, delta }));
    if (odd && c.chance(10)) frames.push(named('x_new_event', { x: 1 }));
    frames.push(named('content_block_stop', at));
  });
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = usage;
  const input = {
    input_tokens: input_tokens ?? 0,
    cache_creation_input_tokens: cache_creation_input_tokens ?? 0,
    cache_read_input_tokens: cache_read_input_tokens ?? 0,
  };
  const short: JsonObject = {
    ...(odd && c.chance(50) ? {} : input),
    output_tokens: output_tokens ?? 0,
    ...('output_tokens_details' in usage
      ? { output_tokens_details: usage.output_tokens_details ?? null }
      : {}),
    ...('server_tool_use' in usage ? { server_tool_use: usage.server_tool_use ?? null } : {}),
  };
  frames.push(named('message_delta', { delta: { ...stop, container }, usage: short }));
  const lastNeeded = frames.length - 1;
  if (odd && c.chance(10))
    frames.push(named('message_delta', { delta: { stop_reason: null, stop_sequence: null }, usage: short }));
  if (!(odd && c.chance(15))) frames.push(named('message_stop', {}));
  if (odd && c.chance(10)) frames.push('data: [DONE]\n\n');
  return { format: 'anthropic-messages', body, frames: dressFrames(c, frames, oddity), lastNeeded };
}

function named(type: string, members: JsonObject): string {
  return frame({ type, ...members }, type);
}

function thinking(c: Choices): Block {
  const thought = c.text();
  const signature = c.word();
  return {
    whole: { type: 'thinking', thinking: thought, signature },
    opening: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...c.pieces(thought).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature },
    ],
  };
}

function redacted(c: Choices): Block {
  const whole = { type: 'redacted_thinking', data: c.word() };
  return { whole, opening: whole, deltas: [] };
}

function text(c: Choices): Block {
  const words = c.text();
  const citations = c.chance(25) ? c.list(1, 2, () => citation(c)) : [];
  const pieces = c.pieces(words).map((piece): JsonObject => ({ type: 'text_delta', text: piece }));
  const cited = citations.map((one): JsonObject => ({ type: 'citations_delta', citation: one }));
  return {
    whole: { type: 'text', text: words, citations: citations.length === 0 ? null : citations },
    opening: { type: 'text', text: '', ...(citations.length === 0 ? {} : { citations: [] }) },
    // sources come before or behind what they support
    deltas: c.chance(50) ? [...pieces, ...cited] : [...cited, ...pieces],
  };
}

function citation(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({
      type: 'char_location',
      cited_text: c.text(),
      document_index: 0,
      document_title: c.text(),
      start_char_index: 0,
      end_char_index: 3,
      file_id: null,
    }),
    () => ({
      type: 'web_search_result_location',
      cited_text: c.text(),
      title: c.text(),
      url: `https://e.com/${c.word()}`,
      encrypted_index: c.word(),
    }),
  );
}

function hosted(c: Choices): Block {
  const head = { type: 'server_tool_use', id: `srvtoolu_${c.word()}`, name: 'web_search' };
  return called(c, head, { query: c.text() });
}

function called(c: Choices, call: JsonObject, input: JsonObject): Block {
  const deltas = c
    .pieces(JSON.stringify(input))
    .map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
  return { whole: { ...call, input }, opening: { ...call, input: {} }, deltas };
}

function toolSearch(c: Choices): Block {
  const name = c.one('tool_search_tool_bm25', 'tool_search_tool_regex');
  const head = { type: 'server_tool_use', id: `srvtoolu_${c.word()}`, name };
  return called(c, head, name.endsWith('regex') ? { pattern: c.text() } : { query: c.text() });
}

function remoteCall(c: Choices): Block {
  const head = { type: 'mcp_tool_use', id: `mcptoolu_${c.word()}`, name: c.word(), server_name: c.word() };
  return called(c, head, { [c.word()]: c.text() });
}

function whole(block: JsonObject): Block {
  return { whole: block, opening: block, deltas: [] };
}

function toolsFound(c: Choices): JsonObject {
  return {
    ...{ type: 'tool_search_tool_result', tool_use_id: `srvtoolu_${c.word()}` },
    content: c.one<JsonObject>(
      {
        type: 'tool_search_tool_search_result',
        tool_references: [{ type: 'tool_reference', tool_name: c.one('look', c.word()) }],
      },
      { type: 'tool_search_tool_result_error', error_code: 'unavailable', error_message: null },
    ),
  };
}

function remoteResult(c: Choices): JsonObject {
  return {
    ...{ type: 'mcp_tool_result', tool_use_id: `mcptoolu_${c.word()}`, is_error: c.chance(30) },
    content: c.list(0, 2, () => ({ type: 'text', text: c.text() })),
  };
}

function codeRun(c: Choices): Block {
  const input = c.one<JsonObject>({ code: c.text() }, { command: c.text() });
  const name = 'code' in input ? 'code_execution' : 'bash_code_execution';
  return called(c, { type: 'server_tool_use', id: `srvtoolu_${c.word()}`, name }, input);
}

function codeResult(c: Choices): Block {
  const files = c.list(0, 2, () => ({ type: 'bash_code_execution_output', file_id: `file_${c.word()}` }));
  const ran = { stdout: c.text(), stderr: c.one('', c.text()), return_code: c.below(2), content: files };
  const whole = {
    ...{ type: 'bash_code_execution_tool_result', tool_use_id: `srvtoolu_${c.word()}` },
    content: c.one<JsonObject>(
      { type: 'bash_code_execution_result', ...ran },
      { type: 'bash_code_execution_tool_result_error', error_code: 'unavailable' },
    ),
  };
  return { whole, opening: whole, deltas: [] };
}

function searched(c: Choices): Block {
  const hit = {
    type: 'web_search_result',
    url: `https://e.com/${c.word()}`,
    title: c.text(),
    encrypted_content: c.word(),
    page_age: null,
  };
  const whole = { type: 'web_search_tool_result', tool_use_id: `srvtoolu_${c.word()}`, content: [hit] };
  return { whole, opening: whole, deltas: [] };
}

function toolUse(c: Choices, odd: boolean): Block {
  const input: JsonObject = c.chance(70) ? { [c.word()]: c.text(), list: [1, null, true] } : {};
  const whole = { type: 'tool_use', id: `toolu_${c.word()}`, name: `tool_${c.word()}`, input };
  if (odd && c.chance(15)) return { whole, opening: whole, deltas: [] };
  const json = Object.keys(input).length === 0 ? c.one('', '{}') : JSON.stringify(input);
  const first = c.chance(50) ? [{ type: 'input_json_delta', partial_json: '' }] : [];
  const deltas = c.pieces(json).map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
  return { whole, opening: { ...whole, input: {} }, deltas: [...first, ...deltas] };
}

function stopOf(
  c: Choices,
  called: boolean,
): { stop_reason: string; stop_sequence: string | null; stop_details: JsonObject | null } {
  const none = { stop_sequence: null, stop_details: null };
  const rare = c.chance(20);
  if (!rare) return { stop_reason: called ? 'tool_use' : 'end_turn', ...none };
  return c.pick<{ stop_reason: string; stop_sequence: string | null; stop_details: JsonObject | null }>(
    () => ({ stop_reason: 'max_tokens', ...none }),
    () => ({ stop_reason: 'stop_sequence', stop_sequence: c.word(), stop_details: null }),
    () => ({ stop_reason: 'model_context_window_exceeded', ...none }),
    () => ({ stop_reason: 'pause_turn', ...none }),
    () => ({
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: 'cyber', explanation: c.text() },
    }),
  );
}

/** Token counts; input excludes the cache. */
function messagesUsage(c: Choices): JsonObject {
  const ttl5m = c.below(40);
  const ttl1h = c.below(40);
  const thought = c.below(30);
  const split = c.chance(60);
  return {
    input_tokens: c.below(200),
    cache_creation_input_tokens: ttl5m + ttl1h,
    cache_read_input_tokens: c.below(100),
    ...(split
      ? { cache_creation: { ephemeral_5m_input_tokens: ttl5m, ephemeral_1h_input_tokens: ttl1h } }
      : {}),
    output_tokens: 1 + thought + c.below(100),
    ...(c.chance(50) ? { output_tokens_details: { thinking_tokens: thought } } : {}),
    ...(c.chance(30)
      ? { server_tool_use: { web_search_requests: 1 + c.below(3), web_fetch_requests: 0 } }
      : {}),
    ...(c.chance(50) ? { service_tier: c.one('standard', 'priority') } : {}),
  };
}
