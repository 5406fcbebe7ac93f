// The plan of a call to a deployment of its own format: the client's bytes with a few edits.

import type { Loss } from '../../canonical/loss.ts';
import type { FormatId } from '../../canonical/part.ts';
import type { Config } from '../../config/config.ts';
import type { Codec, Converted } from '../../formats/codec.ts';
import { refuseGeo } from '../../formats/inference-geo.ts';
import { passEdits } from '../../formats/pass-edits.ts';
import { isEnvelope, scopeIn, sealFor } from '../../formats/seal.ts';
import { editsBetween } from '../../lib/edits-between.ts';
import type { JsonObject } from '../../lib/json.ts';
import { type Edit, spliceJson } from '../../lib/splice.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ThoughtStore } from '../../store/ports.ts';
import type { Call } from '../call.ts';
import type { Candidate } from '../candidates/candidate.ts';
import { type SignInPorts, scopesOf, signIn } from '../candidates/credential.ts';
import { fitDearWishes } from '../costs/dear-wishes.ts';
import type { FallbackPorts, Sent } from '../costs/fallbacks/fit.ts';
import { refuseRepeated } from '../costs/repeated.ts';
import { type NoteSeals, scopeOfSeal, sealNotes } from '../reasoning/seal-notes.ts';
import { targetFor } from './target.ts';

export type PassPorts = SignInPorts &
  FallbackPorts & { thoughts: ThoughtStore; config: Pick<Config, 'providers'> };

export type PassPlan = {
  kind: 'pass';
  candidate: Candidate;
  upstream: Codec;
  /** Behind the provider's base URL. */
  path: string;
  stream: boolean;
  body: Uint8Array;
  /** Our secret at the provider. */
  credential: string | undefined;
  /** Answers carry another model name than the client wrote. */
  renamed: boolean;
  /** The usage chunk is ours. */
  hideUsage: boolean;
  losses: Loss[];
  /** The dearer service tier it asks for. */
  tier: string | undefined;
  /** Where it has to run. */
  geo: string | undefined;
  /** The models that the provider may ask in place of its own, or for advice. */
  fallbacks: readonly Sent[];
  /** Whose reasoning the answer holds. */
  scope: string;
  /** There when the seals of the answer could end up with someone else than who made them. */
  noteSeals: NoteSeals | undefined;
};

/**
 * The client's bytes with the edits the deployment needs. Throws Fault 400 for what no deployment keeps, or none shall
 * read otherwise than it was read here.
 */
export function passPlan(
  call: Call,
  candidate: Candidate,
  ports: PassPorts,
  target = targetFor(call, candidate),
): PassPlan {
  const { codec, stream } = call;
  const { deployment, provider } = candidate;
  codec.refuseBody?.(call.body);
  refuseGeo(call.body, target, codec);
  const { credential, scope, shown } = ownSeals(call, candidate, ports);
  const top = refuseRepeated(call);
  const isShown = shown === undefined || shown.value === call.body;
  const bytes = isShown ? call.bytes : spliceJson(call.bytes, editsBetween([], call.body, shown.value), top);
  const renamed = deployment.model !== call.modelName;
  const hideUsage = needsUsage(call, provider);
  const fitted = passEdits(codec.id, shown?.value ?? call.body, target, provider.quirks.usageInStream);
  const losses = [...(shown?.losses ?? []), ...fitted.losses];
  const early: Edit[] = [];
  if (renamed) early.push(...modelEdits(codec, deployment.model));
  early.push(...fitted.edits);
  if (hideUsage && codec.usageOnRequest) early.push(codec.usageOnRequest.edit);
  const own = { ...fitted, edits: early, losses };
  const { edits, wishes } = fitDearWishes(call, candidate, target, ports, own);
  dropAccountMembers(call, edits, losses);
  // what the body asks of the gateway is not for the provider
  for (const name of call.extras?.members ?? []) edits.push({ path: [name], json: undefined });
  return {
    kind: 'pass',
    candidate,
    upstream: codec,
    path: codec.path({ model: deployment.model, stream }),
    stream,
    body: edits.length === 0 ? bytes : spliceJson(bytes, edits, isShown ? top : undefined),
    credential,
    renamed,
    hideUsage,
    losses,
    tier: wishes.tier,
    geo: wishes.geo,
    fallbacks: wishes.fallbacks,
    scope,
    noteSeals: hasNeighbours(codec.id, provider, ports)
      ? sealNotes(call.key.id, scope, ports.thoughts)
      : undefined,
  };
}

/** We ask for the count of tokens of a stream where the client does not: it is the bill. */
function needsUsage({ codec, stream, body }: Call, { quirks }: Provider): boolean {
  return stream && codec.usageOnRequest?.isAsked(body) === false && quirks.usageInStream !== false;
}

function modelEdits(codec: Codec, model: string): Edit[] {
  return codec.modelEdits?.(model) ?? [{ path: ['model'], json: JSON.stringify(model) }];
}

function dropAccountMembers({ codec, body }: Call, edits: Edit[], losses: Loss[]): void {
  for (const path of codec.accountMembers ?? NONE) {
    if (!(path in body)) continue;
    edits.push({ path: [path], json: undefined });
    losses.push({ path, action: 'dropped', reason: 'it acts on the account of the operator' });
  }
}

const NONE: readonly string[] = [];

/** The client's body with the seals that belong to the provider, and the credential they belong to. */
function ownSeals(
  call: Call,
  candidate: Candidate,
  ports: PassPorts,
): { credential: string | undefined; scope: string; shown: Converted<JsonObject> | undefined } {
  const { codec, key, body } = call;
  const { provider } = candidate;
  const { sealKey, thoughts } = ports;
  const scopeOf = (seal: string) =>
    isEnvelope(seal) ? scopeIn(seal, sealKey) : scopeOfSeal(seal, key.id, thoughts);
  let last: string | undefined;
  if (provider.credentials.length > 1) {
    const all = scopesOf(provider, sealKey);
    codec.showSeals?.(body, (seal) => {
      const scope = scopeOf(seal);
      if (scope !== undefined && all.includes(scope)) last = scope;
      return seal;
    });
  }
  const { credential, scopes } = signIn(call, candidate, last, ports);
  const open = codec.issuer === undefined ? undefined : sealFor(codec.issuer, sealKey, scopes);
  const shown =
    open &&
    codec.showSeals?.(body, (seal) => {
      const scope = isEnvelope(seal) ? undefined : scopeOf(seal);
      return scope === undefined || scopes.includes(scope) ? open(seal) : undefined;
    });
  return { credential, scope: scopes[0], shown };
}

/**
 * Others may be sent the format's seals as they are: another provider, or another account at this one. The sandbox
 * may see anybody's, since nothing leaves through it, but nobody else shall be sent what it made up.
 */
function hasNeighbours(format: FormatId, provider: Provider, { config }: PassPorts): boolean {
  return accountsOf(format, config.providers) + (provider.builtIn ? 1 : 0) > 1;
}

/** By format, for as long as a configuration holds: its providers never change. */
const accounts = new WeakMap<Config['providers'], Map<FormatId, number>>();

function accountsOf(format: FormatId, providers: Config['providers']): number {
  const known = accounts.get(providers) ?? new Map<FormatId, number>();
  accounts.set(providers, known);
  let count = known.get(format);
  if (count === undefined) {
    count = 0;
    for (const { formats, credentials, builtIn } of providers.values())
      if (!builtIn && formats.includes(format)) count += Math.max(1, credentials.length);
    known.set(format, count);
  }
  return count;
}
