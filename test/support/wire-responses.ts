// Responses answers written by hand from the published shapes: body, stream frames, errors.

import {
  ANSWERED_AT,
  type Asked,
  citedRange,
  finishOf,
  fragmentOrder,
  mayRunCode,
  NO_USAGE,
  piecesOf,
  type ScriptedUsage,
  sealOf,
  type Turn,
} from './script.ts';
import { emitHosted, hostedItems } from './wire-hosted.ts';

type Item = Record<string, unknown> & { id: string; type: string };

/** The whole `response` body of a turn. */
export function responsesBody(turn: Turn, asked: Asked): Record<string, unknown> {
  return settled(turn, asked);
}

/** The SSE frames of a turn: full life cycle, every delta and done, complete output in the last. */
export function responsesFrames(turn: Turn, asked: Asked): string[] {
  const frames: string[] = [];
  const emit = (type: string, members: Record<string, unknown>): void => {
    frames.push(
      `event: ${type}\ndata: ${JSON.stringify({ type, ...members, sequence_number: frames.length })}\n\n`,
    );
  };
  const begun = { ...shell(asked), status: 'in_progress', completed_at: null, output: [], usage: null };
  emit('response.created', { response: begun });
  emit('response.in_progress', { response: begun });
  const items = itemsOf(turn, asked);
  for (const [output_index, item] of items.entries()) {
    if (item.type === 'reasoning') emitReasoning(emit, item, output_index, turn.reasoning ?? '');
    if (item.type === 'web_search_call') emitSearch(emit, item, output_index);
    if (item.type === 'code_interpreter_call') emitCode(emit, item, output_index, turn.code?.source ?? '');
    if (/^(tool_search|mcp)_/.test(String(item.type))) emitHosted(emit, item, output_index);
    if (item.type !== 'message') continue;
    if (turn.refusal === undefined) emitMessage(emit, item, output_index, turn);
    else emitRefusal(emit, item, output_index, turn.refusal);
  }
  emitCalls(emit, items, turn);
  const last = settled(turn, asked);
  emit(last.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: last });
  return frames;
}

/** What ends a stream that broke: the error, then the whole response, failed. */
export function responsesErrorFrame(asked: Asked, type: string, message: string, position: number): string {
  const response = {
    ...shell(asked),
    status: 'failed',
    completed_at: null,
    error: { code: type, message },
    output: [],
    usage: null,
  };
  const error = { type, code: null, message, param: null };
  const said = { type: 'error', sequence_number: position, error };
  const failed = { type: 'response.failed', response, sequence_number: position + 1 };
  return `event: error\ndata: ${JSON.stringify(said)}\n\nevent: response.failed\ndata: ${JSON.stringify(failed)}\n\n`;
}

type Emit = (type: string, members: Record<string, unknown>) => void;

function emitReasoning(emit: Emit, item: Item, output_index: number, text: string): void {
  const at = { item_id: item.id, output_index, summary_index: 0 };
  emit('response.output_item.added', {
    output_index,
    item: { ...item, summary: [], status: 'in_progress' },
  });
  emit('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of piecesOf(text, 12)) emit('response.reasoning_summary_text.delta', { ...at, delta });
  emit('response.reasoning_summary_text.done', { ...at, text });
  emit('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
  emit('response.output_item.done', { output_index, item });
}

function emitSearch(emit: Emit, item: Item, output_index: number): void {
  const at = { item_id: item.id, output_index };
  emit('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } });
  for (const stage of ['in_progress', 'searching', 'completed'])
    emit(`response.web_search_call.${stage}`, at);
  emit('response.output_item.done', { output_index, item });
}

function emitCode(emit: Emit, item: Item, output_index: number, code: string): void {
  const at = { item_id: item.id, output_index };
  const begun = { ...item, status: 'in_progress', code: '', outputs: null };
  emit('response.output_item.added', { output_index, item: begun });
  emit('response.code_interpreter_call.in_progress', at);
  for (const delta of piecesOf(code, 12)) emit('response.code_interpreter_call_code.delta', { ...at, delta });
  emit('response.code_interpreter_call_code.done', { ...at, code });
  emit('response.code_interpreter_call.interpreting', at);
  emit('response.code_interpreter_call.completed', at);
  emit('response.output_item.done', { output_index, item });
}

function emitMessage(emit: Emit, item: Item, output_index: number, turn: Turn): void {
  const { text = '' } = turn;
  const at = { item_id: item.id, output_index, content_index: 0 };
  emit('response.output_item.added', { output_index, item: { ...item, content: [], status: 'in_progress' } });
  emit('response.content_part.added', { ...at, part: textPart({ text: '' }) });
  for (const delta of piecesOf(text, 12)) emit('response.output_text.delta', { ...at, delta, logprobs: [] });
  for (const [annotation_index, annotation] of annotationsOf(turn).entries())
    emit('response.output_text.annotation.added', { ...at, annotation_index, annotation });
  emit('response.output_text.done', { ...at, text, logprobs: [] });
  emit('response.content_part.done', { ...at, part: textPart(turn) });
  emit('response.output_item.done', { output_index, item });
}

function emitRefusal(emit: Emit, item: Item, output_index: number, refusal: string): void {
  const at = { item_id: item.id, output_index, content_index: 0 };
  emit('response.output_item.added', { output_index, item: { ...item, content: [], status: 'in_progress' } });
  emit('response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } });
  for (const delta of piecesOf(refusal, 12)) emit('response.refusal.delta', { ...at, delta });
  emit('response.refusal.done', { ...at, refusal });
  emit('response.content_part.done', { ...at, part: { type: 'refusal', refusal } });
  emit('response.output_item.done', { output_index, item });
}

/** Calls follow the other items; interleaved ones are open at the same time, as the format allows. */
function emitCalls(emit: Emit, items: Item[], turn: Turn): void {
  const calls = turn.calls ?? [];
  const first = items.length - calls.length;
  const added = new Set<number>();
  const left = calls.map(() => 0);
  const order = fragmentOrder(calls, turn.interleaved ?? false);
  for (const [index] of order) left[index] = (left[index] ?? 0) + 1;
  const add = (index: number): void => {
    if (added.has(index)) return;
    added.add(index);
    const item = items[first + index];
    emit('response.output_item.added', {
      output_index: first + index,
      item: { ...item, arguments: '', status: 'in_progress' },
    });
  };
  const finish = (index: number): void => {
    const at = { item_id: items[first + index]?.id, output_index: first + index };
    emit('response.function_call_arguments.done', {
      ...at,
      name: calls[index]?.name,
      arguments: calls[index]?.args,
    });
    emit('response.output_item.done', { output_index: first + index, item: items[first + index] });
  };
  for (const [index, delta] of order) {
    add(index);
    emit('response.function_call_arguments.delta', {
      item_id: items[first + index]?.id,
      output_index: first + index,
      delta,
    });
    left[index] = (left[index] ?? 0) - 1;
    if (left[index] === 0) finish(index);
  }
  for (const [index, call] of calls.entries()) {
    if (call.args !== '') continue;
    add(index);
    finish(index);
  }
}

function itemsOf(turn: Turn, asked: Asked): Item[] {
  const items: Item[] = [];
  const name = (prefix: string): string => `${prefix}_scripted${asked.position}x${items.length}`;
  if (turn.reasoning !== undefined) {
    items.push({
      id: name('rs'),
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: turn.reasoning }],
      ...(asksFor(asked, 'reasoning.encrypted_content')
        ? { encrypted_content: sealOf('openai-responses', turn.reasoning) }
        : {}),
      status: 'completed',
    });
  }
  if (turn.search !== undefined) {
    const { query, url } = turn.search;
    const action = { type: 'search', query, queries: [query], sources: [{ type: 'url', url }] };
    items.push({ id: name('ws'), type: 'web_search_call', status: 'completed', action });
  }
  if (turn.code !== undefined && mayRunCode(asked)) {
    const { source, printed } = turn.code;
    // what it printed is left out unless it is asked for
    const outputs = asksFor(asked, 'code_interpreter_call.outputs')
      ? [{ type: 'logs', logs: printed }]
      : null;
    const item = { id: name('ci'), type: 'code_interpreter_call', status: 'completed' };
    items.push({ ...item, code: source, container_id: 'cntr_1', outputs });
  }
  items.push(...(hostedItems(turn, asked) as Item[]));
  if (turn.text !== undefined || turn.refusal !== undefined) {
    const { refusal } = turn;
    items.push({
      id: name('msg'),
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [refusal === undefined ? textPart(turn) : { type: 'refusal', refusal }],
    });
  }
  for (const call of turn.calls ?? []) {
    items.push({
      id: name('fc'),
      type: 'function_call',
      status: 'completed',
      arguments: call.args,
      call_id: call.id,
      name: call.name,
      ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
    });
  }
  return items;
}

/** Encrypted reasoning, for one, is given only to those who ask for it. */
function asksFor(asked: Asked, member: string): boolean {
  const { include } = asked.body;
  return Array.isArray(include) && include.includes(member);
}

function textPart(turn: Turn): Record<string, unknown> {
  return { type: 'output_text', annotations: annotationsOf(turn), logprobs: [], text: turn.text };
}

function annotationsOf({ text = '', search }: Turn): unknown[] {
  if (search === undefined) return [];
  const { start, end } = citedRange(text, search);
  const { url, title } = search;
  return [{ type: 'url_citation', start_index: start, end_index: end, url, title }];
}

function settled(turn: Turn, asked: Asked): Record<string, unknown> {
  const cut = finishOf(turn) === 'length';
  return {
    ...shell(asked),
    status: cut ? 'incomplete' : 'completed',
    completed_at: cut ? null : ANSWERED_AT + 1,
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output: itemsOf(turn, asked),
    usage: responsesUsage(turn.usage ?? NO_USAGE),
  };
}

/** What every response object repeats from its request, with the published defaults. */
function shell(asked: Asked): Record<string, unknown> {
  const { body } = asked;
  return {
    id: `resp_scripted${asked.position}`,
    object: 'response',
    created_at: ANSWERED_AT,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: body.metadata ?? {},
    model: asked.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    user: null,
  };
}

function responsesUsage(usage: ScriptedUsage): Record<string, unknown> {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
