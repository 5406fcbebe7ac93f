// Geographies that Anthropic asks more for (`inference_geo`): only with a price are they asked for.

import { Fault } from '../canonical/fault.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Codec, Target } from './codec.ts';

/** Cost what the model costs. Any other may be dearer. */
const NO_DEARER = new Set(['', 'global', 'not_available']);
/** Known names may be shown; anything else is the client's own text. */
const KNOWN = ['us', 'eu'];

export function isDearGeo(geo: string | undefined): boolean {
  return geo !== undefined && !NO_DEARER.has(geo.toLowerCase());
}

/** The geography that a body asks its provider for, in lower case; undefined where it leaves that to the provider. */
export function geoIn({ inference_geo: asked }: JsonObject, { id }: Codec): string | undefined {
  return id === 'anthropic-messages' && typeof asked === 'string' ? asked.toLowerCase() : undefined;
}

/** Whether what this geography costs is known for a model with these priced ones. */
export function isPricedGeo(geo: string | undefined, geos: Target['geos'] = []): boolean {
  return geo === undefined || !isDearGeo(geo) || geos === 'every' || geos.includes(geo);
}

/**
 * Throws Fault `unsupported_parameter` for a geography whose price nobody has set. The wish is not taken out, as the
 * client may be bound to it by law.
 */
export function refuseGeo(body: JsonObject, { geos }: Target, codec: Codec): void {
  const geo = geoIn(body, codec);
  if (geo === undefined || isPricedGeo(geo, geos)) return;
  throw new Fault(
    'unsupported_parameter',
    `${unpricedGeo(geo)}. Leave it out, or ask the operator to set it.`,
    {
      param: 'inference_geo',
    },
  );
}

/** Why a geography is not asked for. */
export function unpricedGeo(geo: string): string {
  const [shown, member, factor] = KNOWN.includes(geo)
    ? [` \`${geo}\``, geo, geo === 'us' ? '1.1' : 'FACTOR']
    : ['', 'NAME', 'FACTOR'];
  return `What the geography${shown} of \`inference_geo\` costs is not set for this model: \`inference_geo: { ${member}: ${factor} }\` in its price`;
}
