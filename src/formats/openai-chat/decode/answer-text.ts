// Small readers shared by whole answers and streams, so that both see the same parts.

import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../../lib/json.ts';

/** Streams and bodies do not say what the sound is; this is what players cope with best. */
export const ANSWER_AUDIO_TYPE = 'audio/wav';

/** The text of `content`: a string, or the text parts some vendors send; thinking parts are left to `thoughtOf`. */
export function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => (asObject(part).type === 'thinking' ? '' : (asString(asObject(part).text) ?? '')))
    .join('');
}

/** Readable thinking in any of the vendors' spellings. */
export function thoughtOf(message: JsonObject): string {
  const direct = asString(message.reasoning_content) || asString(message.reasoning);
  if (direct) return direct;
  if (!Array.isArray(message.content)) return '';
  return message.content
    .map((part) => asObject(part))
    .filter((part) => part.type === 'thinking')
    .map((part) => asString(part.thinking) ?? textOf(part.thinking))
    .join('');
}

/** A call's argument text; some vendors send the parsed object. */
export function argumentsOf(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** A stable id for a call that came without one, unique across the answers of a conversation. */
export function mintCallId(answerId: string | undefined, position: number): string {
  const tail = (answerId ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-24);
  return tail === '' ? `call_${position}` : `call_${tail}_${position}`;
}
