// Canonical messages written as input items of a Responses request.

import { distinctIds } from '../../../canonical/distinct-ids.ts';
import type { Loss } from '../../../canonical/loss.ts';
import { NEUTRAL_LOSS, NEUTRAL_TURN } from '../../../canonical/neutral-turn.ts';
import { pairResults } from '../../../canonical/pair-results.ts';
import type {
  Message,
  OpaquePart,
  Part,
  ReasoningPart,
  RemoteCall,
  ToolCallPart,
  ToolResultPart,
} from '../../../canonical/part.ts';
import { asArray, asObject, compact, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { safeToolId } from '../../tool-id.ts';
import { writeClientCall, writeClientOutput } from '../client-tools.ts';
import { ERROR_PREFIX } from '../decode/items.ts';
import { remoteItem } from '../remote-calls.ts';
import { searchItems, toolsIn } from '../tool-search.ts';
import { type Breakpoints, unmarked } from './breakpoints.ts';
import { writeInputContent, writeOutputText } from './content.ts';

/** What the items are written for. `clientTools` are names of tools this format defines itself. */
export type ItemContext = {
  developerRole: boolean;
  clientTools: Set<string>;
  /** The tools of the request, as they are written. */
  tools: JsonObject[];
  losses: Loss[];
  marks: Breakpoints;
};

/**
 * The conversation as items: every call directly followed by its one output (the provider refuses a call without
 * output and an output without call).
 */
export function encodeItems(messages: Message[], context: ItemContext): JsonObject[] {
  const paired = distinctIds(pairResults(messages, context.losses));
  const calls: Calls = new Map();
  const items = paired.flatMap((message, position) => {
    if (message.name !== undefined)
      context.losses.push(
        lost({ at: `${message.at ?? 'input'}.name` }, 'dropped', 'messages carry no name here'),
      );
    if (message.role === 'assistant')
      return writeAssistant(message, resultsIn(paired[position + 1]), calls, context);
    // written with its calls, whose kinds decide its form
    if (message.role === 'tool') return [];
    const role = roleOf(message, context);
    const content = writeInputContent(message.parts, context.losses, context.marks);
    return content.length === 0 ? [] : [{ type: 'message', role, content }];
  });
  if (items.length > 0) return items;
  context.losses.push(NEUTRAL_LOSS);
  const content = [{ type: 'input_text', text: NEUTRAL_TURN }];
  return [{ type: 'message', role: 'user', content }];
}

function resultsIn(message: Message | undefined): Map<string, ToolResultPart> {
  const results = message?.role === 'tool' ? message.parts.filter((part) => part.kind === 'tool-result') : [];
  return new Map(results.map((result) => [result.callId, result]));
}

function lost(part: { at?: string }, action: Loss['action'], reason: string): Loss {
  return { path: part.at ?? 'input', action, reason };
}

function roleOf({ role, parts }: Message, { developerRole }: ItemContext): string {
  if (role === 'user') return 'user';
  const isMarked = parts.some((part) => 'cache' in part && part.cache);
  return developerRole && (role === 'developer' || isMarked) ? 'developer' : 'system';
}

function writeAssistant(
  message: Message,
  results: Map<string, ToolResultPart>,
  calls: Calls,
  context: ItemContext,
): JsonObject[] {
  const items: JsonObject[] = [];
  const outputs: JsonObject[] = [];
  let text: { phase: string | undefined; content: JsonValue[] } | undefined;
  for (const part of message.parts) {
    if ('cache' in part && part.cache) context.losses.push(unmarked(part.at));
    const said = spoken(part, context);
    if (said) {
      const phase = part.kind === 'text' ? part.phase : undefined;
      if (text && text.phase === phase) text.content.push(said);
      else {
        text = { phase, content: [said] };
        items.push(compact({ type: 'message', role: 'assistant', content: text.content, phase }));
      }
      continue;
    }
    if (part.kind === 'tool-call') {
      items.push(writeCall(part, context));
      const result = results.get(part.id);
      if (result) outputs.push(writeOutput(part, result, context));
    } else if (part.kind === 'reasoning') items.push(...writeReasoning(part, context));
    else if (part.kind === 'opaque' && part.raw.format === 'openai-responses' && isObject(part.raw.value))
      items.push(part.raw.value);
    else if (part.kind === 'opaque' && part.remote) writeRemote(part, calls, items, context);
    else if (part.kind === 'opaque' && part.toolSearch) items.push(...writeSearch(part, context));
    else {
      context.losses.push(lost(part, 'dropped', 'an assistant’s turn holds no such part here'));
      continue;
    }
    text = undefined;
  }
  return [...items, ...outputs];
}

/** The part as text of the assistant, undefined when it is something else. */
function spoken(part: Part, { losses }: ItemContext): JsonObject | undefined {
  if (part.kind === 'text') return part.text === '' ? undefined : writeOutputText(part, losses);
  if (part.kind === 'refusal') return { type: 'refusal', refusal: part.text };
  if (part.kind !== 'opaque' || part.raw.format === 'openai-responses' || part.toolSearch || part.remote)
    return undefined;
  if (part.text === undefined) return undefined;
  losses.push(lost(part, 'changed', 'what another provider’s tool did became text'));
  return writeOutputText({ kind: 'text', text: part.text }, losses);
}

/**
 * Calls to remote servers by the run they are of: what came of one stands in the same item, also where it was told in a
 * later turn, as behind a pause.
 */
type Calls = Map<string | undefined, { item: JsonObject; call: RemoteCall; count: number }>;

function writeRemote(part: OpaquePart, calls: Calls, items: JsonObject[], { losses }: ItemContext): void {
  const { remote = {}, run, at, raw } = part;
  losses.push(...beside(asObject(raw.value), part));
  const known = calls.get(run);
  if (known && !remote.called) {
    const done = remote.failed ? 'failed' : 'completed';
    Object.assign(known.item, remoteItem(String(known.item.id), done, { ...known.call, ...remote }));
    return;
  }
  if (!remote.called) {
    losses.push(lost(part, 'dropped', 'it answers no call'));
    return;
  }
  // some hosts count ids anew in every turn
  const count = (known?.count ?? 0) + 1;
  const own = safeToolId(run ?? at ?? '').replace(/^mcp(toolu)?_/, '');
  const id = count === 1 ? `mcp_${own}` : `mcp_${own}_${count}`;
  const status = remote.failed ? 'failed' : remote.output === undefined ? 'incomplete' : 'completed';
  const item = remoteItem(id, status, remote);
  calls.set(run, { item, call: remote, count });
  items.push(item);
}

/** What an item has no room for: a cache mark, and of an outcome what is no text. */
function beside(block: JsonObject, part: OpaquePart): Loss[] {
  const pieces = asArray(block.content).map(asObject);
  const isTold = pieces.every(({ type }) => type === 'text');
  return [
    ...([block, ...pieces].some((one) => isObject(one.cache_control)) ? [unmarked(part.at)] : []),
    ...(isTold ? [] : [lost(part, 'changed', 'only the text of what came of a call was kept')]),
  ];
}

/** Its tools stay known to the model by it. */
function writeSearch(part: OpaquePart, { tools, losses }: ItemContext): JsonObject[] {
  const search = part.toolSearch ?? {};
  losses.push(...beside(asObject(part.raw.value), part));
  const { found = [], failed } = search;
  const items = searchItems(search, tools);
  const known = items.flatMap((item) => toolsIn(item)).length;
  if (known < found.length)
    losses.push(lost(part, 'changed', 'a tool that was found is not among the tools any more'));
  if (failed !== undefined) losses.push(lost(part, 'changed', 'why a search failed is not told there'));
  return items;
}

function writeReasoning(part: ReasoningPart, { losses }: ItemContext): JsonObject[] {
  if (part.seal?.issuer !== 'openai') {
    losses.push(lost(part, 'dropped', 'reasoning of another provider, or without the state that proves it'));
    return [];
  }
  const summary = part.summary.map((text) => ({ type: 'summary_text', text }));
  const content = part.content.map((text) => ({ type: 'reasoning_text', text }));
  const id = ownItemId(part.itemId, 'rs_');
  const item = { type: 'reasoning', id, summary, encrypted_content: part.seal.data };
  return [compact(content.length === 0 ? item : { ...item, content })];
}

/** Ids of other formats would be refused; without one the provider makes its own. */
function ownItemId(id: string | undefined, prefix: string): string | undefined {
  return id?.startsWith(prefix) ? id : undefined;
}

function writeCall(part: ToolCallPart, { clientTools }: ItemContext): JsonObject {
  const call = { ...part, id: safeToolId(part.id) };
  const client = clientTools.has(part.name) ? writeClientCall(call, part.itemId, 'completed') : undefined;
  if (client) return client;
  const { id, name, namespace, form, input, itemId } = call;
  if (form === 'text')
    return compact({
      type: 'custom_tool_call',
      id: ownItemId(itemId, 'ctc_'),
      call_id: id,
      name,
      namespace,
      input,
    });
  const members = { call_id: id, name, namespace, arguments: input.trim() === '' ? '{}' : input };
  return compact({ type: 'function_call', id: ownItemId(itemId, 'fc_'), ...members });
}

function writeOutput(call: ToolCallPart, result: ToolResultPart, context: ItemContext): JsonObject {
  const { losses, clientTools, marks } = context;
  const { content, isError } = result;
  const id = safeToolId(call.id);
  if (clientTools.has(call.name)) {
    if (result.cache) losses.push(unmarked(result.at));
    if (call.name === 'tool_search') return writeFound(content, id);
    const text = content.map((part) => (part.kind === 'text' ? part.text : '')).join('\n');
    return writeClientOutput(call.name, id, text, isError);
  }
  const type = call.form === 'text' ? 'custom_tool_call_output' : 'function_call_output';
  const written = writeInputContent(content, losses, marks);
  const last = written.at(-1);
  if (last) marks.put(last, result.cache, result.at);
  else if (result.cache) losses.push(unmarked(result.at));
  return { type, call_id: id, output: outputOf(written, isError) };
}

function writeFound(content: Part[], call_id: string): JsonObject {
  const tools = content.flatMap((part) => (part.kind === 'opaque' ? [part.raw.value] : []));
  return { type: 'tool_search_output', call_id, execution: 'client', status: 'completed', tools };
}

function outputOf(content: JsonObject[], isError: boolean): JsonValue {
  const [first, ...rest] = content;
  const prefix = isError ? ERROR_PREFIX : '';
  if (!first) return prefix;
  if (first.type !== 'input_text')
    return isError ? [{ type: 'input_text', text: prefix }, ...content] : content;
  first.text = prefix + String(first.text);
  return rest.length === 0 && first.prompt_cache_breakpoint === undefined ? first.text : content;
}
