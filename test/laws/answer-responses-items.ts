// Output items of Responses answers with the events that stream them.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';

/** `done` is the whole item, `events` all that is said of it while it streams. */
export type Item = { done: JsonObject; events: JsonObject[]; isCall: boolean };

export function responsesItem(c: Choices, output_index: number, odd: boolean): Item {
  return c.pick(
    () => message(c, output_index),
    () => functionCall(c, output_index, odd),
    () => reasoning(c, output_index),
    () => customCall(c, output_index),
    () => hosted(c, output_index),
    () => codeRun(c, output_index),
    () => shellCall(c, output_index),
    () => whole(output_index, toolSearch(c)),
    () => whole(output_index, toolsFound(c)),
    () => whole(output_index, toolsListed(c)),
    () => remoteCall(c, output_index),
  );
}

function streamed(
  output_index: number,
  begun: JsonObject,
  done: JsonObject,
  between: JsonObject[],
): JsonObject[] {
  return [
    { type: 'response.output_item.added', output_index, item: begun },
    ...between,
    { type: 'response.output_item.done', output_index, item: done },
  ];
}

function message(c: Choices, output_index: number): Item {
  const id = `msg_${c.word()}`;
  const phase = c.chance(25) ? { phase: c.one('commentary', 'final_answer') } : {};
  const head = { id, type: 'message', role: 'assistant', ...phase };
  const content: JsonObject[] = [];
  const events: JsonObject[] = [];
  c.list(1, 2, (content_index) => {
    const at = { item_id: id, output_index, content_index };
    const said = c.text();
    if (c.chance(15)) {
      const part = { type: 'refusal', refusal: said };
      content.push(part);
      events.push({ type: 'response.content_part.added', ...at, part: { ...part, refusal: '' } });
      for (const delta of c.pieces(said)) events.push({ type: 'response.refusal.delta', ...at, delta });
      events.push(
        { type: 'response.refusal.done', ...at, refusal: said },
        { type: 'response.content_part.done', ...at, part },
      );
      return;
    }
    const pieces = c.pieces(said);
    const marks = c.chance(25) ? pieces.map(logprob) : [];
    const annotations = c.chance(30) ? c.list(1, 2, () => annotation(c)) : [];
    const part = { type: 'output_text', text: said, annotations, logprobs: marks };
    content.push(part);
    events.push({
      type: 'response.content_part.added',
      ...at,
      part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
    });
    pieces.forEach((delta, k) => {
      const mark = marks[k];
      events.push({
        type: 'response.output_text.delta',
        ...at,
        delta,
        logprobs: mark ? [mark] : [],
        obfuscation: 'abc',
      });
    });
    annotations.forEach((one, annotation_index) => {
      events.push({
        type: 'response.output_text.annotation.added',
        ...at,
        annotation_index,
        annotation: one,
      });
    });
    events.push(
      { type: 'response.output_text.done', ...at, text: said, logprobs: marks },
      { type: 'response.content_part.done', ...at, part },
    );
  });
  const done = { ...head, status: 'completed', content };
  return {
    done,
    events: streamed(output_index, { ...head, status: 'in_progress', content: [] }, done, events),
    isCall: false,
  };
}

function logprob(piece: string): JsonObject {
  const bytes = [...new TextEncoder().encode(piece)];
  return { token: piece, logprob: -0.25, bytes, top_logprobs: [] };
}

function annotation(c: Choices): JsonObject {
  const start = c.below(3);
  return c.pick<JsonObject>(
    () => ({
      type: 'url_citation',
      start_index: start,
      end_index: start + 2,
      url: `https://e.com/${c.word()}`,
      title: c.text(),
    }),
    () => ({ type: 'file_citation', file_id: c.word(), filename: c.text(), index: start }),
  );
}

function functionCall(c: Choices, output_index: number, odd: boolean): Item {
  const namespace = c.chance(15) ? { namespace: `ns_${c.word()}` } : {};
  const head = {
    id: `fc_${c.word()}`,
    type: 'function_call',
    call_id: `call_${c.word()}`,
    name: `tool_${c.word()}`,
    ...namespace,
  };
  const input = c.one(JSON.stringify({ [c.word()]: c.text(), n: [1, null] }), '{}', odd ? '' : '{}');
  const at = { item_id: head.id, output_index };
  const done = { ...head, arguments: input, status: 'completed' };
  const events = [
    ...c.pieces(input).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, name: head.name, arguments: input },
  ];
  return {
    done,
    events: streamed(output_index, { ...head, arguments: '', status: 'in_progress' }, done, events),
    isCall: true,
  };
}

function customCall(c: Choices, output_index: number): Item {
  const head = {
    id: `ctc_${c.word()}`,
    type: 'custom_tool_call',
    call_id: `call_${c.word()}`,
    name: `tool_${c.word()}`,
  };
  const input = c.one('', c.text());
  const at = { item_id: head.id, output_index };
  const done = { ...head, input, status: 'completed' };
  const events = [
    ...c.pieces(input).map((delta) => ({ type: 'response.custom_tool_call_input.delta', ...at, delta })),
    { type: 'response.custom_tool_call_input.done', ...at, input },
  ];
  return {
    done,
    events: streamed(output_index, { ...head, input: '', status: 'in_progress' }, done, events),
    isCall: true,
  };
}

function reasoning(c: Choices, output_index: number): Item {
  const id = `rs_${c.word()}`;
  const sealed = c.chance(60) ? { encrypted_content: c.word() } : {};
  const chain = c.chance(25) ? c.text() : undefined;
  const summary = c.list(0, 2, () => c.text());
  const head = { id, type: 'reasoning' };
  const events = summary.flatMap((text, summary_index) => {
    const at = { item_id: id, output_index, summary_index };
    return [
      { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
      ...c.pieces(text).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
    ];
  });
  const content = chain === undefined ? {} : { content: [{ type: 'reasoning_text', text: chain }] };
  const at = { item_id: id, output_index, content_index: 0 };
  const thoughts =
    chain === undefined
      ? []
      : [
          { type: 'response.content_part.added', ...at, part: { type: 'reasoning_text', text: '' } },
          ...c.pieces(chain).map((delta) => ({ type: 'response.reasoning_text.delta', ...at, delta })),
          { type: 'response.reasoning_text.done', ...at, text: chain },
          { type: 'response.content_part.done', ...at, part: { type: 'reasoning_text', text: chain } },
        ];
  const done = {
    ...head,
    summary: summary.map((text) => ({ type: 'summary_text', text })),
    ...content,
    ...sealed,
  };
  return {
    done,
    events: streamed(output_index, { ...head, summary: [] }, done, [...events, ...thoughts]),
    isCall: false,
  };
}

function hosted(c: Choices, output_index: number): Item {
  const id = `ws_${c.word()}`;
  const done = {
    id,
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: c.text() },
  };
  const at = { item_id: id, output_index };
  const events = ['in_progress', 'searching', 'completed'].map((stage) => ({
    type: `response.web_search_call.${stage}`,
    ...at,
  }));
  return {
    done,
    events: streamed(output_index, { id, type: 'web_search_call', status: 'in_progress' }, done, events),
    isCall: false,
  };
}

function codeRun(c: Choices, output_index: number): Item {
  const id = `ci_${c.word()}`;
  const code = c.text();
  const head = { id, type: 'code_interpreter_call', container_id: `cntr_${c.word()}` };
  const outputs = c.list<JsonObject>(0, 2, () =>
    c.one<JsonObject>({ type: 'logs', logs: c.text() }, { type: 'image', url: 'data:image/png;base64,AAAA' }),
  );
  const done = { ...head, status: 'completed', code, outputs: c.one<JsonValue>(outputs, null) };
  const at = { item_id: id, output_index };
  const step = (type: string, more: JsonObject = {}) => ({
    type: `response.code_interpreter_call${type}`,
    ...at,
    ...more,
  });
  const events = [
    step('.in_progress'),
    ...c.pieces(code).map((delta) => step('_code.delta', { delta })),
    step('_code.done', { code }),
    step('.interpreting'),
    step('.completed'),
  ];
  const begun = { ...head, status: 'in_progress', code: '', outputs: null };
  return { done, events: streamed(output_index, begun, done, events), isCall: false };
}

function shellCall(c: Choices, output_index: number): Item {
  const head = { id: `lsh_${c.word()}`, type: 'local_shell_call', call_id: `call_${c.word()}` };
  const action = { type: 'exec', command: ['echo', c.text()], env: {} };
  const done = { ...head, status: 'completed', action };
  return {
    done,
    events: streamed(output_index, { ...head, status: 'in_progress', action }, done, []),
    isCall: false,
  };
}

/** An item that is announced as it ends. */
function whole(output_index: number, done: JsonObject): Item {
  return { done, events: streamed(output_index, done, done, []), isCall: false };
}

function toolSearch(c: Choices): JsonObject {
  return {
    ...{ id: `tsc_${c.word()}`, type: 'tool_search_call', call_id: null, execution: 'server' },
    ...{ status: 'completed', arguments: c.one<JsonObject>({ paths: [c.word()] }, { query: c.text() }) },
  };
}

function toolsFound(c: Choices): JsonObject {
  const tool = { type: 'function', name: c.one('look', c.word()), parameters: {} };
  const group = { type: 'namespace', name: `ns_${c.word()}`, description: '', tools: [tool] };
  return {
    ...{ id: `tso_${c.word()}`, type: 'tool_search_output', call_id: null, execution: 'server' },
    ...{ status: 'completed', tools: c.list(0, 2, () => c.one<JsonObject>(tool, group)) },
  };
}

function toolsListed(c: Choices): JsonObject {
  const tools = [{ name: c.word(), input_schema: {} }];
  return { id: `mcpl_${c.word()}`, type: 'mcp_list_tools', server_label: c.word(), tools };
}

function remoteCall(c: Choices, output_index: number): Item {
  const args = JSON.stringify({ [c.word()]: c.text() });
  const id = `mcp_${c.word()}`;
  const head = { id, type: 'mcp_call', server_label: c.word(), name: c.word() };
  const failed = { type: 'mcp_tool_execution_error', content: [{ type: 'text', text: c.text() }] };
  const ended = c.one<JsonObject>(
    { status: 'completed', output: c.text(), error: null },
    { status: 'failed', output: null, error: failed },
  );
  const done = { ...head, arguments: args, ...ended };
  const step = (type: string, more: JsonObject = {}) => ({
    ...{ type: `response.mcp_call${type}`, item_id: id, output_index },
    ...more,
  });
  const events = [
    step('.in_progress'),
    ...c.pieces(args).map((delta) => step('_arguments.delta', { delta })),
    step('_arguments.done', { arguments: args }),
    step(`.${ended.status}`),
  ];
  const begun = { ...head, status: 'in_progress', arguments: '', output: null, error: null };
  return { done, events: streamed(output_index, begun, done, events), isCall: false };
}
