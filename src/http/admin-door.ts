// How the operator's routes are asked and answer: whoever the guard lets in, with JSON, or with the fault that came up.

import { toFault } from '../canonical/fault.ts';
import { parseBody, readBody } from '../gateway/admission/body.ts';
import type { JsonObject } from '../lib/json.ts';
import { log } from '../lib/log.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

/** Lets a request in or throws: the local socket needs no secret, the network the admin secret and an allowed address. */
export type Guard = (request: Request) => void;

type Params = Record<string, string>;

/** Gets the parameters of the address too; a Response it returns is the answer as it is. */
export type Handle = (request: Request, params: Params) => object | Promise<object>;

type Context = { request: Request; params?: Params };

/** Makes handlers of routes. What nobody foresaw is logged, as the answer to it says. */
export function adminDoor(guard: Guard) {
  return (handle: Handle, status = 200) =>
    async ({ request, params = {} }: Context): Promise<Response> => {
      const requestId = requestIdOf(request.headers);
      try {
        guard(request);
        const answer = await handle(request, params);
        return answer instanceof Response ? answer : jsonResponse(answer, requestId, status);
      } catch (thrown) {
        const fault = toFault(thrown);
        if (fault.code === 'internal_error')
          log.error('an admin request failed', { requestId, cause: thrown });
        return faultResponse(fault, requestId);
      }
    };
}

const BODY_BYTES_MAX = 64 * 1024;

/** The JSON of a body that has to be there. Throws Fault like the body of a call. */
export async function jsonBody(request: Request, maxBytes = BODY_BYTES_MAX): Promise<JsonObject> {
  return parseBody(await readBody(request, maxBytes));
}

/** The same where an empty body asks for nothing in particular; what it then lacks is told by its name. */
export async function optionalBody(request: Request): Promise<JsonObject> {
  const bytes = await readBody(request, BODY_BYTES_MAX);
  return bytes.length === 0 ? {} : parseBody(bytes);
}
