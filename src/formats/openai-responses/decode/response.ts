// A whole Responses answer, read as the stream it would have been.

import { Fault } from '../../../canonical/fault.ts';
import { Fold } from '../../../canonical/fold.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { decodeInnerError } from '../errors.ts';
import { ResponsesStreamDecoder } from './stream.ts';

/** See `Codec.decodeResponse`. One reader for both keeps stream and body equal. */
export function decodeResponse(body: JsonObject): CanonicalResponse {
  if (!Array.isArray(body.output) && isObject(body.error)) throw decodeInnerError(body);
  if (!Array.isArray(body.output) && typeof body.status !== 'string')
    throw new Fault(
      'bad_gateway',
      'The provider’s answer is not a response; try again or use another model.',
    );
  const fold = new Fold();
  for (const event of new ResponsesStreamDecoder().whole(body)) fold.push(event);
  if (fold.fault) throw fold.fault;
  return fold.response();
}
