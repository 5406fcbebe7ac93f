// Codecs that break a law on purpose, to show that the law notices.

import type { StreamEvent } from '../../src/canonical/event.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import type { Codec, Converted } from '../../src/formats/codec.ts';
import { isObject, type JsonObject } from '../../src/lib/json.ts';

/** The codec with a stream decoder whose events go through `spoil`. */
export function withDecoder(codec: Codec, spoil: (events: StreamEvent[]) => StreamEvent[]): Codec {
  return {
    ...codec,
    streamDecoder: () => {
      const inner = codec.streamDecoder();
      return {
        usage: undefined,
        push: (frame) => spoil(inner.push(frame)),
        end: () => spoil(inner.end()),
      };
    },
  };
}

/** The codec with a stream encoder that never hears the events `hears` refuses. */
export function withEncoder(codec: Codec, hears: (event: StreamEvent) => boolean): Codec {
  return {
    ...codec,
    streamEncoder: (dress) => {
      const inner = codec.streamEncoder(dress);
      return { push: (event) => (hears(event) ? inner.push(event) : '') };
    },
  };
}

/** The codec with a request encoder whose outcome goes through `spoil`. */
export function withRequestEncoder(
  codec: Codec,
  spoil: (out: Converted<JsonObject>) => Converted<JsonObject>,
): Codec {
  return { ...codec, encodeRequest: (request, target) => spoil(codec.encodeRequest(request, target)) };
}

/** The codec with a request decoder whose outcome goes through `spoil`. */
export function withRequestDecoder(
  codec: Codec,
  spoil: (out: Converted<CanonicalRequest>) => Converted<CanonicalRequest>,
): Codec {
  return { ...codec, decodeRequest: (body) => spoil(codec.decodeRequest(body)) };
}

/** A request body that has forgotten its temperature, wherever its format keeps it. */
export function withoutTemperature({ temperature: _, ...body }: JsonObject): JsonObject {
  if (!isObject(body.generationConfig)) return body;
  const { temperature: _cold, ...generationConfig } = body.generationConfig;
  return { ...body, generationConfig };
}
