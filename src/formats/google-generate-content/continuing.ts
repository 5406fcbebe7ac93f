// How Google goes on with an answer that is longer than one request may make it (`finishReason` CONTINUATION).

import { spliceJson } from '../../lib/splice.ts';
import type { Continuing } from '../codec.ts';

/** The same request with the token that came with the answer. */
export const continuing: Continuing = {
  requestsMax: 8,
  mayStop: () => true,
  hasWord: false,
  repeats: false,
  next(body, { finish: { continuation } }) {
    if (continuation === undefined) return undefined;
    return spliceJson(body, [{ path: ['continuationToken'], json: JSON.stringify(continuation) }]);
  },
};
