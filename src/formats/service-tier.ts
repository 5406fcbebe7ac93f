// Service tiers that a provider may ask more for than the model's price: only with a price of their own are they asked for.

import type { Loss } from '../canonical/loss.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { JsonObject, JsonValue } from '../lib/json.ts';
import type { Edit } from '../lib/splice.ts';
import type { Codec, Target } from './codec.ts';
import type { FitStep } from './output-form.ts';

/** In the words of all formats and vendors. A name that is not among them may cost anything. */
// biome-ignore format: a list of names
const NO_DEARER = new Set([
  'auto', 'default', 'standard', 'standard_only', 'unspecified', '',
  // bought beforehand, or for those who can wait
  'scale', 'flex', 'batch', 'deferred', 'on_demand',
]);

/** OpenAI took one for the other (guide "Fast mode"): an answer may name either, whichever was asked for. */
export const FAST_IS_PRIORITY: Readonly<Record<string, string>> = { fast: 'priority', priority: 'fast' };

/** Known names may be shown; anything else is the client's own text. */
const KNOWN = ['priority', 'fast', 'ultrafast'];

/** Why a tier is left out. */
function unpriced(tier: string): string {
  const [name, member] = KNOWN.includes(tier) ? [` \`${tier}\``, tier] : ['', 'NAME'];
  return `the price of the service tier${name} is not set for this model: \`tiers.${member}\` in its price`;
}

/** The name under which the tier has a price; undefined where it has none and may be dearer than the model's. */
function pricedName(
  tier: string,
  tiers: NonNullable<Target['tiers']>,
  twins: Codec['tierTwins'],
): string | undefined {
  if (NO_DEARER.has(tier) || tiers === 'every' || tiers.includes(tier)) return tier;
  const twin = twins?.[tier];
  return twin !== undefined && tiers.includes(twin) ? twin : undefined;
}

/** The request without a tier whose price nobody has set, where its upstream would give that. */
export function fitTier(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  const { serviceTier, ...rest } = request;
  if (serviceTier === undefined || !codec.dearTiers.includes(serviceTier))
    return { request, losses: [], changes: [] };
  const name = pricedName(serviceTier, target.tiers ?? [], codec.tierTwins);
  if (name !== undefined) return { request: { ...request, serviceTier: name }, losses: [], changes: [] };
  const path = request.origin.serviceTier ?? 'service_tier';
  const loss: Loss = { path, action: 'dropped', reason: unpriced(serviceTier) };
  return { request: rest, losses: [loss], changes: [] };
}

/** Takes such a tier out of a client's own body, or of a part of it. */
export function tierEdits(
  body: JsonObject,
  tiers: NonNullable<Target['tiers']>,
  codec: Codec,
  losses: Loss[],
): Edit[] {
  return codec.tierMembers.flatMap((member): Edit[] => {
    const asked = body[member] ?? null;
    const isGone = losses.some(({ path }) => path === member);
    if (asked === null || tiers === 'every' || isGone) return [];
    const tier = nameOf(asked);
    if (tier !== undefined && pricedName(tier, tiers, codec.tierTwins) !== undefined) return [];
    losses.push({ path: member, action: 'dropped', reason: unpriced(tier ?? '') });
    return [{ path: [member], json: undefined }];
  });
}

/** The dearer tier that a body asks its provider for; undefined where it asks for none. */
export function dearTierIn(body: JsonObject, { tierMembers, dearTiers }: Codec): string | undefined {
  const asked = tierMembers.map((member) => nameOf(body[member] ?? null));
  return asked.find((tier) => tier !== undefined && dearTiers.includes(tier));
}

/**
 * As all formats write it; Google takes the name of its enumeration as well. The number of one is no name: which it
 * means nobody else knows.
 */
function nameOf(asked: JsonValue): string | undefined {
  return typeof asked === 'string' ? asked.toLowerCase().replace(/^service_tier_/, '') : undefined;
}
