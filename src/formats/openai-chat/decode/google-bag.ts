// Reads `extra_body.google`, by which clients of Google's own Chat endpoint say what only Gemini knows.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import {
  asBoolean,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';

const AT = 'extra_body.google';

/** By both of their spellings: where each stands in Google's own body, and the type it has there. */
const MEMBERS: Record<
  string,
  { name: string; type: 'string' | 'array of objects' | 'object'; inConfig?: true }
> = {
  cached_content: { name: 'cachedContent', type: 'string' },
  safety_settings: { name: 'safetySettings', type: 'array of objects' },
  labels: { name: 'labels', type: 'object' },
  media_resolution: { name: 'mediaResolution', type: 'string', inConfig: true },
  routing_config: { name: 'routingConfig', type: 'object', inConfig: true },
  model_selection_config: { name: 'modelSelectionConfig', type: 'object', inConfig: true },
};

/** How to think, in the words of other vendors' members. */
export type GoogleThinking = {
  effort?: string;
  budget?: number;
  shows?: boolean;
};

/** Sets what is for Gemini only, and returns what every model can be told. Throws for a value of a wrong type. */
export function decodeGoogleBag(body: JsonObject, request: CanonicalRequest, losses: Loss[]): GoogleThinking {
  if ((body.extra_body ?? null) === null) return {};
  losses.push(...leftovers(asObject(body.extra_body), ['google'], 'extra_body'));
  const google = asObject(asObject(body.extra_body).google);
  const known = Object.entries(MEMBERS).flatMap(([snake, { name }]) => [snake, name]);
  losses.push(...leftovers(google, [...known, 'thinking_config', 'thinkingConfig'], AT));
  const value: JsonObject = {};
  const config: JsonObject = {};
  const places: Record<string, string> = {};
  for (const [snake, { name, type, inConfig }] of Object.entries(MEMBERS)) {
    const spelled = snake in google ? snake : name;
    const member = google[spelled] ?? null;
    if (member === null) continue;
    if (typeOf(member) !== type) throw wrongType(`${AT}.${spelled}`, type);
    (inConfig ? config : value)[name] = member;
    places[name] = `${AT}.${spelled}`;
  }
  if (Object.keys(config).length > 0) value.generationConfig = config;
  if (Object.keys(places).length > 0)
    request.vendor = { raw: { format: 'google-generate-content', value }, places };
  return thinkingOf(google, losses);
}

function thinkingOf(google: JsonObject, losses: Loss[]): GoogleThinking {
  const name = 'thinking_config' in google ? 'thinking_config' : 'thinkingConfig';
  const config = google[name];
  if (!isObject(config)) return {};
  const both = ['thinking_budget', 'thinking_level', 'include_thoughts'];
  const camel = ['thinkingBudget', 'thinkingLevel', 'includeThoughts'];
  losses.push(...leftovers(config, [...both, ...camel], `${AT}.${name}`));
  const effort = asString(config.thinking_level ?? config.thinkingLevel)?.toLowerCase();
  const budget = asNumber(config.thinking_budget ?? config.thinkingBudget);
  const shows = asBoolean(config.include_thoughts ?? config.includeThoughts);
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(budget === undefined ? {} : { budget }),
    ...(shows === undefined ? {} : { shows }),
  };
}

function typeOf(member: JsonValue): string {
  if (!Array.isArray(member)) return typeof member;
  return member.every(isObject) ? 'array of objects' : 'array';
}

function wrongType(param: string, type: string): Fault {
  const article = type === 'string' ? 'a' : 'an';
  return new Fault('invalid_value', `\`${param}\` must be ${article} ${type}.`, { param });
}
