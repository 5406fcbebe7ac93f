// The contents of a client's request to canonical turns.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { Message, Part, SourcePath, ToolResultPart } from '../../../canonical/part.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { itemsOf, tidy } from '../names.ts';
import { decodeMedia, decodePart } from './parts.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** A part and where it stands. */
type Placed = [part: JsonObject, at: SourcePath];

/** `systemInstruction`, a content or a mere text, as the first message. */
export function decodeSystem(value: JsonValue | undefined, losses: Loss[]): Message[] {
  if (value === undefined || value === null) return [];
  const at = 'systemInstruction';
  const content = typeof value === 'string' ? { parts: [{ text: value }] } : tidy(value);
  losses.push(...leftovers(content, ['parts', 'role'], at));
  const parts: Part[] = [];
  for (const [part, path] of itemsOf(content.parts, `${at}.parts`))
    decodePart(objectAt(part, path), path, '', parts, losses);
  return parts.length === 0 ? [] : [{ role: 'system', parts, at }];
}

/**
 * Turns in the order of the contents. Neighbouring contents of the model are one turn: streams are recorded piece by
 * piece. Results become a turn of their own in front of what else the content holds.
 */
export function decodeContents(contents: JsonValue | undefined, losses: Loss[]): Message[] {
  const messages: Message[] = [];
  let waiting = new WaitingCalls([]);
  itemsOf(contents, 'contents').forEach(([value, at], i) => {
    const content = objectAt(value, at);
    losses.push(...leftovers(content, ['role', 'parts'], at));
    const parts = itemsOf(content.parts, `${at}.parts`).map(
      ([part, path]): Placed => [objectAt(part, path), path],
    );
    const role = asString(content.role) ?? 'user';
    switch (role) {
      case 'model': {
        const turn = modelTurn(messages, at);
        parts.forEach(([part, path], j) => {
          decodePart(part, path, `call_${i}_${j}`, turn.parts, losses);
        });
        return;
      }
      case 'user':
      case 'function':
        if (messages.at(-1)?.role === 'assistant') waiting = new WaitingCalls(messages.at(-1)?.parts ?? []);
        messages.push(...userTurns(parts, at, waiting, losses));
        return;
      default:
        throw new Fault('invalid_value', `\`${at}.role\` must be user or model.`, { param: `${at}.role` });
    }
  });
  return messages;
}

function objectAt(value: JsonValue, at: SourcePath): JsonObject {
  if (!isObject(value)) throw new Fault('invalid_value', `\`${at}\` must be an object.`, { param: at });
  return tidy(value);
}

function modelTurn(messages: Message[], at: SourcePath): Message {
  const last = messages.at(-1);
  if (last?.role === 'assistant') return last;
  const turn: Message = { role: 'assistant', parts: [], at };
  messages.push(turn);
  return turn;
}

function userTurns(parts: Placed[], at: SourcePath, waiting: WaitingCalls, losses: Loss[]): Message[] {
  const results: Part[] = [];
  const rest: Part[] = [];
  for (const [part, path] of parts) {
    if (part.functionResponse === undefined) decodePart(part, path, `call_${path}`, rest, losses);
    else {
      losses.push(...leftovers(part, ['functionResponse', 'thoughtSignature'], path));
      results.push(decodeResult(tidy(part.functionResponse), `${path}.functionResponse`, waiting, losses));
    }
  }
  const turns: Message[] = results.length === 0 ? [] : [{ role: 'tool', parts: results, at }];
  return rest.length === 0 && results.length > 0 ? turns : [...turns, { role: 'user', parts: rest, at }];
}

function decodeResult(
  result: JsonObject,
  at: SourcePath,
  waiting: WaitingCalls,
  losses: Loss[],
): ToolResultPart {
  losses.push(...leftovers(result, ['id', 'name', 'response', 'parts'], at));
  const { text, isError } = readResponse(result.response);
  const content: Part[] = text === '' ? [] : [{ kind: 'text', text, at: `${at}.response` }];
  for (const [part, path] of itemsOf(result.parts, `${at}.parts`))
    content.push(decodeMedia(objectAt(part, path), path, losses));
  return { kind: 'tool-result', callId: callIdOf(result, at, waiting), form: 'json', content, isError, at };
}

/** By its id, else the first call of that name that has no result yet, else the first one without. */
function callIdOf(result: JsonObject, at: SourcePath, waiting: WaitingCalls): string {
  const id = asString(result.id);
  const call = id ? waiting.takeId(id) : waiting.takeName(result.name);
  return id || call?.id || `call_${at.replace(/\D+/g, '_')}`;
}

/** `{output}`, `{result}` and `{error}` hold the answer itself; any other object is the answer. */
function readResponse(value: JsonValue | undefined): { text: string; isError: boolean } {
  if (!isObject(value))
    return { text: value === undefined || value === null ? '' : JSON.stringify(value), isError: false };
  const names = Object.keys(value);
  const [name = ''] = names;
  const only = value[name];
  if (names.length !== 1 || only === undefined || !['output', 'result', 'error'].includes(name))
    return { text: names.length === 0 ? '' : JSON.stringify(value), isError: false };
  return { text: typeof only === 'string' ? only : JSON.stringify(only), isError: name === 'error' };
}
