// The generators of client requests by format, and one leg of a conversion as the gateway makes it.

import { toFault } from '../../src/canonical/fault.ts';
import type { Loss } from '../../src/canonical/loss.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import { mapTools } from '../../src/canonical/tool-map.ts';
import type { Address, Codec, Target } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { chatRequest } from './generate-chat.ts';
import { googleRequest } from './generate-google.ts';
import { messagesRequest } from './generate-messages.ts';
import { responsesRequest } from './generate-responses.ts';

const REQUESTS: Partial<Record<FormatId, (c: Choices) => JsonObject>> = {
  'openai-chat': chatRequest,
  'openai-responses': responsesRequest,
  'anthropic-messages': messagesRequest,
  'google-generate-content': googleRequest,
};

export function requestOf(codec: Codec, c: Choices): JsonObject {
  const make = REQUESTS[codec.id];
  if (!make) throw new Error(`no generator of ${codec.id} requests`);
  return make(c);
}

/** `address` is what the path says, where the format keeps model and stream there. */
export type Leg = { body: JsonObject; losses: Loss[]; address: Address };

const ADDRESS: Address = { model: 'the-model', stream: false };

/** The request as the other upstream gets it, or undefined when it was refused with a 400; anything else is thrown. */
export function convert(
  body: JsonObject,
  from: Codec,
  to: Codec,
  target: Target,
  custom: boolean,
  address = ADDRESS,
): Leg | undefined {
  try {
    const decoded = from.decodeRequest(structuredClone(body), address);
    const abilities = {
      namespaces: to.id === 'openai-responses',
      custom: to.id === 'openai-responses' || (to.id === 'openai-chat' && custom),
      webSearch: true,
    };
    const fitted = fitRequest(decoded.value, target, to);
    const mapped = mapTools(fitted.request, abilities);
    const encoded = to.encodeRequest(mapped.request, target);
    return {
      body: encoded.value,
      losses: [...decoded.losses, ...fitted.losses, ...mapped.losses, ...encoded.losses],
      address: { model: target.model, stream: mapped.request.stream },
    };
  } catch (thrown) {
    const fault = toFault(thrown);
    if (fault.status === 400) return undefined;
    throw thrown;
  }
}
