// The few members of a client's own body that a deployment of the same format cannot take as they are.

import type { Loss } from '../canonical/loss.ts';
import type { FormatId } from '../canonical/part.ts';
import { editsBetween } from '../lib/edits-between.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import type { Edit } from '../lib/splice.ts';
import { membersOfBetas, REFUSED_BETA, toolsWithoutBetas } from './anthropic-messages/betas.ts';
import { withoutSystemTurns } from './anthropic-messages/system-turns.ts';
import type { Target } from './codec.ts';
import { MARK, withoutMarks } from './openai-chat/cache-marks.ts';
import { readSearch } from './openai-chat/decode/tools.ts';
import { switched } from './openai-chat/encode/reasoning.ts';
import { searchTool } from './openai-chat/search-tool.ts';

/** Knobs that a model without sampling answers with a 400, by where they stand. */
const SAMPLING: Record<FormatId, readonly string[]> = {
  // biome-ignore format: a list of names
  'openai-chat': [
    'temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs',
    'top_logprobs',
  ],
  'openai-responses': ['temperature', 'top_p'],
  'anthropic-messages': ['temperature', 'top_p', 'top_k'],
  // biome-ignore format: a list of names
  'google-generate-content': [
    'generationConfig.temperature', 'generationConfig.topP', 'generationConfig.topK',
    'generationConfig.top_p', 'generationConfig.top_k',
  ],
};

export type PassEdits = {
  edits: Edit[];
  losses: Loss[];
  /** The tools as the edits leave them, at the places they have in the body; undefined for one that is taken out. */
  tools: (JsonValue | undefined)[];
};

/** Everything else of the body passes untouched. `usageInStream` is the provider's quirk. */
export function passEdits(
  format: FormatId,
  body: JsonObject,
  target: Target,
  usageInStream = true,
): PassEdits {
  const edits: Edit[] = [];
  const losses: Loss[] = [];
  let tools: PassEdits['tools'] = asArray(body.tools);
  const remove = (member: string, reason?: string): void => {
    edits.push({ path: member.split('.'), json: undefined });
    if (reason !== undefined) losses.push({ path: member, action: 'dropped', reason });
  };
  const isIdle = body.reasoning_effort === 'none' || asObject(body.reasoning).effort === 'none';
  if (!target.sampling && !(target.idleSampling && isIdle))
    for (const member of SAMPLING[format]) {
      const value = valueAt(body, member);
      // the default is no wish, and taken everywhere
      const isDefault = value === 1 && /(temperature|top_?p)$/i.test(member);
      if (value !== undefined && value !== null && !isDefault) remove(member, 'the model refuses it');
    }
  const has = (member: string) =>
    (valueAt(body, member) ?? null) !== null && !losses.some(({ path }) => path === member);
  for (const member of target.refuses ?? []) if (has(member)) remove(member, 'the provider refuses it');
  if (format === 'anthropic-messages' && target.refusesBetas) {
    for (const member of membersOfBetas(target.refusesBetas)) if (has(member)) remove(member, REFUSED_BETA);
    const given = asArray(body.tools);
    tools = toolsWithoutBetas(given, target.refusesBetas, losses);
    edits.push(...editsBetween(['tools'], given, tools));
  }
  if (format === 'anthropic-messages' && !target.midSystem)
    edits.push(...editsBetween(['messages'], body.messages, withoutSystemTurns(body.messages, losses)));
  if (format !== 'openai-chat') return { edits, losses, tools };
  if (!usageInStream && body.stream_options !== undefined) remove('stream_options');
  edits.push(...capEdits(body, target, losses));
  const lists = fitLists(body, target, losses);
  edits.push(...lists.edits, ...searchEdits(body, target), ...thinkingEdits(body, target));
  return { edits, losses, tools: lists.tools };
}

function valueAt(body: JsonObject, member: string): JsonValue | undefined {
  return member.split('.').reduce<JsonValue | undefined>((at, name) => asObject(at)[name], body);
}

/** Reasoning models refuse the older name of the cap, older vendors the newer one. */
function capEdits(body: JsonObject, target: Target, losses: Loss[]): Edit[] {
  // null says "not set"
  const older = body.max_tokens ?? undefined;
  const newer = body.max_completion_tokens ?? undefined;
  const takesOlder = target.maxTokensField === 'max_tokens';
  const refused = takesOlder ? newer : target.thinking === 'none' ? undefined : older;
  const cap = newer ?? older;
  if (refused === undefined || cap === undefined) return [];
  if (older !== undefined && older !== cap)
    losses.push({ path: 'max_tokens', action: 'dropped', reason: 'max_completion_tokens wins' });
  return takesOlder
    ? renamed('max_completion_tokens', 'max_tokens', cap)
    : renamed('max_tokens', 'max_completion_tokens', cap);
}

function renamed(from: string, to: string, value: JsonValue): Edit[] {
  return [
    { path: [from], json: undefined },
    { path: [to], json: JSON.stringify(value) },
  ];
}

/** Vendors with a switch refuse the effort that stands for "off", or think all the same. */
function thinkingEdits(body: JsonObject, { thinkingSwitch, thinking }: Target): Edit[] {
  if (thinkingSwitch === undefined || body.reasoning_effort !== 'none') return [];
  const off = thinking === 'none' ? {} : switched(thinkingSwitch, false);
  return [
    { path: ['reasoning_effort'], json: undefined },
    ...leaves(off).map(([path, value]) => ({ path, json: JSON.stringify(value) })),
  ];
}

/** So that what else the client says beside them stays. */
function leaves(members: JsonObject): [path: string[], value: JsonValue][] {
  return Object.entries(members).flatMap(([name, value]): [string[], JsonValue][] =>
    isObject(value) ? leaves(value).map(([path, leaf]) => [[name, ...path], leaf]) : [[[name], value]],
  );
}

/** `web_search` is a word of the gateway: it becomes what switches the vendor's own search on. */
function searchEdits(body: JsonObject, target: Target): Edit[] {
  const hasOptions = isObject(body.web_search_options);
  if (target.search === 'openrouter')
    return hasOptions ? [{ path: ['web_search_options'], json: undefined }] : [];
  return body.web_search === true && !hasOptions ? [{ path: ['web_search_options'], json: '{}' }] : [];
}

function fitLists(body: JsonObject, target: Target, losses: Loss[]): { edits: Edit[]; tools: JsonValue[] } {
  const refusesMarks = target.refuses?.includes(MARK) === true;
  const search = target.search === 'openrouter' ? readSearch(body, losses) : undefined;
  const edits: Edit[] = [];
  const fit = (member: 'messages' | 'tools'): JsonValue[] => {
    const given = asArray(body[member]);
    let list = given;
    if (refusesMarks) list = withoutMarks(list, member, losses);
    if (member === 'messages' && !target.developerRole) list = withSystemRole(list);
    if (member === 'tools' && search) list = [...list, searchTool(search, losses)];
    if (list !== given) edits.push(...editsBetween([member], body[member], list));
    return list;
  };
  fit('messages');
  return { edits, tools: fit('tools') };
}

function withSystemRole(messages: JsonValue[]): JsonValue[] {
  const isDeveloper = (message: JsonValue) => isObject(message) && message.role === 'developer';
  if (!messages.some(isDeveloper)) return messages;
  return messages.map((message) =>
    isObject(message) && isDeveloper(message) ? { ...message, role: 'system' } : message,
  );
}

/** The member in which clients of a format ask for several answers. */
const SEVERAL: Partial<Record<FormatId, string>> = {
  'openai-chat': 'n',
  'google-generate-content': 'generationConfig.candidateCount',
};

/** Whether a vendor that refuses these members gives one answer a request in this format. */
export function givesOne(format: FormatId, refuses: readonly string[] = []): boolean {
  const member = SEVERAL[format];
  return member !== undefined && refuses.includes(member);
}

/**
 * True for what a deployment of the same format refuses and the gateway can do in its place: such a request goes
 * through the canonical model although nobody speaks another format.
 */
export function needsGateway(format: FormatId, body: JsonObject, target: Target): boolean {
  if (givesOne(format, target.refuses) && Number(valueAt(body, SEVERAL[format] ?? '')) > 1) return true;
  if (format !== 'openai-chat') return false;
  const hasStop = typeof body.stop === 'string' || asArray(body.stop).length > 0;
  if (target.stop === false && hasStop) return true;
  const { type } = asObject(body.response_format);
  if (type === 'json_schema' && !target.structuredOutput) return true;
  if (type === 'json_object' && target.jsonMode === false) return true;
  const thinks = typeof body.reasoning_effort === 'string' && body.reasoning_effort !== 'none';
  return target.thinkingTools === false && thinks && asArray(body.tools).length > 0;
}
