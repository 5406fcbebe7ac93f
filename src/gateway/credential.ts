// Which of a provider's credentials a call goes out with, and whose its reasoning is then.

import type { CanonicalRequest } from '../canonical/request.ts';
import { hmacSha256 } from '../lib/crypto.ts';
import type { Provider } from '../providers/provider.ts';

/** `scopes` own the reasoning that the credential may send back; the first one is that of new reasoning. */
export type SignIn = { credential: string | undefined; scopes: readonly [string, ...string[]] };

const turns = new WeakMap<Provider, number>();

/**
 * The provider's credentials take turns; `last` is the scope of the newest reasoning in the conversation, if known:
 * a conversation stays with the credential that was given it, since providers bind reasoning to the account.
 */
export function signIn(provider: Provider, last: string | undefined, sealKey: Uint8Array): SignIn {
  const { id, credentials } = provider;
  if (credentials.length < 2) return { credential: credentials[0], scopes: [id] };
  const own = new Map(credentials.map((credential) => [scopeOf(id, credential, sealKey), credential]));
  const known = last !== undefined && own.has(last) ? last : undefined;
  const scope = known ?? [...own.keys()][nextTurn(provider)] ?? id;
  return { credential: own.get(scope), scopes: [scope, id] };
}

/** Every scope whose reasoning this provider may see again with one of its credentials. */
export function scopesOf({ id, credentials }: Provider, sealKey: Uint8Array): string[] {
  if (credentials.length < 2) return [id];
  return [id, ...credentials.map((credential) => scopeOf(id, credential, sealKey))];
}

/** The provider and a mark that tells nobody without the key which credential it is. */
function scopeOf(id: string, credential: string, sealKey: Uint8Array): string {
  const mark = Buffer.from(hmacSha256(sealKey, `credential ${credential}`).subarray(0, 6));
  return `${id}#${mark.toString('base64url')}`;
}

/** The scope of the newest sealed reasoning in the request that one of `scopes` owns. */
export function lastScope({ messages }: CanonicalRequest, scopes: readonly string[]): string | undefined {
  for (const { parts } of messages.toReversed()) {
    for (const part of parts) {
      const scope = part.kind === 'reasoning' ? part.seal?.scope : undefined;
      if (scope !== undefined && scopes.includes(scope)) return scope;
    }
  }
  return undefined;
}

function nextTurn(provider: Provider): number {
  const turn = turns.get(provider) ?? 0;
  turns.set(provider, turn + 1);
  return turn % provider.credentials.length;
}
