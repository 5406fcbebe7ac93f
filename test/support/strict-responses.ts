// Refuses a Responses request for what OpenAI itself refuses.

import {
  Breach,
  flagAt,
  inRange,
  type Json,
  listAt,
  matching,
  objectAt,
  objectSchemaAt,
  oneOf,
  onlyMembers,
  stringAt,
} from './strict.ts';

const MEMBERS = [
  'background',
  'client_metadata',
  'context_management',
  'conversation',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'moderation',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
];

const HOSTED_TOOLS = [
  'namespace',
  'web_search',
  'web_search_preview',
  'file_search',
  'code_interpreter',
  'custom',
  'tool_search',
  'mcp',
];

/** Throws a Breach; `seals` are the encrypted reasonings and `items` the items this upstream issued. */
export function checkResponses(
  body: Json,
  seals: ReadonlySet<string>,
  items: ReadonlyMap<string, Json>,
): void {
  onlyMembers(body, MEMBERS, 'body');
  stringAt(body.model, 'model');
  flagAt(body.stream, 'stream');
  flagAt(body.store, 'store');
  inRange(body.temperature, 0, 2, 'temperature');
  inRange(body.top_p, 0, 1, 'top_p');
  inRange(body.max_output_tokens, 16, 1e7, 'max_output_tokens');
  if (body.instructions !== undefined && body.instructions !== null)
    stringAt(body.instructions, 'instructions');
  if (body.reasoning !== undefined && body.reasoning !== null) {
    onlyMembers(
      objectAt(body.reasoning, 'reasoning'),
      ['effort', 'summary', 'generate_summary', 'context'],
      'reasoning',
    );
  }
  const text = objectAt(body.text ?? {}, 'text');
  onlyMembers(text, ['format', 'verbosity'], 'text');
  const format = objectAt(text.format ?? {}, 'text.format');
  if (format.type === 'json_schema') objectSchemaAt(format.schema, 'text.format.schema');
  checkTools(body);
  if (body.input === undefined) throw new Breach('input', 'missing required parameter');
  if (typeof body.input === 'string') return;
  checkItems(listAt(body.input, 'input'), seals, items);
}

function checkTools(body: Json): void {
  const names = new Set<string>();
  for (const [i, value] of listAt(body.tools ?? [], 'tools').entries()) {
    const path = `tools[${i}]`;
    const tool = objectAt(value, path);
    if (oneOf(tool.type, ['function', ...HOSTED_TOOLS], `${path}.type`) !== 'function') continue;
    onlyMembers(tool, ['type', 'name', 'description', 'parameters', 'strict', 'defer_loading'], path);
    names.add(matching(tool.name, /^[a-zA-Z0-9_-]{1,64}$/, `${path}.name`));
    objectSchemaAt(tool.parameters, `${path}.parameters`);
    flagAt(tool.strict, `${path}.strict`);
  }
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return;
  if (typeof choice === 'string') {
    oneOf(choice, ['none', 'auto', 'required'], 'tool_choice');
    return;
  }
  const named = objectAt(choice, 'tool_choice');
  if (named.type === 'function' && !names.has(stringAt(named.name, 'tool_choice.name'))) {
    throw new Breach('tool_choice.name', 'names no tool of this request');
  }
}

function checkItems(list: unknown[], seals: ReadonlySet<string>, items: ReadonlyMap<string, Json>): void {
  if (list.length === 0) throw new Breach('input', 'empty array');
  const calls = new Set<string>();
  const answered = new Set<string>();
  for (const [i, value] of list.entries()) {
    const path = `input[${i}]`;
    let item = objectAt(value, path);
    if (item.type === 'item_reference') {
      const known = items.get(stringAt(item.id, `${path}.id`));
      if (known === undefined) throw new Breach(path, `item with id '${String(item.id)}' not found`);
      item = known;
    }
    switch (item.type ?? 'message') {
      case 'message':
        checkMessage(item, path);
        break;
      case 'function_call':
        onlyMembers(item, ['type', 'id', 'call_id', 'name', 'arguments', 'status', 'namespace'], path);
        if (item.id !== undefined) matching(item.id, /^fc/, `${path}.id`);
        stringAt(item.name, `${path}.name`);
        stringAt(item.arguments, `${path}.arguments`);
        calls.add(matching(item.call_id, /^.{1,64}$/, `${path}.call_id`));
        break;
      case 'function_call_output': {
        onlyMembers(item, ['type', 'id', 'call_id', 'output', 'status'], path);
        const id = matching(item.call_id, /^.{1,64}$/, `${path}.call_id`);
        if (!calls.has(id))
          throw new Breach(path, `no tool call found for function call output with call_id ${id}`);
        answered.add(id);
        if (typeof item.output !== 'string') {
          checkParts(listAt(item.output, `${path}.output`), INPUT_PARTS, `${path}.output`);
        }
        break;
      }
      case 'reasoning':
        checkReasoning(item, path, seals);
        break;
      case 'code_interpreter_call':
        onlyMembers(item, ['type', 'id', 'status', 'code', 'container_id', 'outputs'], path);
        matching(item.container_id, /^cntr_/, `${path}.container_id`);
        break;
      case 'tool_search_call':
      case 'tool_search_output':
        oneOf(item.execution, ['server'], `${path}.execution`);
        break;
      case 'mcp_call':
        matching(item.id, /^mcp_/, `${path}.id`);
        stringAt(item.arguments, `${path}.arguments`);
        break;
      default:
        throw new Breach(`${path}.type`, `invalid value '${String(item.type)}'`);
    }
  }
  const lonely = [...calls].find((id) => !answered.has(id));
  if (lonely !== undefined) throw new Breach('input', `no tool output found for function call ${lonely}`);
}

const INPUT_PARTS = ['input_text', 'input_image', 'input_file'];
const OUTPUT_PARTS = ['output_text', 'refusal'];

function checkMessage(item: Json, path: string): void {
  onlyMembers(item, ['type', 'id', 'role', 'content', 'status', 'phase'], path);
  const role = oneOf(item.role, ['user', 'assistant', 'system', 'developer'], `${path}.role`);
  if (item.id !== undefined) matching(item.id, /^msg/, `${path}.id`);
  if (typeof item.content === 'string') return;
  const parts = listAt(item.content, `${path}.content`);
  if (parts.length === 0) throw new Breach(`${path}.content`, 'empty array');
  checkParts(parts, role === 'assistant' ? OUTPUT_PARTS : INPUT_PARTS, `${path}.content`);
}

function checkParts(parts: unknown[], kinds: readonly string[], path: string): void {
  for (const [i, value] of parts.entries()) {
    const at = `${path}[${i}]`;
    const part = objectAt(value, at);
    const kind = oneOf(part.type, kinds, `${at}.type`);
    if (kind === 'input_text') onlyMembers(part, ['type', 'text', 'prompt_cache_breakpoint'], at);
    if (kind === 'output_text') onlyMembers(part, ['type', 'text', 'annotations', 'logprobs'], at);
    if (kind === 'input_text' || kind === 'output_text') stringAt(part.text, `${at}.text`);
  }
}

function checkReasoning(item: Json, path: string, seals: ReadonlySet<string>): void {
  onlyMembers(item, ['type', 'id', 'summary', 'content', 'encrypted_content', 'status'], path);
  matching(item.id, /^rs/, `${path}.id`);
  listAt(item.summary, `${path}.summary`);
  const sealed = item.encrypted_content;
  if (sealed !== undefined && sealed !== null && !seals.has(stringAt(sealed, `${path}.encrypted_content`))) {
    throw new Breach(`${path}.encrypted_content`, 'could not be verified: this upstream never issued it');
  }
}
