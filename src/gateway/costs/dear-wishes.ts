// What of a client's own body may make it cost more than its model: tiers, geographies and other models it asks for.

import type { Codec, Target } from '../../formats/codec.ts';
import { geoIn } from '../../formats/inference-geo.ts';
import type { PassEdits } from '../../formats/pass-edits.ts';
import { dearTierIn, tierEdits } from '../../formats/service-tier.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Edit } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import type { Candidate } from '../candidates/candidate.ts';
import { type FallbackPorts, fitFallbacks, type Sent } from './fallbacks/fit.ts';
import { fitAskingTools, routingEdits } from './fallbacks/tools.ts';

/** What really goes out of them. */
export type DearWishes = { tier: string | undefined; geo: string | undefined; fallbacks: readonly Sent[] };

/** Where they stand beside the tiers of a format. Most bodies have none of these members. */
const MEMBERS = new Set(['inference_geo', 'fallbacks', 'models', 'route', 'preset', 'plugins', 'tools']);
const NONE: DearWishes = { tier: undefined, geo: undefined, fallbacks: [] };

/** The edits with those that such wishes need; what has no price, or may not be used, is taken out as a loss. */
export function fitDearWishes(
  call: Call,
  candidate: Candidate,
  target: Target,
  ports: FallbackPorts,
  { edits, losses, tools }: PassEdits,
): { edits: Edit[]; wishes: DearWishes } {
  const { body, codec } = call;
  if (!hasAny(body, codec)) return { edits, wishes: NONE };
  const fitted = [...edits, ...tierEdits(body, target.tiers ?? [], codec, losses)];
  const asked = withoutTaken(body, fitted);
  const tier = dearTierIn(asked, codec);
  const asking = { call, candidate, ports, upstream: codec };
  const fallbacks = fitFallbacks(asking, tier, losses);
  const advice = fitAskingTools(asking, losses, tools);
  return {
    edits: [...fitted, ...fallbacks.edits, ...advice.edits, ...routingEdits(call, candidate, losses)],
    wishes: { tier, geo: geoIn(asked, codec), fallbacks: [...fallbacks.sent, ...advice.sent] },
  };
}

function hasAny(body: JsonObject, { tierMembers }: Codec): boolean {
  for (const name in body) if (MEMBERS.has(name) || tierMembers.includes(name)) return true;
  return false;
}

/** The body as far as its own members go: what is taken out of it is not asked for. */
function withoutTaken(body: JsonObject, edits: readonly Edit[]): JsonObject {
  const taken: unknown[] = edits.flatMap(({ path, json }) =>
    json === undefined && path.length === 1 ? path : [],
  );
  if (taken.length === 0) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !taken.includes(name)));
}
