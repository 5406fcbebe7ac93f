// Input items of a Responses request, read into canonical messages.

import { callInput } from '../../../canonical/call-input.ts';
import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  Message,
  OpaquePart,
  Part,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../../canonical/part.ts';
import type { Tool } from '../../../canonical/request.ts';
import { fullName } from '../../../canonical/tool-search.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { ownToolId } from '../../tool-id.ts';
import { CLIENT_TOOLS, readClientCall, readClientOutput, toolOfCall, toolOfOutput } from '../client-tools.ts';
import { codeIn, hostedText } from '../hosted-items.ts';
import { remoteIn } from '../remote-calls.ts';
import { isReference } from '../stored.ts';
import { toolSearchIn, toolsIn } from '../tool-search.ts';
import { decodeContent } from './content.ts';
import { lostMembers } from './lost-members.ts';
import { decodeTools } from './tools.ts';

/** What the items add up to. `updates` are mid-conversation settings in the order they stood. */
export type Conversation = {
  messages: Message[];
  tools: Tool[];
  /** Tools that the client's own search has found. */
  found: Tool[];
  updates: { reasoning: JsonObject; text: JsonObject; at: string }[];
};

/** Marks a result as failed; the format has no member for it. */
export const ERROR_PREFIX = '[tool error] ';

/** Throws Fault `unsupported_parameter` for items whose meaning is stored at the provider. */
export function decodeItems(input: JsonValue | undefined, losses: Loss[]): Conversation {
  const conversation: Conversation = { messages: [], tools: [], found: [], updates: [] };
  if (typeof input === 'string') {
    conversation.messages.push({
      role: 'user',
      parts: [{ kind: 'text', text: input, at: 'input' }],
      at: 'input',
    });
    return conversation;
  }
  const reading: Reading = { conversation, callIds: new Map(), losses };
  asArray(input).forEach((item, index) => {
    if (isObject(item)) decodeItem(item, `input[${index}]`, reading);
  });
  return conversation;
}

/** What is filled on the way through the items. */
type Reading = {
  conversation: Conversation;
  /** Calls by the ids of their items: the output of a local shell may name the item in place of the call. */
  callIds: Map<string, string>;
  losses: Loss[];
};

/** Counts as lost what an item has beside these members. */
function loseOthers(item: JsonObject, at: string, losses: Loss[], ...members: string[]): void {
  const silent = ['type', 'id', 'status', 'created_by', ...members];
  if (asObject(item.caller).type === 'direct') silent.push('caller');
  if (asObject(item.environment).type === 'local') silent.push('environment');
  losses.push(...lostMembers(item, silent, at));
}

function decodeItem(item: JsonObject, at: string, reading: Reading): void {
  const call = toolOfCall(item);
  const output = toolOfOutput(item);
  if (call !== undefined) decodeClientCall(call, item, at, reading);
  else if (output === 'tool_search') decodeFound(item, at, reading);
  else if (output !== undefined) decodeClientOutput(output, item, at, reading);
  else decodePlainItem(item, at, reading);
}

/** A call of a tool that the client runs, though the format has defined it. */
function decodeClientCall(
  tool: string,
  item: JsonObject,
  at: string,
  { conversation, callIds, losses }: Reading,
): void {
  loseOthers(item, at, losses, 'call_id', CLIENT_TOOLS[tool]?.holds ?? 'action', 'execution');
  const call = readClientCall(tool, item);
  if (call.itemId !== undefined) callIds.set(call.itemId, call.id);
  join(conversation.messages, 'assistant', { ...call, at }, at);
}

function decodeClientOutput(
  tool: string,
  item: JsonObject,
  at: string,
  { conversation, callIds, losses }: Reading,
): void {
  loseOthers(item, at, losses, 'call_id', 'output');
  const id = asString(item.call_id) ?? asString(item.id) ?? '';
  const { text, failed } = readClientOutput(tool, item);
  const content: Part[] = [{ kind: 'text', text, at: `${at}.output` }];
  const result = toolResult(callIds.get(id) ?? id, 'json', content, at);
  join(conversation.messages, 'tool', failed ? { ...result, isError: true } : result, at);
}

/** What the client's own search has found: the model knows it from there on, though it may be gone from the tools. */
function decodeFound(item: JsonObject, at: string, { conversation, losses }: Reading): void {
  loseOthers(item, at, losses, 'call_id', 'execution', 'tools');
  const tools = decodeTools(item.tools, `${at}.tools`, losses);
  conversation.found.push(...tools.map(deferred));
  const result = toolResult(asString(item.call_id) ?? '', 'json', foundIn(item, at), at);
  join(conversation.messages, 'tool', result, at);
}

function decodePlainItem(item: JsonObject, at: string, { conversation, losses }: Reading): void {
  const { messages } = conversation;
  const type = isReference(item) ? 'item_reference' : (asString(item.type) ?? 'message');
  const known = (...members: string[]) => loseOthers(item, at, losses, ...members);
  switch (type) {
    case 'message':
      known('role', 'content', 'phase');
      decodeMessage(item, at, messages, losses);
      return;
    case 'reasoning':
      known('summary', 'content', 'encrypted_content');
      join(messages, 'assistant', { ...readReasoning(item), at }, at);
      return;
    case 'function_call':
    case 'custom_tool_call':
      known('call_id', 'name', 'namespace', type === 'function_call' ? 'arguments' : 'input');
      join(messages, 'assistant', { ...readCall(item), at }, at);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output': {
      known('call_id', 'output', 'name', 'namespace');
      const form = type === 'function_call_output' ? 'json' : 'text';
      const content = decodeContent(outputContent(item.output), `${at}.output`, losses);
      join(messages, 'tool', toolResult(asString(item.call_id) ?? '', form, content, at), at);
      return;
    }
    case 'compaction':
    case 'compaction_summary':
      known('summary', 'content');
      decodeCompaction(item, at, messages);
      return;
    case 'additional_tools':
      known('role', 'tools');
      conversation.tools.push(...decodeTools(item.tools, `${at}.tools`, losses));
      losses.push({ path: at, action: 'moved', reason: 'added to the tools of the whole request' });
      return;
    case 'configuration_update':
      known('reasoning', 'text');
      conversation.updates.push({ reasoning: asObject(item.reasoning), text: asObject(item.text), at });
      losses.push({ path: at, action: 'moved', reason: 'became a setting of the whole request' });
      return;
    case 'item_reference':
      throw unsupported(
        at,
        'names an item that is not kept here; send the item itself, as clients do that set `store` to false',
      );
    case 'compaction_trigger':
    case 'computer_call':
    case 'computer_call_output':
    case 'mcp_approval_request':
    case 'mcp_approval_response':
      throw unsupported(
        at,
        'is of a kind this model’s provider cannot take; use an OpenAI model or leave it out',
      );
    default:
      join(messages, 'assistant', hosted(item, type, at), at);
  }
}

function deferred(tool: Tool): Tool {
  return tool.kind === 'function' || tool.kind === 'custom' ? { ...tool, deferred: 'found' } : tool;
}

/** One part for each tool that was found. */
function foundIn(item: JsonObject, at: string): OpaquePart[] {
  return toolsIn(item).map(({ tool, name }) => ({
    kind: 'opaque',
    type: 'tool_search_output',
    raw: { format: 'openai-responses', value: tool },
    text: `Found the tool ${fullName(name)}`,
    toolSearch: { found: [name] },
    at,
  }));
}

function unsupported(param: string, why: string): Fault {
  return new Fault('unsupported_parameter', `\`${param}\` ${why}.`, { param });
}

/** Contiguous assistant items are one turn, contiguous outputs one set of results. */
function join(messages: Message[], role: 'assistant' | 'tool', part: Part, at: string): void {
  const last = messages.at(-1);
  if (last?.role === role) last.parts.push(part);
  else messages.push({ role, parts: [part], at });
}

function decodeMessage(item: JsonObject, at: string, messages: Message[], losses: Loss[]): void {
  const role = item.role;
  if (role !== 'user' && role !== 'system' && role !== 'developer' && role !== 'assistant')
    throw new Fault('invalid_value', `\`${at}.role\` must be "user", "assistant", "system" or "developer".`, {
      param: `${at}.role`,
    });
  const parts = decodeContent(item.content, `${at}.content`, losses, asString(item.phase));
  const last = messages.at(-1);
  if (role === 'assistant' && last?.role === 'assistant') last.parts.push(...parts);
  else messages.push({ role, parts, at });
}

/** A reasoning item; `content` is null when clients replay it. */
function readReasoning(item: JsonObject): ReasoningPart {
  const texts = (value: unknown) =>
    typeof value === 'string' ? [value] : asArray(value).map((part) => asString(asObject(part).text) ?? '');
  const data = asString(item.encrypted_content);
  const itemId = asString(item.id);
  return {
    kind: 'reasoning',
    summary: texts(item.summary),
    content: texts(item.content),
    ...(data === undefined || data === '' ? {} : { seal: { issuer: 'openai', data } }),
    ...(itemId === undefined ? {} : { itemId }),
  };
}

/** A `function_call` or `custom_tool_call` item. */
export function readCall(item: JsonObject): ToolCallPart {
  const isCustom = item.type === 'custom_tool_call';
  const text = asString(isCustom ? item.input : item.arguments) ?? '';
  const namespace = asString(item.namespace);
  const itemId = asString(item.id);
  return {
    kind: 'tool-call',
    id: ownToolId(asString(item.call_id) ?? itemId ?? ''),
    name: asString(item.name) ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    form: isCustom ? 'text' : 'json',
    input: isCustom ? text : callInput(text),
    ...(itemId === undefined ? {} : { itemId }),
  };
}

function outputContent(output: JsonValue | undefined): JsonValue {
  if (typeof output === 'string' || Array.isArray(output)) return output;
  return isObject(output) ? JSON.stringify(output) : '';
}

function toolResult(callId: string, form: 'json' | 'text', content: Part[], at: string): ToolResultPart {
  const first = content[0];
  const isError = first?.kind === 'text' && first.text.startsWith(ERROR_PREFIX);
  const result: ToolResultPart = {
    kind: 'tool-result',
    callId: ownToolId(callId),
    form,
    content,
    isError,
    at,
  };
  if (!isError) return result;
  const text = first.text.slice(ERROR_PREFIX.length);
  const stripped = text === '' ? [] : [{ ...first, text }];
  return { ...result, content: [...stripped, ...content.slice(1)] };
}

/** A summary that can be read goes on as text; one that cannot would silently cut the conversation. */
function decodeCompaction(item: JsonObject, at: string, messages: Message[]): void {
  const summary = readReasoning({ summary: item.summary ?? item.content ?? null })
    .summary.join('\n')
    .trim();
  if (summary === '')
    throw unsupported(at, 'is a conversation only its own provider can read; send the conversation itself');
  const text = `Summary of the conversation so far:\n${summary}`;
  messages.push({ role: 'user', parts: [{ kind: 'text', text, at }], at });
}

function hosted(item: JsonObject, type: string, at: string): Part {
  const text = hostedText(item);
  const code = codeIn(item);
  const raw = { format: 'openai-responses' as const, value: item };
  const toolSearch = toolSearchIn(item);
  const remote = remoteIn(item);
  return {
    kind: 'opaque',
    raw,
    type,
    ...(text === undefined ? {} : { text }),
    ...(code === undefined ? {} : { code }),
    ...(toolSearch === undefined ? {} : { toolSearch }),
    ...(remote === undefined ? {} : { remote }),
    at,
  };
}
