// A Chat body on its way to a vendor with nothing in it that another issuer sealed.

import type { Loss } from '../../canonical/loss.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';
import { sealIn, signatureOn } from './thought-details.ts';

/** See `Codec.showSeals`. A vendor's own state came as it is and goes as it is; an envelope goes to nobody. */
export function showSeals(
  body: JsonObject,
  show: (seal: string) => string | undefined,
): Converted<JsonObject> {
  const losses: Loss[] = [];
  if (!Array.isArray(body.messages)) return { value: body, losses };
  const lose = (path: string) =>
    losses.push({ path, action: 'dropped', reason: 'reasoning that another provider sealed' });
  const isShown = (seal: string | undefined) => seal === undefined || show(seal) === seal;
  const messages = body.messages.map((message, index): JsonValue => {
    if (!isObject(message) || message.role !== 'assistant') return message;
    const at = `messages[${index}]`;
    return withoutSignatures(withoutDetails(message, at, isShown, lose), at, isShown, lose);
  });
  return { value: losses.length === 0 ? body : { ...body, messages }, losses };
}

type IsShown = (seal: string | undefined) => boolean;

function withoutDetails(
  message: JsonObject,
  at: string,
  isShown: IsShown,
  lose: (path: string) => void,
): JsonObject {
  const { reasoning_details: details, ...rest } = message;
  if (!Array.isArray(details)) return message;
  const kept = details.filter((detail, i) => {
    if (!isObject(detail) || isShown(sealIn(detail)?.seal)) return true;
    lose(`${at}.reasoning_details[${i}]`);
    return false;
  });
  if (kept.length === details.length) return message;
  return kept.length === 0 ? rest : { ...rest, reasoning_details: kept };
}

function withoutSignatures(
  message: JsonObject,
  at: string,
  isShown: IsShown,
  lose: (path: string) => void,
): JsonObject {
  if (!Array.isArray(message.tool_calls)) return message;
  const calls = message.tool_calls.map((call, i): JsonValue => {
    if (!isObject(call) || isShown(signatureOn(call))) return call;
    lose(`${at}.tool_calls[${i}].extra_content`);
    const { extra_content: _, ...bare } = call;
    return bare;
  });
  return calls.every((call, i) => call === (message.tool_calls as JsonValue[])[i])
    ? message
    : { ...message, tool_calls: calls };
}
