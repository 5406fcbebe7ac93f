// Tells whose key a request carries.

import { Fault } from '../canonical/fault.ts';
import { sha256Hex } from '../lib/crypto.ts';
import type { Directory, Key } from '../store/ports.ts';

const KEY_FORM = /^sk-osiris-[0-9a-f]{32}$/;

/**
 * The key of a request, from `x-api-key` or `Authorization: Bearer`; with both present the valid one wins, and
 * `x-api-key` when both are. `others` are keys that came in the ways of one format, and go first. Throws Fault `missing_api_key`, `invalid_api_key` or `revoked_api_key`. Expiry is
 * checked later: an expired key still may be told that its request is malformed.
 */
export function identify(
  headers: Headers,
  directory: Directory,
  others: readonly (string | null)[] = [],
): Key {
  const own = headers.get('x-api-key');
  const bearer = bearerOf(headers.get('authorization'));
  const sent = [...others, own, bearer].filter((secret) => typeof secret === 'string');
  if (sent.length === 0)
    throw new Fault(
      'missing_api_key',
      'No API key was sent. Send your sk-osiris-… key as "Authorization: Bearer" or as "x-api-key".',
    );
  let revoked = false;
  for (const secret of sent) {
    const key = find(secret, directory);
    if (key && key.revokedAtMs === undefined) return key;
    revoked ||= key !== undefined;
  }
  if (revoked)
    throw new Fault('revoked_api_key', 'This API key has been revoked. Ask the operator for a new one.');
  throw new Fault('invalid_api_key', wrongKeyMessage(sent[0] ?? ''));
}

/** The secret behind `Bearer `, whatever the case and spacing of the scheme. */
export function bearerOf(authorization: string | null): string | undefined {
  if (authorization === null) return undefined;
  if (authorization.startsWith('Bearer ')) return authorization.slice(7).trim();
  return /^\s*bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim() ?? '';
}

function find(secret: string, directory: Directory): Key | undefined {
  const trimmed = secret.trim();
  return KEY_FORM.test(trimmed) ? directory.findByHash(sha256Hex(trimmed)) : undefined;
}

function wrongKeyMessage(secret: string): string {
  if (secret.startsWith('osiris-admin-'))
    return 'This is the admin secret; it opens /admin only. Use a key made with "osiris keys create".';
  if (KEY_FORM.test(secret.trim())) return 'No such API key here. Check that it belongs to this server.';
  return 'This is not an Osiris key. Keys look like sk-osiris- and 32 hex characters; ask the operator for one.';
}
