// The tools this format defines without a schema and the client runs: shell, local_shell, apply_patch.

import type { JsonSchema, ToolCallPart } from '../../canonical/part.ts';
import {
  asArray,
  asObject,
  asString,
  compact,
  entryOf,
  isObject,
  type JsonObject,
  tryParseJson,
} from '../../lib/json.ts';
import { ownToolId } from '../tool-id.ts';

const text: JsonObject = { type: 'string' };
const texts: JsonObject = { type: 'array', items: text };
const count: JsonObject = { type: 'integer' };

type ClientTool = {
  call: string;
  output: string;
  /** The member of the call item that holds the arguments. */
  holds: 'action' | 'operation' | 'arguments';
  idPrefix: string;
  description: string;
  schema: JsonSchema;
};

/** By tool type; the type is also the name other formats see. */
export const CLIENT_TOOLS: Record<string, ClientTool> = {
  shell: {
    call: 'shell_call',
    output: 'shell_call_output',
    holds: 'action',
    idPrefix: 'sh',
    description: 'Runs shell commands on the user’s machine and returns what they print.',
    schema: {
      type: 'object',
      properties: { commands: texts, timeout_ms: count, max_output_length: count },
      required: ['commands'],
    },
  },
  local_shell: {
    call: 'local_shell_call',
    output: 'local_shell_call_output',
    holds: 'action',
    idPrefix: 'lsh',
    description: 'Runs one command on the user’s machine; `command` is the program and its arguments.',
    schema: {
      type: 'object',
      properties: {
        command: texts,
        env: { type: 'object', additionalProperties: text },
        working_directory: text,
        timeout_ms: count,
        user: text,
      },
      required: ['command'],
    },
  },
  apply_patch: {
    call: 'apply_patch_call',
    output: 'apply_patch_call_output',
    holds: 'operation',
    idPrefix: 'apc',
    description:
      'Creates, changes or deletes one file; `diff` is in the V4A patch format and absent for a deletion.',
    schema: {
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
        path: text,
        diff: text,
      },
      required: ['type', 'path'],
    },
  },
  // one that OpenAI runs has no call to answer
  tool_search: {
    call: 'tool_search_call',
    output: 'tool_search_output',
    holds: 'arguments',
    idPrefix: 'tsc',
    description: 'Finds tools by what they are for. What it finds can be called from then on.',
    schema: { type: 'object', properties: { query: text }, required: ['query'] },
  },
};

/** The tool that an item is a call of. */
export function toolOfCall(item: JsonObject): string | undefined {
  return Object.keys(CLIENT_TOOLS).find((name) => CLIENT_TOOLS[name]?.call === item.type && isAtClient(item));
}

/** The tool that an item is what came of. */
export function toolOfOutput(item: JsonObject): string | undefined {
  return Object.keys(CLIENT_TOOLS).find(
    (name) => CLIENT_TOOLS[name]?.output === item.type && isAtClient(item),
  );
}

function isAtClient({ type, execution }: JsonObject): boolean {
  return !asString(type)?.startsWith('tool_search_') || execution === 'client';
}

/** Names of the client tools that a list of wire tools holds. A shell in a provider's container is hosted. */
export function clientToolsIn(tools: unknown): Set<string> {
  const names = asArray(tools)
    .filter(isObject)
    .filter((tool) => isClientTool(tool))
    .map((tool) => asString(tool.type) ?? '');
  return new Set(names);
}

export function isClientTool(tool: JsonObject): boolean {
  const type = asString(tool.type) ?? '';
  if (!Object.hasOwn(CLIENT_TOOLS, type)) return false;
  if (type === 'tool_search') return tool.execution === 'client';
  const place = asString(asObject(tool.environment).type);
  return type !== 'shell' || place === undefined || place === 'local';
}

/** A call item as a call of an ordinary function. */
export function readClientCall(name: string, item: JsonObject): ToolCallPart {
  const args = { ...asObject(item[entryOf(CLIENT_TOOLS, name)?.holds ?? 'action']) };
  // the only value there is; a function's arguments do not need it
  if (name === 'local_shell') delete args.type;
  const itemId = asString(item.id);
  return {
    kind: 'tool-call',
    id: ownToolId(asString(item.call_id) ?? itemId ?? ''),
    name,
    form: 'json',
    input: JSON.stringify(args),
    ...(itemId === undefined ? {} : { itemId }),
  };
}

/** The call item for a function call; undefined when the arguments are not what the tool takes. */
export function writeClientCall(
  call: ToolCallPart,
  itemId: string | undefined,
  status: string,
): JsonObject | undefined {
  const tool = entryOf(CLIENT_TOOLS, call.name);
  const args = tryParseJson(call.input);
  if (!tool || !isObject(args)) return undefined;
  const members = writeArguments(call.name, args);
  if (!members) return undefined;
  const execution = call.name === 'tool_search' ? 'client' : undefined;
  const item = { type: tool.call, id: itemId, call_id: call.id, execution, [tool.holds]: members };
  // a patch call knows no status for a broken one
  return compact({
    ...item,
    status: call.name === 'apply_patch' && status === 'incomplete' ? 'in_progress' : status,
  });
}

function writeArguments(name: string, args: JsonObject): JsonObject | undefined {
  if (name === 'tool_search') return args;
  if (name === 'apply_patch') {
    const type = asString(args.type) ?? '';
    if (asString(args.path) === undefined || !/^(create|update|delete)_file$/.test(type)) return undefined;
    return type === 'delete_file'
      ? { type, path: args.path ?? '' }
      : { ...args, diff: asString(args.diff) ?? '' };
  }
  const member = name === 'shell' ? 'commands' : 'command';
  const lines = typeof args[member] === 'string' ? [args[member]] : asArray(args[member]);
  if (lines.length === 0 || lines.some((line) => typeof line !== 'string')) return undefined;
  if (name === 'shell') return { timeout_ms: null, max_output_length: null, ...args, commands: lines };
  return { env: {}, ...args, type: 'exec', command: lines };
}

/** What the client's machine answered, as text and whether it failed. */
export function readClientOutput(name: string, item: JsonObject): { text: string; failed: boolean } {
  const output = typeof item.output === 'string' ? item.output : JSON.stringify(item.output ?? '');
  const isEmpty = item.output === undefined || item.output === null;
  return { text: isEmpty ? '' : output, failed: name === 'apply_patch' && item.status === 'failed' };
}

/** The output item for a result of a client tool. */
export function writeClientOutput(name: string, callId: string, text: string, failed: boolean): JsonObject {
  const type = entryOf(CLIENT_TOOLS, name)?.output ?? '';
  if (name === 'apply_patch')
    return { type, call_id: callId, status: failed ? 'failed' : 'completed', output: text };
  if (name === 'local_shell') return { type, id: callId, call_id: callId, output: text };
  const parsed = tryParseJson(text);
  const outcome = { type: 'exit', exit_code: failed ? 1 : 0 };
  const output = Array.isArray(parsed) ? parsed : [{ stdout: text, stderr: '', outcome }];
  return { type, call_id: callId, output };
}
