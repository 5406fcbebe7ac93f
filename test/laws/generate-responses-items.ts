// Input items of Responses requests as clients write them: every kind, in good and bad order.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { callArguments, dataUrl, toolName } from './generate-parts.ts';
import { responsesTool } from './generate-responses-tools.ts';

export function responsesItems(c: Choices): JsonObject[] {
  return c.list(1, 5, () => turn(c)).flat();
}

function turn(c: Choices): JsonObject[] {
  if (c.rarely()) return [refusedItem(c)];
  return c.pick<JsonObject[]>(
    () => [{ ...typed(c), role: 'user', content: userContent(c), ...odd(c) }],
    () => [assistant(c)],
    () => exchange(c),
    () => [
      {
        ...typed(c),
        role: c.one('system', 'developer'),
        content: c.one<JsonValue>(c.text(), [inputText(c), inputText(c)]),
        ...odd(c),
      },
    ],
    () => [reasoning(c)],
    () => clientExchange(c),
    () => [hosted(c)],
    () => [control(c)],
  );
}

/** The easy form of a message leaves its type out. */
function typed(c: Choices): JsonObject {
  return c.chance(70) ? { type: 'message' } : {};
}

function odd(c: Choices): JsonObject {
  return {
    ...c.members(15, { id: () => `id_${c.word()}`, status: () => 'completed' }),
    ...c.members(4, { x_new: () => c.word() }),
  };
}

function inputText(c: Choices): JsonObject {
  return { type: 'input_text', text: c.chance(5) ? '' : c.text(), ...marks(c) };
}

function marks(c: Choices): JsonObject {
  return c.members(8, {
    prompt_cache_breakpoint: () => ({
      mode: 'explicit',
      ...c.members(50, { ttl: () => c.one('30m', '12h') }),
    }),
    x_new: () => c.word(),
  });
}

function userContent(c: Choices): JsonValue {
  if (c.chance(40)) return c.text();
  return c.list(1, 3, () => inputPart(c));
}

function inputPart(c: Choices): JsonObject {
  const detail = () => c.members(40, { detail: () => c.one('low', 'high', 'auto', 'original') });
  if (c.rarely())
    return c.pick<JsonObject>(
      () => ({ type: 'input_image', file_id: c.word() }),
      () => ({ type: 'input_file', file_id: c.word() }),
      () => ({
        type: 'input_file',
        file_url: `https://e.com/${c.word()}.pdf`,
        ...c.members(50, { filename: () => c.word() }),
      }),
      () => ({ type: 'x_part', deep: { id: c.word() } }),
      () => ({ type: 'input_audio', input_audio: { data: c.word(), format: 'wav' } }),
    );
  return c.pick<JsonObject>(
    () => inputText(c),
    () => ({ type: 'input_image', image_url: `https://e.com/${c.word()}.png`, ...detail(), ...marks(c) }),
    () => ({ type: 'input_image', image_url: dataUrl(c, 'image/png'), ...detail(), ...marks(c) }),
    () => ({
      type: 'input_file',
      file_data: dataUrl(c, 'application/pdf'),
      ...c.members(70, { filename: () => `${c.word()}.pdf` }),
      ...detail(),
      ...marks(c),
    }),
  );
}

function assistant(c: Choices): JsonObject {
  const content = c.pick<JsonValue>(
    () => c.list(1, 2, () => outputPart(c)),
    () => c.text(),
  );
  return {
    ...typed(c),
    role: 'assistant',
    content,
    ...c.members(25, { phase: () => c.one('commentary', 'final_answer') }),
    ...odd(c),
  };
}

function outputPart(c: Choices): JsonObject {
  if (c.chance(20)) return { type: 'refusal', refusal: c.text() };
  return {
    type: 'output_text',
    text: c.text(),
    ...c.members(25, {
      annotations: () => [annotation(c)],
      logprobs: () => [{ token: c.word(), logprob: -1, bytes: [1], top_logprobs: [] }],
    }),
    ...marks(c),
  };
}

function annotation(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({
      type: 'url_citation',
      start_index: 0,
      end_index: 2,
      url: `https://e.com/${c.word()}`,
      title: c.text(),
    }),
    () => ({ type: 'file_citation', file_id: c.word(), filename: c.word(), index: 1 }),
    () => ({
      type: 'container_file_citation',
      container_id: c.word(),
      file_id: c.word(),
      filename: c.word(),
      start_index: 0,
      end_index: 1,
    }),
    () => ({ type: 'file_path', file_id: c.word(), index: 0 }),
  );
}

function reasoning(c: Choices): JsonObject {
  return {
    type: 'reasoning',
    id: `rs_${c.word()}`,
    summary: c.list(0, 2, () => ({ type: 'summary_text', text: c.text() })),
    ...c.members(60, { encrypted_content: () => c.word() }),
    ...c.members(20, {
      content: () => [{ type: 'reasoning_text', text: c.text() }],
      status: () => 'completed',
      x_new: () => c.word(),
    }),
  };
}

function exchange(c: Choices): JsonObject[] {
  const calls = c.list(1, 3, () => call(c));
  const results = calls.flatMap((one) =>
    Array.from({ length: c.one(1, 1, 1, 1, 0, 2) }, () => result(c, one)),
  );
  const orphan = c.chance(5) ? [result(c, call(c))] : [];
  return [...calls, ...(c.chance(20) ? results.toReversed() : results), ...orphan];
}

function call(c: Choices): JsonObject {
  const call_id = c.one(
    `call_${c.word()}`,
    `call_${c.word()}`,
    `functions.${c.word()}:0`,
    `${'i'.repeat(60)}${c.word()}`,
  );
  const namespace = c.members(15, { namespace: () => `ns_${c.word()}` });
  const extra = c.members(3, { x_new: () => c.word() });
  if (c.chance(25))
    return { type: 'custom_tool_call', call_id, name: toolName(c), input: c.text(), ...namespace, ...odd(c) };
  return {
    type: 'function_call',
    call_id,
    name: toolName(c),
    arguments: callArguments(c),
    ...namespace,
    ...odd(c),
    ...extra,
  };
}

function result(c: Choices, { type, call_id = '' }: JsonObject): JsonObject {
  const output = c.pick<JsonValue>(
    () => c.text(),
    () => c.list(1, 3, () => inputPart(c)),
    () => `[tool error] ${c.text()}`,
    () => '',
  );
  return { type: `${String(type)}_output`, call_id, output, ...odd(c) };
}

function clientExchange(c: Choices): JsonObject[] {
  const call_id = `call_${c.word()}`;
  return c.pick<JsonObject[]>(
    () => [
      {
        type: 'local_shell_call',
        id: `lsh_${c.word()}`,
        call_id,
        status: 'completed',
        action: {
          type: 'exec',
          command: ['echo', c.text()],
          env: { [c.word()]: c.word() },
          ...c.members(30, { working_directory: () => c.word() }),
        },
      },
      { type: 'local_shell_call_output', id: call_id, output: c.text() },
    ],
    () => [
      {
        type: 'shell_call',
        id: `sh_${c.word()}`,
        call_id,
        status: 'completed',
        action: { commands: [c.text()], timeout_ms: c.count(1000) },
      },
      {
        type: 'shell_call_output',
        call_id,
        output: [{ stdout: c.text(), stderr: c.text(), outcome: { type: 'exit', exit_code: 3 } }],
        ...c.members(30, { max_output_length: () => c.count(2000) }),
      },
    ],
    () => [
      {
        ...{ type: 'tool_search_call', id: `tsc_${c.word()}`, call_id, execution: 'client' },
        arguments: { query: c.text() },
      },
      { type: 'tool_search_output', call_id, execution: 'client', tools: c.list(0, 2, () => found(c)) },
    ],
    () => [
      {
        type: 'apply_patch_call',
        id: `apc_${c.word()}`,
        call_id,
        status: 'completed',
        operation: c.one<JsonValue>(
          { type: 'create_file', path: c.word(), diff: c.text() },
          { type: 'update_file', path: c.word(), diff: c.text() },
          { type: 'delete_file', path: c.word() },
        ),
      },
      { type: 'apply_patch_call_output', call_id, status: c.one('completed', 'failed'), output: c.text() },
    ],
  );
}

function hosted(c: Choices): JsonObject {
  const id = `h_${c.word()}`;
  return c.pick<JsonObject>(
    () => ({ type: 'web_search_call', id, status: 'completed', action: { type: 'search', query: c.text() } }),
    () => ({
      type: 'file_search_call',
      id,
      status: 'completed',
      queries: [c.text()],
      results: [{ file_id: c.word(), filename: c.word(), text: c.text(), score: 0.5 }],
    }),
    () => ({
      type: 'code_interpreter_call',
      id,
      status: 'completed',
      code: c.text(),
      container_id: c.word(),
      outputs: c.one<JsonValue>(
        [{ type: 'logs', logs: c.text() }],
        [{ type: 'image', url: `https://e.com/${c.word()}` }],
        null,
      ),
    }),
    () => ({ type: 'image_generation_call', id, status: 'completed', result: c.word() }),
    () => ({
      type: 'mcp_call',
      id,
      server_label: c.word(),
      name: c.word(),
      arguments: JSON.stringify({ [c.word()]: 1 }),
      output: c.text(),
    }),
    () => ({
      ...{ type: 'mcp_call', id, status: 'failed', server_label: c.word(), name: c.word(), arguments: '{}' },
      error: { type: 'mcp_tool_execution_error', content: [{ type: 'text', text: c.text() }] },
    }),
    () => ({
      type: 'mcp_list_tools',
      id,
      server_label: 'listed',
      tools: [{ name: 'listed', input_schema: {} }],
    }),
    () => ({ type: 'tool_search_call', id, arguments: { query: c.word() }, execution: 'server' }),
    () => ({ type: 'tool_search_call', id, arguments: { paths: [c.word(), c.word()] } }),
    () => ({ type: 'tool_search_output', id, status: 'completed', tools: c.list(0, 2, () => found(c)) }),
    () => ({ type: 'program', id, code: c.text() }),
    () => ({ type: 'program_output', id, result: c.text() }),
    () => ({ type: 'x_item', id, deep: c.word() }),
  );
}

/** A tool as a search gives it. */
function found(c: Choices): JsonObject {
  const tool = { type: 'function', name: `tool_${c.word()}`, description: c.text(), parameters: {} };
  return c.chance(50) ? tool : { type: 'namespace', name: `ns_${c.word()}`, description: '', tools: [tool] };
}

function control(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'additional_tools', role: 'developer', tools: [responsesTool(c)] }),
    () => ({
      type: 'configuration_update',
      reasoning: { effort: c.one('low', 'high') },
      ...c.members(50, { text: () => ({ verbosity: c.one('low', 'high') }) }),
    }),
    () => ({
      type: 'compaction',
      id: `cmp_${c.word()}`,
      encrypted_content: c.word(),
      summary: [{ type: 'summary_text', text: c.text() }],
    }),
  );
}

/** Items whose loss would change the answer: other formats refuse them. */
function refusedItem(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'item_reference', id: c.word() }),
    () => ({ type: 'compaction', encrypted_content: c.word() }),
    () => ({ type: 'compaction_trigger' }),
    () => ({ type: 'computer_call', call_id: c.word(), action: { type: 'click', x: 1 } }),
    () => ({
      type: 'computer_call_output',
      call_id: c.word(),
      output: { type: 'computer_screenshot', image_url: c.word() },
    }),
    () => ({ type: 'mcp_approval_request', id: c.word(), name: c.word() }),
    () => ({ type: 'mcp_approval_response', approval_request_id: c.word(), approve: true }),
  );
}
