// The operator's routes: what the command line can do, behind the admin secret.

import { Elysia } from 'elysia';
import { type DeskRules, keyDesk, type ListQuery } from '../accounts/key-desk.ts';
import { Fault } from '../canonical/fault.ts';
import { bearerOf } from '../gateway/admission/credentials.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { equalConstantTime, sha256Hex } from '../lib/crypto.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import { adminDoor, type Guard, optionalBody } from './admin-door.ts';
import { ADMIN_DETAILS as DETAILS } from './docs-admin.ts';

export type AdminPorts = { directory: Directory; ledger: Ledger; rules: () => DeskRules };

/** `/admin/keys…`; the `id` of an address is an id, a visible beginning or a name. */
export function admin(ports: AdminPorts, guard: Guard) {
  const desk = keyDesk(ports);
  const run = adminDoor(guard);
  const create = run(async (request) => desk.create(await optionalBody(request)), 201);
  const list = run(async (request) => {
    const { data, hasMore } = await desk.list(queryOf(request));
    return { object: 'list', data, has_more: hasMore, last_id: data.at(-1)?.id ?? null };
  });
  const show = run((_, { id }) => desk.show(id ?? ''));
  const change = run(async (request, { id }) => desk.change(id ?? '', await optionalBody(request)));
  const credit = run(async (request, { id }) => desk.credit(id ?? '', await optionalBody(request)));
  const rotate = run(async (request, { id }) => desk.rotate(id ?? '', await optionalBody(request)));
  const revoke = run((_, { id }) => desk.revoke(id ?? ''));
  return new Elysia({ name: 'admin' })
    .post('/admin/keys', create, { parse: 'none', detail: DETAILS.create })
    .get('/admin/keys', list, { detail: DETAILS.list })
    .get('/admin/keys/:id', show, { detail: DETAILS.show })
    .patch('/admin/keys/:id', change, { parse: 'none', detail: DETAILS.change })
    .post('/admin/keys/:id/credit', credit, { parse: 'none', detail: DETAILS.credit })
    .post('/admin/keys/:id/rotate', rotate, { parse: 'none', detail: DETAILS.rotate })
    .post('/admin/keys/:id/revoke', revoke, { parse: 'none', detail: DETAILS.revoke });
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
): Guard {
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
      client
        ? 'Client keys do not open /admin; send the admin secret.'
        : 'The admin secret is wrong. It was printed at the first start; `osiris admin reset` makes a new one.',
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
