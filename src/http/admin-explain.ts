// The operator's route that tells what would become of a request, without sending it.

import { Elysia } from 'elysia';
import type { JsonObject } from '../lib/json.ts';
import { adminDoor, type Guard, jsonBody } from './admin-door.ts';
import { EXPLAIN_DETAIL } from './docs-admin.ts';

/** Explains what a body asks; see `explain` in the gateway. */
export type Explain = (asked: JsonObject) => Promise<JsonObject>;

/** A request with pictures, written into a text once more. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** `/admin/explain`. */
export function adminExplain(explain: Explain, guard: Guard) {
  const handle = adminDoor(guard)(async (request) => explain(await jsonBody(request, BODY_BYTES_MAX)));
  return new Elysia({ name: 'admin-explain' }).post('/admin/explain', handle, {
    parse: 'none',
    detail: EXPLAIN_DETAIL,
  });
}
