// Tells whose key a request carries.

import { Fault } from '../../canonical/fault.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import type { Directory, Key } from '../../store/ports.ts';
import type { FloodGate } from './flood-gate.ts';

const KEY_FORM = /^sk-osiris-[0-9a-f]{32}$/;

/**
 * The key of a request, from `x-api-key` or `Authorization: Bearer`; with both present the valid one wins, and
 * `x-api-key` when both are. `others` are keys that came in the ways of one format, and go first. Throws Fault
 * `missing_api_key`, `invalid_api_key` or `revoked_api_key`, or the gate's 429 in their place. Expiry is checked later:
 * an expired key still may be told that its request is malformed.
 */
export function identify(
  request: Request,
  directory: Directory,
  gate: FloodGate,
  others: readonly (string | null)[] = [],
): Key {
  const { headers } = request;
  const own = headers.get('x-api-key');
  const bearer = bearerOf(headers.get('authorization'));
  const secrets = [...others, own, bearer];
  const known = findBest(secrets, (hashHex) => directory.peekByHash(hashHex));
  if (known && known.revokedAtMs === undefined) return known;
  gate.check(request);
  if (secrets.every((secret) => typeof secret !== 'string'))
    throw new Fault(
      'missing_api_key',
      'No API key was sent. Send your sk-osiris-… key as "Authorization: Bearer" or as "x-api-key".',
    );
  const search = (hashHex: string) => (gate.maySearch() ? directory.findByHash(hashHex) : undefined);
  const found = findBest(secrets, search) ?? known;
  if (!found) throw unknownKey(secrets, headers.get('authorization'), directory);
  refuseRevoked(found);
  return found;
}

/** Throws Fault `revoked_api_key`. */
export function refuseRevoked(key: Key): void {
  if (key.revokedAtMs === undefined) return;
  throw new Fault('revoked_api_key', 'This API key has been revoked. Ask the operator for a new one.');
}

/** The secret behind `Bearer `, whatever the case and spacing of the scheme. */
export function bearerOf(authorization: string | null): string | undefined {
  if (authorization === null) return undefined;
  if (authorization.startsWith('Bearer ')) return authorization.slice(7).trim();
  return /^\s*bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim() ?? '';
}

/** The first key that opens, else one that once did. */
function findBest(
  secrets: readonly (string | null | undefined)[],
  find: (hashHex: string) => Key | undefined,
): Key | undefined {
  let revoked: Key | undefined;
  for (const secret of secrets) {
    const trimmed = secret?.trim() ?? '';
    const key = KEY_FORM.test(trimmed) ? find(sha256Hex(trimmed)) : undefined;
    if (key && key.revokedAtMs === undefined) return key;
    revoked ??= key;
  }
  return revoked;
}

function unknownKey(
  secrets: readonly (string | null | undefined)[],
  authorization: string | null,
  directory: Directory,
): Fault {
  if (secrets.some((secret) => directory.wasReplaced(sha256Hex(secret?.trim() ?? ''))))
    return new Fault(
      'revoked_api_key',
      'This API key was replaced by a new one and no longer opens. Ask the operator for the new one.',
    );
  const sent = secrets.find((secret) => typeof secret === 'string') ?? '';
  return new Fault('invalid_api_key', wrongKeyMessage(sent, authorization));
}

function wrongKeyMessage(secret: string, authorization: string | null): string {
  if (secret === '' && authorization?.trim().startsWith('sk-osiris-'))
    return 'The key stands alone: write "Authorization: Bearer sk-osiris-…", or send it as "x-api-key".';
  if (secret.startsWith('osiris-admin-'))
    return 'This is the admin secret; it opens /admin only. Use a key made with "osiris keys create".';
  if (KEY_FORM.test(secret.trim())) return 'No such API key here. Check that it belongs to this server.';
  if (/sk-osiris-[0-9a-f]{32}(?![0-9a-f])/.test(secret))
    return 'There is something around the key. Send it alone: no quotes, no name of a variable, "Bearer" once.';
  if (secret.includes('sk-osiris-'))
    return 'This key is not whole: keys are sk-osiris- and 32 hex characters, without a space or a line break. Copy it again.';
  return 'This is not an Osiris key. Keys look like sk-osiris- and 32 hex characters; ask the operator for one.';
}
