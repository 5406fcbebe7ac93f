// What is done with a spoilt input, and what must come of it: an answer that is legal, or a fault that is not ours.

import type { FormatId } from '../../src/canonical/part.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { tryParseJson } from '../../src/lib/json.ts';
import { chosen, mustBeFault, type Outcome } from './must.ts';
import { tryAnswer } from './try-answer.ts';
import { tryRequest } from './try-request.ts';
import { tryStream } from './try-stream.ts';

export type Kind = 'request' | 'answer' | 'stream' | 'error';
export const KINDS: readonly [Kind, ...Kind[]] = ['request', 'answer', 'stream', 'error'];

/**
 * `chunk`: so many bytes of a stream arrive at once. `only`: which one of its targets the input is converted for, by any
 * number; absent for all of them.
 */
export type Trial = { kind: Kind; format: FormatId; bytes: Uint8Array; chunk: number; only?: number };

/** Throws when the input was not handled as it must be. */
export function tryOut(
  { kind, format, bytes, chunk, only }: Trial,
  codecs: Partial<typeof FORMATS> = FORMATS,
): Outcome {
  const targets = chosen(Object.values(codecs), only);
  const codec = codecs[format];
  if (!codec) throw new Error(`no codec of ${format}`);
  switch (kind) {
    case 'request':
      return tryRequest(codec, bytes, only);
    case 'answer':
      return tryAnswer(codec, bytes, targets);
    case 'stream':
      return tryStream(codec, bytes, chunk, targets);
    case 'error':
      return tryError(codec, bytes, only);
    default:
      return kind satisfies never;
  }
}

const STATUSES = [400, 401, 403, 404, 413, 429, 500, 502, 503, 529];
const MESSAGE_CHARS_MAX = 10_000;

/** Whatever an error body says, our client is told something short in words of its own format. */
function tryError(codec: Codec, bytes: Uint8Array, only: number | undefined): Outcome {
  const text = new TextDecoder().decode(bytes);
  const body = tryParseJson(text) ?? text;
  let bytesOut = 0;
  for (const status of chosen(STATUSES, only)) {
    const fault = codec.decodeError(
      status,
      body,
      new Headers({ 'retry-after': text.slice(0, 9).replace(/[^\x20-\x7e]/g, '') }),
    );
    mustBeFault(fault);
    if (fault.message === '' || fault.message.length > MESSAGE_CHARS_MAX)
      throw new Error(`a message of ${fault.message.length} characters`);
    if (fault.retryAfterS !== undefined && !(fault.retryAfterS >= 0))
      throw new Error(`retry after ${fault.retryAfterS} s`);
    bytesOut += JSON.stringify(codec.errorBody?.(fault, 'request-1') ?? fault.message).length;
  }
  return { bytesOut, understood: true };
}
