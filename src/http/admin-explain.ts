// The operator's route that tells what would become of a request, without sending it.

import { Elysia } from 'elysia';
import { toFault } from '../canonical/fault.ts';
import { parseBody, readBody } from '../gateway/admission/body.ts';
import type { JsonObject } from '../lib/json.ts';
import { log } from '../lib/log.ts';
import { EXPLAIN_DETAIL } from './docs-admin.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

/** Explains what a body asks; see `explain` in the gateway. */
export type Explain = (asked: JsonObject) => Promise<JsonObject>;

/** A request with pictures, written into a text once more. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** `/admin/explain`. `guard` lets a request in or throws. */
export function adminExplain(explain: Explain, guard: (request: Request) => void) {
  const handle = async ({ request }: { request: Request }) => {
    const requestId = requestIdOf(request.headers);
    try {
      guard(request);
      return jsonResponse(await explain(parseBody(await readBody(request, BODY_BYTES_MAX))), requestId);
    } catch (thrown) {
      const fault = toFault(thrown);
      if (fault.code === 'internal_error') log.error('an explanation failed', { requestId, cause: thrown });
      return faultResponse(fault, requestId);
    }
  };
  return new Elysia({ name: 'admin-explain' }).post('/admin/explain', handle, {
    parse: 'none',
    detail: EXPLAIN_DETAIL,
  });
}
