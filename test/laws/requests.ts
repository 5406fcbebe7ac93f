// The generators of client requests by format, and one leg of a conversion as the gateway makes it.

import { toFault } from '../../src/canonical/fault.ts';
import type { Loss } from '../../src/canonical/loss.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import { mapTools } from '../../src/canonical/tool-map.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { chatRequest } from './generate-chat.ts';
import { messagesRequest } from './generate-messages.ts';
import { responsesRequest } from './generate-responses.ts';

const REQUESTS: Partial<Record<FormatId, (c: Choices) => JsonObject>> = {
  'openai-chat': chatRequest,
  'openai-responses': responsesRequest,
  'anthropic-messages': messagesRequest,
};

export function requestOf(codec: Codec, c: Choices): JsonObject {
  const make = REQUESTS[codec.id];
  if (!make) throw new Error(`no generator of ${codec.id} requests`);
  return make(c);
}

export type Leg = { body: JsonObject; losses: Loss[] };

/** The request as the other upstream gets it, or undefined when it was refused with a 400; anything else is thrown. */
export function convert(
  body: JsonObject,
  from: Codec,
  to: Codec,
  target: Target,
  custom: boolean,
): Leg | undefined {
  try {
    const decoded = from.decodeRequest(structuredClone(body));
    const abilities = {
      namespaces: to.id === 'openai-responses',
      custom: to.id === 'openai-responses' || (to.id === 'openai-chat' && custom),
      webSearch: true,
    };
    const mapped = mapTools(decoded.value, abilities);
    const encoded = to.encodeRequest(mapped.request, target);
    return { body: encoded.value, losses: [...decoded.losses, ...mapped.losses, ...encoded.losses] };
  } catch (thrown) {
    const fault = toFault(thrown);
    if (fault.status === 400) return undefined;
    throw thrown;
  }
}
