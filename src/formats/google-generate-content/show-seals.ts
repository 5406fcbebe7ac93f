// A body on its way to Google with nothing in it that another issuer sealed.

import type { Loss } from '../../canonical/loss.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';
import { itemsOf, NO_SIGNATURE } from './names.ts';

/** See `Codec.showSeals`. A call whose signature goes gets the word that Google takes in its place. */
export function showSeals(
  body: JsonObject,
  show: (seal: string) => string | undefined,
): Converted<JsonObject> {
  const losses: Loss[] = [];
  const before = itemsOf(body.contents, 'contents');
  const contents = before.map(([content, at]): JsonValue => {
    if (!isObject(content)) return content;
    const given = itemsOf(content.parts, `${at}.parts`);
    const parts = given.map(([part, path]) => showPart(part, path, show, losses));
    return parts.every((part, i) => part === given[i]?.[0]) ? content : { ...content, parts };
  });
  const isSame = contents.every((content, i) => content === before[i]?.[0]);
  return { value: isSame ? body : { ...body, contents }, losses };
}

function showPart(
  part: JsonValue,
  at: string,
  show: (seal: string) => string | undefined,
  losses: Loss[],
): JsonValue {
  if (!isObject(part)) return part;
  const member = 'thought_signature' in part ? 'thought_signature' : 'thoughtSignature';
  const seal = asString(part[member]);
  if (!seal) return part;
  const shown = show(seal);
  if (shown === seal) return part;
  if (shown !== undefined) return { ...part, [member]: shown };
  losses.push({ path: `${at}.${member}`, action: 'dropped', reason: 'reasoning that Google did not seal' });
  const { [member]: _, ...rest } = part;
  return 'functionCall' in part || 'function_call' in part ? { ...rest, [member]: NO_SIGNATURE } : rest;
}
