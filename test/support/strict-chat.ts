// Refuses a Chat Completions request for what OpenAI itself refuses.

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
  'messages',
  'model',
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'metadata',
  'modalities',
  'moderation',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
];

/** Members of a message by role; `reasoning_content` is what reasoning hosts of this format take back. */
const MESSAGE_MEMBERS: Record<string, string[]> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: [
    'role',
    'content',
    'name',
    'refusal',
    'audio',
    'tool_calls',
    'function_call',
    'annotations',
    'reasoning_content',
  ],
  tool: ['role', 'content', 'tool_call_id'],
};

const PART_KINDS: Record<string, string[]> = {
  system: ['text'],
  developer: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text'],
};

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Throws a Breach; `reasonings` are the reasoning texts this upstream gave, the only ones it takes back. */
export function checkChat(body: Json, reasonings: ReadonlySet<string>): void {
  onlyMembers(body, MEMBERS, 'body');
  const model = stringAt(body.model, 'model');
  // Only the search models take it; to all others the same provider answers with exactly this refusal.
  if (body.web_search_options !== undefined && !model.includes('search')) {
    throw new Breach('web_search_options', 'not supported with this model');
  }
  checkSampling(body);
  const format = objectAt(body.response_format ?? {}, 'response_format');
  if (format.type === 'json_schema')
    objectSchemaAt(objectAt(format.json_schema, 'response_format.json_schema').schema, 'response_format');
  checkTools(body);
  checkOrder(listAt(body.messages, 'messages'), reasonings);
}

function checkSampling(body: Json): void {
  flagAt(body.stream, 'stream');
  inRange(body.temperature, 0, 2, 'temperature');
  inRange(body.top_p, 0, 1, 'top_p');
  inRange(body.max_tokens, 1, 1e7, 'max_tokens');
  inRange(body.max_completion_tokens, 1, 1e7, 'max_completion_tokens');
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    throw new Breach('max_tokens', 'setting both max_tokens and max_completion_tokens is not supported');
  }
  if (body.stream_options !== undefined && body.stream_options !== null) {
    if (body.stream !== true) throw new Breach('stream_options', 'only allowed when stream is enabled');
    const options = objectAt(body.stream_options, 'stream_options');
    onlyMembers(options, ['include_usage', 'include_obfuscation'], 'stream_options');
  }
  if (Array.isArray(body.stop) && body.stop.length > 4) throw new Breach('stop', 'at most 4 sequences');
}

function checkTools(body: Json): void {
  const names = new Set<string>();
  if (body.tools !== undefined) {
    const tools = listAt(body.tools, 'tools');
    if (tools.length === 0) throw new Breach('tools', 'empty array: expected at least one');
    for (const [i, value] of tools.entries()) {
      const tool = objectAt(value, `tools[${i}]`);
      oneOf(tool.type, ['function'], `tools[${i}].type`);
      onlyMembers(tool, ['type', 'function'], `tools[${i}]`);
      const declared = objectAt(tool.function, `tools[${i}].function`);
      onlyMembers(declared, ['name', 'description', 'parameters', 'strict'], `tools[${i}].function`);
      names.add(matching(declared.name, NAME, `tools[${i}].function.name`));
      flagAt(declared.strict, `tools[${i}].function.strict`);
      if (declared.parameters !== undefined)
        objectSchemaAt(declared.parameters, `tools[${i}].function.parameters`);
    }
  }
  if (body.tools === undefined && body.parallel_tool_calls !== undefined) {
    throw new Breach('parallel_tool_calls', 'only allowed when tools are specified');
  }
  if (body.tool_choice === undefined || body.tool_choice === null) return;
  if (body.tools === undefined) throw new Breach('tool_choice', 'only allowed when tools are specified');
  if (typeof body.tool_choice === 'string') {
    oneOf(body.tool_choice, ['none', 'auto', 'required'], 'tool_choice');
    return;
  }
  const choice = objectAt(body.tool_choice, 'tool_choice');
  const kind = oneOf(choice.type, ['function', 'allowed_tools'], 'tool_choice.type');
  const allowed =
    kind === 'function' ? undefined : objectAt(choice.allowed_tools, 'tool_choice.allowed_tools');
  if (allowed) oneOf(allowed.mode, ['auto', 'required'], 'tool_choice.allowed_tools.mode');
  const chosen = allowed ? listAt(allowed.tools, 'tool_choice.allowed_tools.tools') : [choice];
  if (chosen.length === 0) throw new Breach('tool_choice.allowed_tools.tools', 'must not be empty');
  for (const one of chosen) {
    const named = objectAt(objectAt(one, 'tool_choice').function, 'tool_choice.function');
    if (!names.has(stringAt(named.name, 'tool_choice.function.name')))
      throw new Breach('tool_choice.function.name', 'names no tool of this request');
  }
}

function checkOrder(messages: unknown[], reasonings: ReadonlySet<string>): void {
  if (messages.length === 0) throw new Breach('messages', 'empty array');
  let open = new Set<string>();
  let afterCalls = false;
  for (const [i, value] of messages.entries()) {
    const path = `messages[${i}]`;
    const message = objectAt(value, path);
    const role = oneOf(message.role, Object.keys(MESSAGE_MEMBERS), `${path}.role`);
    onlyMembers(message, MESSAGE_MEMBERS[role] ?? [], path);
    if (role === 'tool') {
      const id = stringAt(message.tool_call_id, `${path}.tool_call_id`);
      if (!afterCalls) throw new Breach(path, "role 'tool' must follow a message with 'tool_calls'");
      if (!open.delete(id)) throw new Breach(`${path}.tool_call_id`, `'${id}' answers no open call`);
    } else {
      if (open.size > 0) throw new Breach(path, `calls without a response: ${[...open].join(', ')}`);
      open = role === 'assistant' ? callsOf(message, path) : new Set();
      afterCalls = open.size > 0;
    }
    checkContent(message, role, path);
    const reasoning = message.reasoning_content;
    if (reasoning !== undefined && !wasGiven(stringAt(reasoning, `${path}.reasoning_content`), reasonings)) {
      throw new Breach(`${path}.reasoning_content`, 'was never given by this upstream');
    }
  }
  if (open.size > 0) throw new Breach('messages', `calls without a response: ${[...open].join(', ')}`);
}

/** Helpers of client libraries keep only the last delta of members they do not know: a part will do. */
function wasGiven(reasoning: string, reasonings: ReadonlySet<string>): boolean {
  // what DeepSeek takes in place of thoughts that are gone
  if (reasoning === ' ') return true;
  return [...reasonings].some((given) => given.includes(reasoning));
}

function callsOf(message: Json, path: string): Set<string> {
  const ids = new Set<string>();
  if (message.tool_calls === undefined) return ids;
  const calls = listAt(message.tool_calls, `${path}.tool_calls`);
  if (calls.length === 0) throw new Breach(`${path}.tool_calls`, 'empty array: expected at least one');
  for (const [i, value] of calls.entries()) {
    const at = `${path}.tool_calls[${i}]`;
    const call = objectAt(value, at);
    onlyMembers(call, ['id', 'type', 'function'], at);
    oneOf(call.type, ['function'], `${at}.type`);
    ids.add(matching(call.id, /^.{1,40}$/, `${at}.id`));
    const made = objectAt(call.function, `${at}.function`);
    onlyMembers(made, ['name', 'arguments'], `${at}.function`);
    matching(made.name, NAME, `${at}.function.name`);
    stringAt(made.arguments, `${at}.function.arguments`);
  }
  return ids;
}

function checkContent(message: Json, role: string, path: string): void {
  const { content } = message;
  if (content === null || content === undefined) {
    const mayLack =
      role === 'assistant' && (message.tool_calls !== undefined || message.refusal !== undefined);
    if (!mayLack) throw new Breach(`${path}.content`, 'expected a string, got null');
    return;
  }
  if (typeof content === 'string') return;
  const parts = listAt(content, `${path}.content`);
  if (parts.length === 0) throw new Breach(`${path}.content`, 'empty array');
  for (const [i, value] of parts.entries()) {
    const at = `${path}.content[${i}]`;
    const part = objectAt(value, at);
    const kind = oneOf(part.type, PART_KINDS[role] ?? [], `${at}.type`);
    // Output parts are left open: the Agents library copies every member of its message onto them.
    if (role !== 'assistant') onlyMembers(part, ['type', kind, 'prompt_cache_breakpoint'], at);
    if (kind === 'text') stringAt(part.text, `${at}.text`);
    if (kind === 'image_url')
      stringAt(objectAt(part.image_url, `${at}.image_url`).url, `${at}.image_url.url`);
  }
}
