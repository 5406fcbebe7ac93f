// Tool definitions of the Messages format to canonical tools.

import { Fault } from '../../../canonical/fault.ts';
import { runsCode } from '../../../canonical/hosted-tool.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { JsonSchema, SourcePath } from '../../../canonical/part.ts';
import type { Deferred, FunctionTool, Tool, ToolChoice, WebSearchTool } from '../../../canonical/request.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { decodeCache, FORMAT } from './block.ts';

const FUNCTION_MEMBERS = [
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
  'defer_loading',
];
const IMPLIED_MEMBERS = ['type', 'name', 'strict', 'cache_control', 'defer_loading'];
const SEARCH_MEMBERS = ['type', 'name', 'allowed_domains', 'blocked_domains', 'max_uses', 'user_location'];

export function decodeTools(value: JsonValue | undefined, losses: Loss[]): Tool[] {
  return asArray(value).map((tool, index) => decodeTool(tool, `tools[${index}]`, losses));
}

/** One canonical tool; types without a counterpart stay opaque for their own format. */
function decodeTool(value: JsonValue, at: SourcePath, losses: Loss[]): Tool {
  if (!isObject(value)) throw new Fault('invalid_value', `\`${at}\` must be an object.`, { param: at });
  const type = asString(value.type) ?? 'custom';
  if (type === 'custom') return decodeFunction(value, at, losses);
  const implied = impliedTool(type);
  if (implied) return decodeImplied(value, type, implied, at, losses);
  if (type.startsWith('web_search_')) return decodeWebSearch(value, at, losses);
  return { kind: 'opaque', type, raw: { format: FORMAT, value }, at };
}

function decodeFunction(tool: JsonObject, at: SourcePath, losses: Loss[]): FunctionTool {
  losses.push(...leftovers(tool, FUNCTION_MEMBERS, at));
  const name = asString(tool.name);
  if (name === undefined || name === '')
    throw new Fault('missing_field', `\`${at}.name\` is missing.`, { param: `${at}.name` });
  const out: FunctionTool = {
    kind: 'function',
    name,
    schema: isObject(tool.input_schema) ? tool.input_schema : { type: 'object', properties: {} },
    ...decodeCache(tool, at, losses),
    ...deferredIn(tool),
    at,
  };
  const description = asString(tool.description);
  if (description !== undefined) out.description = description;
  if (typeof tool.strict === 'boolean') out.strict = tool.strict;
  return out;
}

/** False is what leaving it out means. */
function deferredIn({ defer_loading }: JsonObject): { deferred?: Deferred } {
  return defer_loading === true ? { deferred: 'asked' } : {};
}

type Implied = { name: string; description: string; schema: JsonSchema };

/** Tools the client runs and whose arguments Anthropic documents instead of sending. */
function impliedTool(type: string): Implied | undefined {
  if (type.startsWith('bash_')) return BASH;
  if (type.startsWith('text_editor_')) {
    return type === 'text_editor_20250124' ? { ...EDITOR, name: 'str_replace_editor' } : EDITOR;
  }
  if (type.startsWith('memory_')) return MEMORY;
  return undefined;
}

function decodeImplied(
  tool: JsonObject,
  type: string,
  implied: Implied,
  at: SourcePath,
  losses: Loss[],
): FunctionTool {
  losses.push(...leftovers(tool, IMPLIED_MEMBERS, at));
  const out: FunctionTool = {
    kind: 'function',
    ...implied,
    name: asString(tool.name) ?? implied.name,
    implied: { format: FORMAT, value: { ...tool, type } },
    ...decodeCache(tool, at, losses),
    ...deferredIn(tool),
    at,
  };
  if (typeof tool.strict === 'boolean') out.strict = tool.strict;
  return out;
}

const text = (description: string): JsonObject => ({ type: 'string', description });
const count = (description: string): JsonObject => ({ type: 'integer', description });

const BASH: Implied = {
  name: 'bash',
  description: 'Run a command in a persistent bash session.',
  schema: {
    type: 'object',
    properties: {
      command: text('The command to run. Required unless the session is restarted.'),
      restart: { type: 'boolean', description: 'True to restart the session.' },
    },
  },
};

const EDITOR: Implied = {
  name: 'str_replace_based_edit_tool',
  description: 'View, create and edit text files.',
  schema: {
    type: 'object',
    properties: {
      command: {
        type: 'string',
        enum: ['view', 'create', 'str_replace', 'insert'],
        description: 'What to do.',
      },
      path: text('Path of the file or directory.'),
      file_text: text('`create`: the content of the new file.'),
      old_str: text('`str_replace`: the text to replace; it must occur exactly once.'),
      new_str: text('`str_replace`: the replacement.'),
      insert_line: count('`insert`: the line after which to insert, 0 for the beginning.'),
      insert_text: text('`insert`: the text to insert.'),
      view_range: {
        type: 'array',
        items: { type: 'integer' },
        description: '`view`: first and last line, counted from 1; -1 is the end of the file.',
      },
    },
    required: ['command', 'path'],
  },
};

const MEMORY: Implied = {
  name: 'memory',
  description: 'Read and write files in the /memories directory, which lasts between conversations.',
  schema: {
    type: 'object',
    properties: {
      command: {
        type: 'string',
        enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'],
        description: 'What to do.',
      },
      path: text('Path below /memories.'),
      file_text: text('`create`: the content of the new file.'),
      old_str: text('`str_replace`: the text to replace.'),
      new_str: text('`str_replace`: the replacement.'),
      insert_line: count('`insert`: the line after which to insert.'),
      insert_text: text('`insert`: the text to insert.'),
      old_path: text('`rename`: the present path.'),
      new_path: text('`rename`: the new path.'),
      view_range: { type: 'array', items: { type: 'integer' }, description: '`view`: first and last line.' },
    },
    required: ['command'],
  },
};

function decodeWebSearch(tool: JsonObject, at: SourcePath, losses: Loss[]): WebSearchTool {
  losses.push(...leftovers(tool, SEARCH_MEMBERS, at));
  const out: WebSearchTool = { kind: 'web-search', raw: { format: FORMAT, value: tool }, at };
  const allowed = strings(tool.allowed_domains);
  const blocked = strings(tool.blocked_domains);
  const maxUses = asNumber(tool.max_uses);
  if (allowed) out.allowedDomains = allowed;
  if (blocked) out.blockedDomains = blocked;
  if (maxUses !== undefined) out.maxUses = maxUses;
  if (isObject(tool.user_location)) {
    const place = tool.user_location;
    losses.push(
      ...leftovers(place, ['type', 'city', 'region', 'country', 'timezone'], `${at}.user_location`),
    );
    out.location = {};
    for (const name of ['city', 'region', 'country', 'timezone'] as const) {
      const word = asString(place[name]);
      if (word !== undefined) out.location[name] = word;
    }
  }
  return out;
}

function strings(value: JsonValue | undefined): string[] | undefined {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : undefined;
}

/** `tool_choice`: who decides, and whether several calls at once are fine (undefined when it does not say). */
export function decodeToolChoice(
  value: JsonValue | undefined,
  tools: readonly Tool[],
  losses: Loss[],
): { toolChoice?: ToolChoice; parallelTools?: boolean } {
  if (!isObject(value)) return {};
  losses.push(...leftovers(value, ['type', 'name', 'disable_parallel_tool_use'], 'tool_choice'));
  const single = asObject(value).disable_parallel_tool_use;
  const parallel = typeof single === 'boolean' ? { parallelTools: !single } : {};
  switch (value.type) {
    case 'auto':
    case 'none':
      return { toolChoice: { mode: value.type }, ...parallel };
    case 'any':
      return { toolChoice: { mode: 'required' }, ...parallel };
    case 'tool': {
      const name = asString(value.name);
      if (name === undefined)
        throw new Fault('missing_field', '`tool_choice.name` is missing.', { param: 'tool_choice.name' });
      return { toolChoice: hostedChoice(name, tools) ?? { mode: 'one', name, form: 'json' }, ...parallel };
    }
    default:
      throw new Fault('invalid_value', '`tool_choice.type` must be auto, any, tool or none.', {
        param: 'tool_choice.type',
      });
  }
}

/** Tools that run at the provider have their names here like all others. */
function hostedChoice(name: string, tools: readonly Tool[]): ToolChoice | undefined {
  const named = tools.find((tool) => 'raw' in tool && asObject(tool.raw.value).name === name);
  if (named?.kind === 'web-search') return { mode: 'hosted', tool: 'web-search' };
  return named?.kind === 'opaque' && runsCode(named) ? { mode: 'hosted', tool: 'code' } : undefined;
}
