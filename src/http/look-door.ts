// How pages answer that the holder of a key looks at: with JSON and what is left of its looks, or with the fault.

import { toFault } from '../canonical/fault.ts';
import type { Codec } from '../formats/codec.ts';
import { log } from '../lib/log.ts';
import type { RateStanding } from '../store/ports.ts';
import { showLimit } from './rate-headers.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

export type Page = { body: object; limit: RateStanding };

/** The page, or the fault in the words of `codec`. What nobody foresaw is logged, as the answer to it says. */
export async function answerLook(
  request: Request,
  make: () => Page | Promise<Page>,
  codec?: Codec,
): Promise<Response> {
  const requestId = requestIdOf(request.headers);
  try {
    const { body, limit } = await make();
    const response = jsonResponse(body, requestId);
    showLimit(response.headers, limit);
    return response;
  } catch (thrown) {
    const fault = toFault(thrown);
    if (fault.code === 'internal_error') log.error('a page failed', { requestId, cause: thrown });
    return faultResponse(fault, requestId, codec);
  }
}
