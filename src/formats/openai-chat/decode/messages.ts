// Reads Chat messages, older function calls included, into canonical turns.

import { callInput } from '../../../canonical/call-input.ts';
import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { isEnvelope } from '../../seal.ts';
import { ISSUER, LOST_THOUGHT, NO_SIGNATURE, sealIn, signatureOn } from '../thought-details.ts';
import { decodeContent, decodeMark, marked, required } from './parts.ts';

/** What our own writer puts in front of a failed tool's text, as Chat has no member for it. */
export const TOOL_ERROR_PREFIX = '[tool error] ';

const COMMON = ['role', 'content', 'name', 'cache_control'];
const ASSISTANT = [
  ...COMMON,
  'tool_calls',
  'function_call',
  'refusal',
  'audio',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
];

/** What a later tool result needs to know of the calls before it. */
type Calls = { custom: Set<string>; legacy: Map<string, string> };

/** Canonical turns in the order of the messages. Throws `missing_field` for calls and results without a link. */
export function decodeMessages(messages: JsonValue[], losses: Loss[]): Message[] {
  const calls: Calls = { custom: new Set(), legacy: new Map() };
  return messages.map((message, i) => decodeMessage(asObject(message), `messages[${i}]`, calls, losses));
}

function decodeMessage(raw: JsonObject, at: string, calls: Calls, losses: Loss[]): Message {
  const role = asString(raw.role);
  const name = asString(raw.name);
  const named = name === undefined ? {} : { name };
  switch (role) {
    case 'system':
    case 'developer':
    case 'user': {
      losses.push(...leftovers(raw, COMMON, at));
      const parts = decodeContent(raw.content, `${at}.content`, losses);
      return { role, parts: markLast(parts, raw, at, losses), ...named, at };
    }
    case 'assistant': {
      losses.push(...leftovers(raw, assistantMembers(raw), at));
      return { role, parts: markLast(assistantParts(raw, at, calls, losses), raw, at, losses), ...named, at };
    }
    // a result's name repeats that of its call
    case 'tool': {
      losses.push(...leftovers(raw, [...COMMON, 'tool_call_id'], at));
      const callId = required(raw.tool_call_id, `${at}.tool_call_id`);
      return { role, parts: [toolResult(raw, callId, at, calls, losses)], at };
    }
    case 'function': {
      losses.push(...leftovers(raw, COMMON, at));
      const callId = calls.legacy.get(name ?? '') ?? legacyId(at);
      return { role: 'tool', parts: [toolResult(raw, callId, at, calls, losses)], at };
    }
    default:
      throw new Fault('invalid_value', `\`${at}.role\` is not a role of this format.`, {
        param: `${at}.role`,
      });
  }
}

/** Members that say nothing when empty are no loss: SDKs send answers back as they parsed them. */
function assistantMembers(raw: JsonObject): string[] {
  const empty = ['annotations', 'parsed'].filter((name) => {
    const value = raw[name];
    return value === null || (Array.isArray(value) && value.length === 0);
  });
  return [...ASSISTANT, ...empty];
}

function assistantParts(raw: JsonObject, at: string, calls: Calls, losses: Loss[]): Part[] {
  const parts: Part[] = [];
  const thinking = asString(raw.reasoning_content) === undefined ? 'reasoning' : 'reasoning_content';
  const thought = asString(raw[thinking]);
  if (thinking === 'reasoning_content' && asString(raw.reasoning) && raw.reasoning !== thought)
    losses.push({ path: `${at}.reasoning`, action: 'dropped', reason: 'reasoning_content wins' });
  const sealed = sealedParts(raw, at, losses);
  // what is sealed brings its text along; a blank stands for thoughts that are lost
  if (sealed.length > 0) parts.push(...sealed);
  else if (thought && thought !== LOST_THOUGHT)
    parts.push({ kind: 'reasoning', summary: [], content: [thought], at: `${at}.${thinking}` });
  parts.push(...decodeContent(raw.content, `${at}.content`, losses));
  const refusal = asString(raw.refusal);
  if (refusal) parts.push({ kind: 'refusal', text: refusal, at: `${at}.refusal` });
  if (isObject(raw.audio)) {
    const id = required(raw.audio.id, `${at}.audio.id`);
    losses.push(...leftovers(raw.audio, ['id', 'transcript'], `${at}.audio`));
    const transcript = asString(raw.audio.transcript);
    const source = { from: 'file-id', id, format: 'openai-chat' } as const;
    const said = transcript === undefined ? {} : { transcript };
    parts.push({ kind: 'audio', source, id, ...said, at: `${at}.audio` });
  }
  asArray(raw.tool_calls).forEach((call, i) => {
    const part = decodeCall(asObject(call), `${at}.tool_calls[${i}]`, losses);
    if (part.form === 'text') calls.custom.add(part.id);
    parts.push(...signaturePart(asObject(call), `${at}.tool_calls[${i}].extra_content`, losses), part);
  });
  if (isObject(raw.function_call)) {
    const part = legacyCall(raw.function_call, `${at}.function_call`, legacyId(at), losses);
    calls.legacy.set(part.name, part.id);
    parts.push(part);
  }
  return parts;
}

/** Thoughts of earlier answers in our envelopes; what a vendor wrote there means nothing to another one. */
function sealedParts(raw: JsonObject, at: string, losses: Loss[]): ReasoningPart[] {
  return asArray(raw.reasoning_details).flatMap((value, i) => {
    const detail = asObject(value);
    const path = `${at}.reasoning_details[${i}]`;
    const seal = sealIn(detail)?.seal;
    if (seal === undefined || !isEnvelope(seal)) {
      losses.push({ path, action: 'dropped', reason: 'reasoning that only its own provider can read' });
      return [];
    }
    const text = asString(detail.text);
    return [
      {
        kind: 'reasoning' as const,
        summary: text ? [text] : [],
        content: [],
        seal: { issuer: ISSUER, data: seal },
        at: path,
      },
    ];
  });
}

/** The state a call bears, if it is in an envelope of ours. */
function signaturePart(call: JsonObject, at: string, losses: Loss[]): ReasoningPart[] {
  const data = signatureOn(call);
  if (data === undefined || data === NO_SIGNATURE) return [];
  const part = { kind: 'reasoning' as const, redacted: true, summary: [], content: [], at };
  if (isEnvelope(data)) return [{ ...part, seal: { issuer: ISSUER, data } }];
  losses.push({ path: at, action: 'dropped', reason: 'reasoning that only its own provider can read' });
  return [];
}

function decodeCall(call: JsonObject, at: string, losses: Loss[]): ToolCallPart {
  const id = required(call.id, `${at}.id`);
  losses.push(...leftovers(call, ['id', 'type', 'function', 'custom', 'index', 'extra_content'], at));
  losses.push(...leftoversOfExtra(call, at));
  if (isObject(call.custom)) {
    losses.push(...leftovers(call.custom, ['name', 'input'], `${at}.custom`));
    const name = required(call.custom.name, `${at}.custom.name`);
    return { kind: 'tool-call', id, name, form: 'text', input: asString(call.custom.input) ?? '', at };
  }
  if (!isObject(call.function)) {
    throw new Fault('unsupported_parameter', `\`${at}.type\` is a kind of call that cannot be converted.`, {
      param: `${at}.type`,
    });
  }
  return legacyCall(call.function, at, id, losses, '.function');
}

function leftoversOfExtra(call: JsonObject, at: string): Loss[] {
  const extra = asObject(call.extra_content);
  const google = asObject(extra.google);
  return [
    ...leftovers(extra, ['google'], `${at}.extra_content`),
    ...leftovers(google, ['thought_signature'], `${at}.extra_content.google`),
  ];
}

function legacyCall(call: JsonObject, at: string, id: string, losses: Loss[], member = ''): ToolCallPart {
  losses.push(...leftovers(call, ['name', 'arguments', 'parsed_arguments'], at + member));
  const name = required(call.name, `${at}${member}.name`);
  const input = callInput(asString(call.arguments) ?? '');
  return { kind: 'tool-call', id, name, form: 'json', input, at };
}

function toolResult(
  raw: JsonObject,
  callId: string,
  at: string,
  calls: Calls,
  losses: Loss[],
): ToolResultPart {
  const content = decodeContent(raw.content, `${at}.content`, losses);
  const [first, ...rest] = content;
  const isError = first?.kind === 'text' && first.text.startsWith(TOOL_ERROR_PREFIX);
  if (isError) {
    const text = first.text.slice(TOOL_ERROR_PREFIX.length);
    content.splice(0, content.length, ...(text === '' ? [] : [{ ...first, text }]), ...rest);
  }
  const form = calls.custom.has(callId) ? 'text' : 'json';
  return marked({ kind: 'tool-result', callId, form, content, isError, at }, decodeMark(raw));
}

/** A mark on the whole message stands for "up to its end". */
function markLast(parts: Part[], raw: JsonObject, at: string, losses: Loss[]): Part[] {
  const mark = decodeMark(raw);
  if (!mark) return parts;
  const last = parts.at(-1);
  const markedLast = last && marked(last, mark);
  if (!markedLast || markedLast === last) {
    losses.push({
      path: `${at}.cache_control`,
      action: 'dropped',
      reason: 'no part of the message can carry it',
    });
    return parts;
  }
  return [...parts.slice(0, -1), markedLast];
}

/** Older calls have no id; one per message makes its place a stable one. */
function legacyId(at: string): string {
  return `call_${at.replace(/\D+/g, '')}`;
}
