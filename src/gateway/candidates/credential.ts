// Which of a provider's credentials a call goes out with, and whose its reasoning is then.

import type { CanonicalRequest } from '../../canonical/request.ts';
import { hmacSha256 } from '../../lib/crypto.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Call } from '../call.ts';
import type { Health } from '../health/health.ts';
import type { Candidate } from './candidate.ts';
import type { Conversations } from './conversations.ts';

/** `scopes` own the reasoning that the credential may send back; the first one is that of new reasoning. */
export type SignIn = { credential: string | undefined; scopes: readonly [string, ...string[]] };

export type SignInPorts = {
  /** Proves envelopes around sealed reasoning to be ours, 32 bytes. */
  sealKey: Uint8Array;
  health: Health;
  conversations: Conversations;
};

const turns = new WeakMap<Provider, number>();

/**
 * The provider's credentials take turns, as far as they work. `last` is the scope of the newest reasoning in the
 * conversation, if known: a conversation stays with the credential that was given it, since providers bind reasoning
 * and cached prompts to the account.
 */
export function signIn(
  call: Call,
  candidate: Candidate,
  last: string | undefined,
  { sealKey, health, conversations }: SignInPorts,
): SignIn {
  const { id, credentials } = candidate.provider;
  if (credentials.length < 2) return { credential: credentials[0], scopes: [id] };
  const scopes = credentials.map((each) => scopeOf(id, each, sealKey));
  const owner = last === undefined ? undefined : credentials[scopes.indexOf(last)];
  const wanted = owner ?? conversations.credentialOf(call, candidate);
  const credential = workingOne(candidate, wanted, health);
  return { credential, scopes: [scopes[credentials.indexOf(credential)] ?? id, id] };
}

/** The wanted one, else the one whose turn it is; of those that do not work the one that may soonest. */
function workingOne(candidate: Candidate, wanted: string | undefined, health: Health): string {
  const { provider } = candidate;
  const { credentials } = provider;
  const first = nextTurn(provider);
  const inTurn = [...credentials.slice(first), ...credentials.slice(0, first)];
  const inQueue = wanted === undefined ? inTurn : [wanted, ...inTurn];
  const [best = ''] = inQueue.toSorted(
    (a, b) => health.coolsUntil(candidate, a) - health.coolsUntil(candidate, b),
  );
  return best;
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
