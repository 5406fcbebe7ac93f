// Refuses a Messages request for what Anthropic itself refuses.

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
  'model',
  'messages',
  'max_tokens',
  'system',
  'metadata',
  'stop_sequences',
  'stream',
  'temperature',
  'top_k',
  'top_p',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'context_management',
  'service_tier',
  'container',
  'mcp_servers',
  'cache_control',
  'inference_geo',
  'speed',
];

const TOOL_MEMBERS = [
  'type',
  'name',
  'description',
  'input_schema',
  'cache_control',
  'strict',
  'eager_input_streaming',
  'defer_loading',
  'input_examples',
  'allowed_callers',
];

const IDENTIFIER = /^[a-zA-Z0-9_-]{1,64}$/;

/** Throws a Breach; `seals` are the signatures this upstream issued, the only ones it takes back. */
export function checkMessages(body: Json, seals: ReadonlySet<string>): void {
  if (body.thread !== undefined) {
    throw new Breach('thread', 'threads are not available here', {
      error_code: 'thread_unsupported_request',
      unsupported: ['thread'],
    });
  }
  onlyMembers(body, MEMBERS, 'body');
  stringAt(body.model, 'model');
  if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 1) {
    throw new Breach('max_tokens', 'field required: a positive integer');
  }
  checkSampling(body);
  if (body.system !== undefined && typeof body.system !== 'string') {
    for (const [i, block] of listAt(body.system, 'system').entries()) {
      checkBlock(block, ['text'], `system.${i}`, seals);
    }
  }
  checkTools(body);
  const turns = listAt(body.messages, 'messages');
  checkTurns(turns, seals);
  checkThoughts(body, turns);
}

function checkSampling(body: Json): void {
  inRange(body.temperature, 0, 1, 'temperature');
  inRange(body.top_p, 0, 1, 'top_p');
  flagAt(body.stream, 'stream');
  if (body.stop_sequences !== undefined) {
    for (const [i, stop] of listAt(body.stop_sequences, 'stop_sequences').entries()) {
      if (stringAt(stop, `stop_sequences.${i}`).trim() === '') {
        throw new Breach(`stop_sequences.${i}`, 'each stop sequence must contain non-whitespace');
      }
    }
  }
  if (body.metadata !== undefined) onlyMembers(objectAt(body.metadata, 'metadata'), ['user_id'], 'metadata');
  if (body.thinking === undefined) return;
  const thinking = objectAt(body.thinking, 'thinking');
  const kind = oneOf(thinking.type, ['enabled', 'adaptive', 'disabled'], 'thinking.type');
  if (kind === 'enabled') {
    inRange(thinking.budget_tokens ?? -1, 1024, Number(body.max_tokens) - 1, 'thinking.budget_tokens');
    if (body.temperature !== undefined && body.temperature !== 1) {
      throw new Breach('temperature', 'may only be set to 1 when thinking is enabled');
    }
  }
}

function checkTools(body: Json): void {
  const names = new Set<string>();
  for (const [i, value] of listAt(body.tools ?? [], 'tools').entries()) {
    const path = `tools.${i}`;
    const tool = objectAt(value, path);
    if (typeof tool.type === 'string' && /_\d{8}$/.test(tool.type)) continue;
    if (tool.type === 'mcp_toolset') {
      checkServer(body, tool, path);
      continue;
    }
    onlyMembers(tool, TOOL_MEMBERS, path);
    if (tool.type !== undefined) oneOf(tool.type, ['custom'], `${path}.type`);
    const name = matching(tool.name, /^[a-zA-Z0-9_-]{1,128}$/, `${path}.name`);
    if (names.has(name)) throw new Breach(`${path}.name`, 'tool names must be unique');
    names.add(name);
    if (tool.description !== undefined) stringAt(tool.description, `${path}.description`);
    objectSchemaAt(tool.input_schema, `${path}.input_schema`);
    checkKeys(objectAt(tool.input_schema, `${path}.input_schema`), `${path}.input_schema`);
  }
  if (body.tool_choice === undefined) return;
  const choice = objectAt(body.tool_choice, 'tool_choice');
  onlyMembers(choice, ['type', 'name', 'disable_parallel_tool_use'], 'tool_choice');
  const kind = oneOf(choice.type, ['auto', 'any', 'tool', 'none'], 'tool_choice.type');
  if (kind === 'tool' && !names.has(stringAt(choice.name, 'tool_choice.name'))) {
    throw new Breach('tool_choice.name', 'names no tool of this request');
  }
  if (names.size === 0 && kind !== 'none' && body.tools === undefined) {
    throw new Breach('tool_choice', 'may only be specified while providing tools');
  }
}

/** Of every `properties` map, wherever it stands: no property is called that in the tests. */
function checkKeys(schema: Json, path: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties')
      for (const key of Object.keys(objectAt(value, path))) matching(key, PROPERTY_KEY, `${path}.properties`);
    for (const inner of [value].flat())
      if (typeof inner === 'object' && inner !== null) checkKeys(inner as Json, `${path}.${keyword}`);
  }
}

const PROPERTY_KEY = /^[a-zA-Z0-9_.-]{1,64}$/;

function checkServer(body: Json, toolset: Json, path: string): void {
  onlyMembers(
    toolset,
    ['type', 'mcp_server_name', 'default_config', 'configs', 'tools', 'cache_control'],
    path,
  );
  const servers = listAt(body.mcp_servers, 'mcp_servers').map((server, i) => {
    const at = `mcp_servers.${i}`;
    const one = objectAt(server, at);
    onlyMembers(one, ['type', 'url', 'name', 'authorization_token'], at);
    matching(one.url, /^https:/, `${at}.url`);
    return stringAt(one.name, `${at}.name`);
  });
  oneOf(toolset.mcp_server_name, servers, `${path}.mcp_server_name`);
}

function checkTurns(turns: unknown[], seals: ReadonlySet<string>): void {
  if (turns.length === 0) throw new Breach('messages', 'at least one message is required');
  let before: string | undefined;
  let open: string[] = [];
  for (const [i, value] of turns.entries()) {
    const path = `messages.${i}`;
    const turn = objectAt(value, path);
    onlyMembers(turn, ['role', 'content'], path);
    const role = oneOf(turn.role, ['user', 'assistant', 'system'], `${path}.role`);
    if (role === 'system') {
      for (const block of blocksOf(turn.content, path)) checkBlock(block, ['text'], `${path}.content`, seals);
      if (before !== 'user') throw new Breach(path, 'a system message must immediately follow a user turn');
      before = role;
      continue;
    }
    if (before === 'system' && role !== 'assistant')
      throw new Breach(path, 'a system message must precede an assistant turn or end the array');
    if (before === undefined && role !== 'user')
      throw new Breach(path, 'first message must use the user role');
    if (role === before) throw new Breach(path, 'roles must alternate between user and assistant');
    before = role;
    const blocks = blocksOf(turn.content, path);
    const kinds = role === 'user' ? USER_BLOCKS : ASSISTANT_BLOCKS;
    for (const [j, block] of blocks.entries()) checkBlock(block, kinds, `${path}.content.${j}`, seals);
    if (role === 'user') checkResults(blocks, open, path);
    open = role === 'assistant' ? callIdsOf(blocks, path) : [];
    if (role === 'assistant') checkPrefill(blocks, i === turns.length - 1, path);
  }
  if (open.length > 0) throw new Breach('messages', `tool_use ids without tool_result: ${open.join(', ')}`);
}

/** With thinking on, a loop of calls and results, which is one turn of the assistant, must hold thoughts. */
function checkThoughts(body: Json, turns: unknown[]): void {
  if (body.thinking === undefined || objectAt(body.thinking, 'thinking').type !== 'enabled') return;
  const kinds = turns.map((turn) => blocksOf(objectAt(turn, 'turn').content, 'turn').map(({ type }) => type));
  let first: unknown;
  for (let at = kinds.length - 1; kinds[at]?.[0] === 'tool_result'; at -= 2) {
    first = kinds[at - 1]?.[0];
    if (first === 'thinking' || first === 'redacted_thinking') return;
  }
  if (first !== undefined)
    throw new Breach('messages', `expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\``);
}

const USER_BLOCKS = ['text', 'image', 'document', 'search_result', 'tool_result'];
const ASSISTANT_BLOCKS = [
  'text',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'server_tool_use',
  'code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
];

function blocksOf(content: unknown, path: string): Json[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const blocks = listAt(content, `${path}.content`).map((block, j) =>
    objectAt(block, `${path}.content.${j}`),
  );
  if (blocks.length === 0) throw new Breach(`${path}.content`, 'all messages must have non-empty content');
  return blocks;
}

/** Results come first, one for each open call, none else. */
function checkResults(blocks: Json[], open: string[], path: string): void {
  const results = blocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => String(block.tool_use_id));
  const missing = open.filter((id) => !results.includes(id));
  if (missing.length > 0) {
    throw new Breach(
      path,
      `tool_use ids without tool_result blocks immediately after: ${missing.join(', ')}`,
    );
  }
  const orphan = results.find((id) => !open.includes(id));
  if (orphan !== undefined) throw new Breach(path, `unexpected tool_use_id in tool_result blocks: ${orphan}`);
  if (new Set(results).size !== results.length)
    throw new Breach(path, 'each tool_use must have a single result');
  if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result')) {
    throw new Breach(path, 'tool_result blocks must come before other content');
  }
}

function callIdsOf(blocks: Json[], path: string): string[] {
  const ids = blocks.filter((block) => block.type === 'tool_use').map((block) => String(block.id));
  if (new Set(ids).size !== ids.length) throw new Breach(path, '`tool_use` ids must be unique');
  return ids;
}

function checkPrefill(blocks: Json[], last: boolean, path: string): void {
  const text = blocks.at(-1)?.text;
  if (last && typeof text === 'string' && text !== text.trimEnd()) {
    throw new Breach(path, 'final assistant content cannot end with trailing whitespace');
  }
}

function checkBlock(
  value: unknown,
  allowed: readonly string[],
  path: string,
  seals: ReadonlySet<string>,
): void {
  const block = objectAt(value, path);
  const kind = oneOf(block.type, allowed, `${path}.type`);
  switch (kind) {
    case 'text':
      onlyMembers(block, ['type', 'text', 'cache_control', 'citations'], path);
      if (stringAt(block.text, `${path}.text`).trim() === '') {
        throw new Breach(path, 'text content blocks must contain non-whitespace text');
      }
      return;
    case 'thinking':
      onlyMembers(block, ['type', 'thinking', 'signature'], path);
      stringAt(block.thinking, `${path}.thinking`);
      if (!seals.has(stringAt(block.signature, `${path}.signature`))) {
        throw new Breach(`${path}.signature`, 'Invalid `signature` in `thinking` block');
      }
      return;
    case 'redacted_thinking':
      throw new Breach(path, 'this upstream never issued a redacted block');
    case 'tool_use':
      onlyMembers(block, ['type', 'id', 'name', 'input', 'cache_control', 'caller'], path);
      matching(block.id, IDENTIFIER, `${path}.id`);
      matching(block.name, /^[a-zA-Z0-9_-]{1,128}$/, `${path}.name`);
      objectAt(block.input, `${path}.input`);
      return;
    case 'tool_result':
      onlyMembers(block, ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'], path);
      matching(block.tool_use_id, IDENTIFIER, `${path}.tool_use_id`);
      flagAt(block.is_error, `${path}.is_error`);
      if (block.content === undefined || typeof block.content === 'string') return;
      for (const [i, inner] of listAt(block.content, `${path}.content`).entries()) {
        checkBlock(inner, ['text', 'image', 'document', 'search_result'], `${path}.content.${i}`, seals);
      }
      return;
    default:
      return;
  }
}
