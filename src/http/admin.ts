// The operator's routes: what the command line can do, behind the admin secret.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import { parseBody, readBody } from '../gateway/body.ts';
import { bearerOf } from '../gateway/credentials.ts';
import type { FloodGate } from '../gateway/flood-gate.ts';
import { equalConstantTime, sha256Hex } from '../lib/crypto.ts';
import { createKey, keyJson, parseNewKey } from '../store/keys.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import { describeRoute } from './openapi.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

export type AdminPorts = { directory: Directory; ledger: Ledger };
type Context = { request: Request; params: Record<string, string> };
type Handle = (context: Context) => unknown | Promise<unknown>;

const BODY_BYTES_MAX = 64 * 1024;

/**
 * `/admin/keys…`. `guard` lets a request in or throws: the local socket of the data directory needs no secret,
 * the network needs the admin secret and an address the operator allowed.
 */
export function admin(ports: AdminPorts, guard: (request: Request) => void) {
  const { directory, ledger } = ports;
  const known = (id: string | undefined) => {
    const key = directory.findById(id ?? '');
    if (!key) throw new Fault('not_found', 'There is no key with this id. GET /admin/keys lists them.');
    return key;
  };
  const run =
    (handle: Handle, status = 200) =>
    async (context: Context) => {
      const requestId = requestIdOf(context.request.headers);
      try {
        guard(context.request);
        return jsonResponse(await handle(context), requestId, status);
      } catch (thrown) {
        return faultResponse(toFault(thrown), requestId);
      }
    };
  const create: Handle = async ({ request }) => {
    const input = parseNewKey(parseBody(await readBody(request, BODY_BYTES_MAX)));
    const { key, secret } = createKey(directory, input);
    return { key: secret, ...keyJson(key) };
  };
  const list: Handle = () => ({ object: 'list', data: directory.list().map((key) => keyJson(key)) });
  const show: Handle = ({ params }) => {
    const key = known(params.id);
    return { ...keyJson(key), usage: usageJson(ledger.tally(key)) };
  };
  const revoke: Handle = ({ params }) => {
    const key = known(params.id);
    directory.revoke(key.id);
    return keyJson(known(key.id));
  };
  return new Elysia({ name: 'admin' })
    .post('/admin/keys', run(create, 201), { parse: 'none', detail: DETAILS.create })
    .get('/admin/keys', run(list), { detail: DETAILS.list })
    .get('/admin/keys/:id', run(show), { detail: DETAILS.show })
    .post('/admin/keys/:id/revoke', run(revoke), { parse: 'none', detail: DETAILS.revoke });
}

const DETAILS = {
  create: describeRoute({
    tag: 'Admin',
    id: 'createKey',
    summary: 'Make a key',
    status: 201,
    description: 'The answer holds the whole key in `key`, this once.',
    example: { name: 'laptop', kind: 'credit', credit_usd: '10.00', models: ['sandbox/*'] },
    errors: [409],
  }),
  list: describeRoute({ tag: 'Admin', id: 'listKeys', summary: 'All keys, newest first' }),
  show: describeRoute({ tag: 'Admin', id: 'showKey', summary: 'One key with its usage', errors: [404] }),
  revoke: describeRoute({ tag: 'Admin', id: 'revokeKey', summary: 'Revoke a key', errors: [404] }),
};

function usageJson(usage: { calls: number; inputTokens: number; outputTokens: number }): object {
  const { calls: requests, inputTokens, outputTokens } = usage;
  return { requests, input_tokens: inputTokens, output_tokens: outputTokens };
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
