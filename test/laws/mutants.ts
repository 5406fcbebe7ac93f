// Codecs that break a law on purpose, to show that the law notices.

import type { StreamEvent } from '../../src/canonical/event.ts';
import type { Codec } from '../../src/formats/codec.ts';

/** The codec with a stream decoder whose events go through `spoil`. */
export function withDecoder(codec: Codec, spoil: (events: StreamEvent[]) => StreamEvent[]): Codec {
  return {
    ...codec,
    streamDecoder: () => {
      const inner = codec.streamDecoder();
      return { push: (frame) => spoil(inner.push(frame)), end: () => spoil(inner.end()) };
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
