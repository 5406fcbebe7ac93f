// The operator's routes: what the command line can do, behind the admin secret.

import { Elysia } from 'elysia';
import { type DeskRules, keyDesk, type ListQuery } from '../accounts/key-desk.ts';
import { Fault, toFault } from '../canonical/fault.ts';
import { parseBody, readBody } from '../gateway/admission/body.ts';
import { bearerOf } from '../gateway/admission/credentials.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { equalConstantTime, sha256Hex } from '../lib/crypto.ts';
import { log } from '../lib/log.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import { ADMIN_DETAILS as DETAILS } from './docs-admin.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

export type AdminPorts = { directory: Directory; ledger: Ledger; rules: () => DeskRules };
/** `params` are absent where an address has none. */
type Context = { request: Request; params?: Record<string, string> };
/** `key` is what the address names: an id, a visible beginning or a name. */
type Handle = (request: Request, key: string) => Promise<object>;

const BODY_BYTES_MAX = 64 * 1024;

/**
 * `/admin/keys…`. `guard` lets a request in or throws: the local socket of the data directory needs no secret,
 * the network needs the admin secret and an address the operator allowed.
 */
export function admin(ports: AdminPorts, guard: (request: Request) => void) {
  const desk = keyDesk(ports);
  const run =
    (handle: Handle, status = 200) =>
    async ({ request, params }: Context) => {
      const requestId = requestIdOf(request.headers);
      try {
        guard(request);
        return jsonResponse(await handle(request, params?.id ?? ''), requestId, status);
      } catch (thrown) {
        const fault = toFault(thrown);
        if (fault.code === 'internal_error')
          log.error('an admin request failed', { requestId, cause: thrown });
        return faultResponse(fault, requestId);
      }
    };
  const create = run(async (request) => desk.create(await bodyOf(request)), 201);
  const list = run(async (request) => {
    const { data, hasMore } = await desk.list(queryOf(request));
    return { object: 'list', data, has_more: hasMore, last_id: data.at(-1)?.id ?? null };
  });
  const show = run((_, key) => desk.show(key));
  const change = run(async (request, key) => desk.change(key, await bodyOf(request)));
  const credit = run(async (request, key) => desk.credit(key, await bodyOf(request)));
  const rotate = run(async (request, key) => desk.rotate(key, await bodyOf(request, {})));
  const revoke = run((_, key) => desk.revoke(key));
  return new Elysia({ name: 'admin' })
    .post('/admin/keys', create, { parse: 'none', detail: DETAILS.create })
    .get('/admin/keys', list, { detail: DETAILS.list })
    .get('/admin/keys/:id', show, { detail: DETAILS.show })
    .patch('/admin/keys/:id', change, { parse: 'none', detail: DETAILS.change })
    .post('/admin/keys/:id/credit', credit, { parse: 'none', detail: DETAILS.credit })
    .post('/admin/keys/:id/rotate', rotate, { parse: 'none', detail: DETAILS.rotate })
    .post('/admin/keys/:id/revoke', revoke, { parse: 'none', detail: DETAILS.revoke });
}

/** The JSON of the body; `otherwise` stands for an empty one. */
async function bodyOf(request: Request, otherwise?: object): Promise<object> {
  const bytes = await readBody(request, BODY_BYTES_MAX);
  return bytes.length === 0 && otherwise !== undefined ? otherwise : parseBody(bytes);
}

function queryOf(request: Request): ListQuery {
  return Object.fromEntries(new URL(request.url).searchParams);
}

/**
 * Throws Fault 401 or 403 unless the request carries the admin secret and comes from an allowed address; the gate's
 * 429 in place of the 401 of an address that goes on guessing.
 */
export function adminGuard(
  directory: Directory,
  isAllowed: (request: Request) => boolean,
  gate: FloodGate,
): (request: Request) => void {
  const isSecret = adminSecretCheck(directory);
  return (request) => {
    if (!isAllowed(request))
      throw new Fault('not_allowed', 'The admin routes are not open to this address; see server.admin_from.');
    const { headers } = request;
    const secret = headers.get('x-api-key') ?? bearerOf(headers.get('authorization'));
    if (secret !== undefined && isSecret(secret, 'known')) return;
    gate.check(request);
    if (secret === undefined)
      throw new Fault(
        'missing_api_key',
        'Send the admin secret (osiris-admin-…) as "Authorization: Bearer".',
      );
    if (isSecret(secret, 'stored')) return;
    const client = secret.startsWith('sk-osiris-');
    throw new Fault(
      'invalid_api_key',
      client ? 'Client keys do not open /admin; send the admin secret.' : 'The admin secret is wrong.',
    );
  };
}

/** Guesses are compared with the hash that was stored last time, so that they cost no look into the database. */
function adminSecretCheck(directory: Directory): (secret: string, against: 'known' | 'stored') => boolean {
  const read = () => directory.getFact('admin_secret_sha256');
  let known = read();
  return (secret, against) => {
    const hash = sha256Hex(secret.trim());
    const fits = () => known !== undefined && equalConstantTime(hash, known);
    if (against === 'known' && !fits()) return false;
    // another process may have replaced it: the old one must not open any more
    known = read();
    return fits();
  };
}
