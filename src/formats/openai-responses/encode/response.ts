// A whole canonical answer, written as the body a Responses client reads.

import type { CanonicalResponse } from '../../../canonical/response.ts';
import { unfold } from '../../../canonical/unfold.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { Dress } from '../../codec.ts';
import { AnswerWriter } from './answer-writer.ts';

/** See `Codec.encodeResponse`. The body is the one the terminal event of a stream would carry. */
export function encodeResponse(response: CanonicalResponse, dress: Dress): JsonObject {
  const writer = new AnswerWriter(dress, () => {});
  for (const event of unfold(response)) writer.push(event);
  return writer.body ?? {};
}
