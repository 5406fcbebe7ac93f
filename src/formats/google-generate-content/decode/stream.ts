// Reads a stream of this format, which has no last word of its own: it ends when the connection does.

import type { StreamEvent } from '../../../canonical/event.ts';
import { Fault } from '../../../canonical/fault.ts';
import type { CodeSeen, Usage } from '../../../canonical/usage.ts';
import { mayBeRounded, tryParseExactUnder } from '../../../lib/exact-json.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { jsonOf, type SseFrame } from '../../../lib/sse.ts';
import type { StreamDecoder } from '../../codec.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { AnswerReader } from './answer-reader.ts';

/** The finish is held until the end: some models give a reason in every piece, and the last usage may follow it. */
export class GoogleStreamDecoder implements StreamDecoder {
  readonly #reader = new AnswerReader(false);
  #over = false;

  get mayBeOver(): boolean {
    return !this.#over && this.#reader.hasReason;
  }

  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  get code(): CodeSeen {
    return this.#reader.code;
  }

  push(frame: SseFrame): StreamEvent[] {
    const data = frame.data.trim();
    if (this.#over || data === '' || data === '[DONE]') return [];
    const body = jsonOf(frame);
    if (!isObject(body))
      return this.#fail(
        new Fault('bad_gateway', 'The provider sent an unreadable piece of an answer; try again.'),
      );
    if (isErrorBody(body)) return this.#fail(decodeInnerError(body));
    return this.#reader.read(exactly(body, data));
  }

  end(): StreamEvent[] {
    if (this.#over) return [];
    if (!this.#reader.hasReason)
      return this.#fail(
        new Fault('upstream_truncated', 'The provider’s stream ended before the answer did; try again.'),
      );
    this.#over = true;
    return this.#reader.finish();
  }

  #fail(fault: Fault): StreamEvent[] {
    this.#over = true;
    return [...this.#reader.partialUsage(), { type: 'error', fault }];
  }
}

/** The body with the arguments of its calls to the last digit. */
function exactly(body: JsonObject, text: string): JsonObject {
  if (!text.includes('functionCall"') || !mayBeRounded(text)) return body;
  const exact = tryParseExactUnder(['args'], text);
  return isObject(exact) ? exact : body;
}
