// Writes canonical turns as Chat messages.

import { createHash } from 'node:crypto';
import type { Loss } from '../../../canonical/loss.ts';
import { NEUTRAL_LOSS, NEUTRAL_TURN } from '../../../canonical/neutral-turn.ts';
import { pairResults } from '../../../canonical/pair-results.ts';
import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../../canonical/part.ts';
import { withOneInstruction } from '../../../canonical/system-note.ts';
import type { JsonObject, JsonValue } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import { TOOL_ERROR_PREFIX } from '../decode/messages.ts';
import { ISSUER, LOST_THOUGHT, SECTION_GAP, type State, stateOf } from '../thought-details.ts';
import { dropMark, encodePart, NO_MEMBER, unsupported } from './parts.ts';

/**
 * Chat messages in the order of the turns, at least one; turns with nothing left in them are left out. What tool results hold
 * beside text follows in a user message behind the last result of the turn. Throws Fault `unsupported_parameter`.
 */
export function encodeMessages(messages: Message[], target: Target, losses: Loss[]): JsonObject[] {
  const out: JsonObject[] = [];
  let attachments: JsonObject[] = [];
  const attach = () => {
    if (attachments.length > 0) out.push({ role: 'user', content: attachments });
    attachments = [];
  };
  const paired = pairResults(messages, losses);
  // templates of local models refuse an instruction anywhere but first
  for (const message of target.midSystem ? paired : withOneInstruction(paired, losses)) {
    if (message.role === 'tool') {
      for (const part of message.parts) {
        if (part.kind === 'tool-result') out.push(toolMessage(part, attachments, losses));
      }
      continue;
    }
    attach();
    const encoded =
      message.role === 'assistant'
        ? assistantMessage(message, target, losses)
        : turn(message, target, losses);
    if (encoded) out.push(encoded);
  }
  attach();
  // a list of nothing is refused
  if (out.length > 0) return out;
  losses.push(NEUTRAL_LOSS);
  return [{ role: 'user', content: NEUTRAL_TURN }];
}

function turn(message: Message, target: Target, losses: Loss[]): JsonObject | undefined {
  const parts: JsonObject[] = [];
  for (const part of message.parts) {
    const encoded = encodePart(part, losses);
    if (encoded) parts.push(encoded);
  }
  if (parts.length === 0) return undefined;
  const role = message.role === 'developer' && !target.developerRole ? 'system' : message.role;
  return { role, content: textOr(parts), ...nameOf(message) };
}

function assistantMessage(message: Message, target: Target, losses: Loss[]): JsonObject | undefined {
  const content: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const members: JsonObject = {};
  const thoughts: string[] = [];
  const details: JsonValue[] = [];
  let signature: JsonObject = {};
  for (const part of message.parts) {
    if (part.kind === 'tool-call') {
      calls.push({ ...encodeCall(part, losses), ...signature });
      signature = {};
    } else if (part.kind === 'reasoning') {
      const { text, state } = encodeThought(part, target, losses);
      if (text !== undefined) thoughts.push(text);
      details.push(...(state.reasoning_details ?? []));
      if (state.extra_content !== undefined) signature = { extra_content: state.extra_content };
    } else if (
      part.kind === 'audio' &&
      part.source.from === 'file-id' &&
      part.source.format === 'openai-chat'
    ) {
      members.audio = { id: part.source.id };
    } else if (part.kind === 'image' || part.kind === 'file') {
      throw unsupported(part.at, 'an assistant turn holds text only');
    } else {
      const encoded = encodePart(part, losses);
      if (encoded) content.push(encoded);
    }
  }
  const [only] = content;
  if (content.length === 1 && only?.type === 'refusal') {
    content.pop();
    members.refusal = only.refusal ?? null;
  }
  if (thoughts.length > 0) members.reasoning_content = thoughts.join(SECTION_GAP);
  if (details.length > 0) members.reasoning_details = details;
  if (calls.length > 0) members.tool_calls = calls;
  if (content.length === 0 && Object.keys(members).length === 0) return undefined;
  // a vendor that thinks refuses a turn without its thoughts, even when they are gone
  if (target.reasoningContent) members.reasoning_content ??= LOST_THOUGHT;
  // null is legal only beside something that replaces the content
  const empty = members.tool_calls || members.refusal || members.audio ? null : '';
  return {
    role: 'assistant',
    content: content.length === 0 ? empty : textOr(content),
    ...members,
    ...nameOf(message),
  };
}

function nameOf(message: Message): JsonObject {
  return message.name === undefined ? {} : { name: message.name };
}

/** A lone text as a string, as every vendor takes it. */
function textOr(parts: JsonObject[]): JsonValue {
  const [only] = parts;
  return parts.length === 1 && only?.type === 'text' ? (only.text ?? '') : parts;
}

function encodeCall(part: ToolCallPart, losses: Loss[]): JsonObject {
  if (part.namespace !== undefined) throw unsupported(part.at, 'namespaces of tools are not known there');
  dropMark(part, losses);
  const { name, input } = part;
  const id = wireId(part.id);
  if (part.form === 'text') return { id, type: 'custom', custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: input.trim() === '' ? '{}' : input } };
}

const CALL_ID_CHARS_MAX = 40;

/** OpenAI refuses call ids of more than 40 characters; a digest links call and result as well. */
function wireId(id: string): string {
  if (id.length <= CALL_ID_CHARS_MAX) return id;
  return `call_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

/** The state a vendor of this format gave, and readable thinking for those that want it back. */
function encodeThought(part: ReasoningPart, target: Target, losses: Loss[]): { text?: string; state: State } {
  const lose = (action: Loss['action'], reason: string) =>
    losses.push({ path: part.at ?? 'reasoning', action, reason });
  if (part.seal && part.seal.issuer !== ISSUER) {
    lose('dropped', 'thinking of another provider is not sent on');
    return { state: {} };
  }
  const state = part.seal ? stateOf(part.seal) : {};
  const sections = part.content.length > 0 ? part.content : part.summary;
  const text = sections.filter((section) => section !== '').join(SECTION_GAP);
  if (target.reasoningContent && text !== '') {
    if (part.content.length > 0 && part.summary.length > 0)
      lose('changed', 'the whole chain is sent, its summary is not');
    return { text, state };
  }
  if (Object.keys(state).length === 0) lose('dropped', 'this provider takes no thinking back');
  return { state };
}

function toolMessage(part: ToolResultPart, attachments: JsonObject[], losses: Loss[]): JsonObject {
  dropMark(part, losses);
  const texts: JsonObject[] = [];
  const moved: Part[] = [];
  for (const content of part.content) {
    if (content.kind === 'image' || content.kind === 'audio' || content.kind === 'file') moved.push(content);
    else {
      const encoded = encodePart(content, losses);
      if (encoded?.type === 'text') texts.push(encoded);
    }
  }
  for (const content of moved) {
    const encoded = encodePart(content, losses);
    if (!encoded) continue;
    if (encoded.type === 'text') {
      texts.push(encoded);
      continue;
    }
    losses.push({
      path: content.at ?? part.at ?? 'tool_result',
      action: 'moved',
      reason: `${NO_MEMBER} in a tool result; it follows in a user message`,
    });
    const label = encoded.type === 'image_url' ? 'image' : encoded.type === 'file' ? 'file' : 'audio';
    attachments.push(
      { type: 'text', text: `Attached ${label} from tool call ${wireId(part.callId)}` },
      encoded,
    );
  }
  if (part.isError) markFailed(texts);
  const content = texts.length === 0 ? (moved.length > 0 ? SEE_BELOW : '') : textOr(texts);
  return { role: 'tool', tool_call_id: wireId(part.callId), content };
}

const SEE_BELOW = 'The result is attached in the next user message.';

function markFailed(texts: JsonObject[]): void {
  const [first] = texts;
  if (first) first.text = `${TOOL_ERROR_PREFIX}${typeof first.text === 'string' ? first.text : ''}`;
  else texts.push({ type: 'text', text: TOOL_ERROR_PREFIX });
}
