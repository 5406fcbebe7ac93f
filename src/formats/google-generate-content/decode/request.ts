// A client's request of this format to a canonical one.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import { asString, isObject, type JsonObject } from '../../../lib/json.ts';
import type { Address, Converted } from '../../codec.ts';
import { leftovers } from '../../leftovers.ts';
import { tidy } from '../names.ts';
import { decodeContents, decodeSystem } from './contents.ts';
import { decodeControls } from './controls.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';

// biome-ignore format: a list of names
const KNOWN = [
  'model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'serviceTier',
  // refused below
  'cachedContent',
];

/** Reads a client's request; the path told model and stream. See the codec contract for losses and faults. */
export function decodeRequest(
  raw: JsonObject,
  address: Address = { model: '', stream: false },
): Converted<CanonicalRequest> {
  const outer = tidy(raw);
  // a count may hold a whole request
  const body = isObject(outer.generateContentRequest) ? tidy(outer.generateContentRequest) : outer;
  if ((body.cachedContent ?? null) !== null)
    throw new Fault('unsupported_parameter', '`cachedContent` is known to Google alone; send the contents.', {
      param: 'cachedContent',
    });
  const losses: Loss[] = leftovers(body, KNOWN, '');
  const value: CanonicalRequest = {
    ...address,
    includeUsage: true,
    messages: [...decodeSystem(body.systemInstruction, losses), ...decodeContents(body.contents, losses)],
    tools: decodeTools(body.tools, losses),
    sampling: {},
    cache: {},
    origin: { model: 'model', serviceTier: 'serviceTier' },
  };
  decodeToolChoice(body.toolConfig, value, losses);
  decodeControls(body.generationConfig, value, losses);
  const tier = asString(body.serviceTier)
    ?.toLowerCase()
    .replace(/^service_tier_/, '');
  if (tier !== undefined && tier !== 'unspecified')
    value.serviceTier = tier === 'standard' ? 'default' : tier;
  return { value, losses };
}
