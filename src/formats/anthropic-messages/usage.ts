// Token counts of the Messages format: read, merged over a stream, written.

import {
  addContainers,
  cacheWriteTotal,
  countOf,
  noUsage,
  settleUsage,
  sumUsages,
  type Usage,
} from '../../canonical/usage.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';

/** Code that ran in an answer, by what stands in it beside its usage. */
export type CodeBeside = { runs: number; container: string | undefined };

/** Files put into a container are paid for even if no code runs in it; an answer has one at most. */
export function containersOf({ runs, container }: CodeBeside): Record<string, number> {
  return runs > 0 || container !== undefined ? { [container ?? '']: 1 } : {};
}

/**
 * What the provider counted; undefined when the value is no usage object. `input_tokens` excludes the cache.
 */
export function decodeUsage(value: unknown, source: Usage['source'], code?: CodeBeside): Usage | undefined {
  if (!isObject(value)) return undefined;
  const write = countOf(value.cache_creation_input_tokens) ?? 0;
  const split = asObject(value.cache_creation);
  const ttl1h = countOf(split.ephemeral_1h_input_tokens) ?? 0;
  const ttl5m = countOf(split.ephemeral_5m_input_tokens) ?? 0;
  const usage: Usage = {
    ...noUsage(source),
    inputUncached: countOf(value.input_tokens) ?? 0,
    cacheRead: countOf(value.cache_read_input_tokens) ?? 0,
    // without a split every write is a five minute one; a split that falls short leaves the rest to that class
    cacheWrite: {
      ttl5m: Math.max(ttl5m, write - ttl1h),
      ttl1h,
      ttl30m: 0,
      ttl12h: 0,
      unknown: 0,
    },
    output: countOf(value.output_tokens) ?? 0,
    outputReasoning: countOf(asObject(value.output_tokens_details).thinking_tokens) ?? 0,
    serverTools: decodeServerTools(asObject(value.server_tool_use)),
    raw: value,
  };
  const runs = usage.serverTools.code_execution ?? code?.runs ?? 0;
  if (runs > 0) usage.serverTools.code_execution = runs;
  const containers = containersOf({ runs, container: code?.container });
  if (Object.keys(containers).length > 0) addContainers(usage, containers);
  // what is paid for more speed does not depend on the capacity that served
  const tier = value.speed === 'fast' ? 'fast' : asString(value.service_tier);
  if (tier !== undefined) usage.tier = tier;
  const geo = asString(value.inference_geo);
  if (geo !== undefined) usage.geo = geo;
  return withAside(settleUsage(usage), value);
}

/**
 * A conversation that was shortened on the way, or for which another model was asked for advice, took requests of
 * their own, which the counts at the top leave out. Where a fallback answered they are its own, and what models said
 * that declined after it is paid for as well, each at its price; who declined at once is not.
 */
function withAside(usage: Usage, value: JsonObject): Usage {
  const iterations = asArray(value.iterations).map(asObject);
  const served = asString(iterations.findLast(({ type }) => type === 'fallback_message')?.model);
  const aside = iterations
    .filter((counts) => isAside(counts, served))
    .flatMap((counts): Usage[] => {
      const { service_tier = null, inference_geo = null } = value;
      // shortened by the model that answers, at its speed
      const speed = counts.type === 'compaction' ? (value.speed ?? null) : null;
      const own = decodeUsage({ service_tier, inference_geo, speed, ...counts }, usage.source);
      const model = counts.type === 'compaction' ? undefined : asString(counts.model);
      if (!own) return [];
      return [model === undefined ? own : { ...own, other: { model } }];
    });
  if (aside.length === 0 && served === undefined) return usage;
  const answering = served === undefined ? usage : { ...usage, other: { model: served } };
  return { ...sumUsages([usage, ...aside]), requests: [answering, ...aside], raw: value };
}

function isAside({ type, model, output_tokens }: JsonObject, served: string | undefined): boolean {
  if (type === 'compaction' || type === 'advisor_message') return true;
  const isOther = served !== undefined && typeof model === 'string' && model !== served;
  return type === 'message' && isOther && (countOf(output_tokens) ?? 0) > 0;
}

/** Whether a block is code on its way to the provider's container. */
export function isCodeRun(block: JsonObject): boolean {
  return block.type === 'server_tool_use' && asString(block.name)?.endsWith('code_execution') === true;
}

function decodeServerTools(counts: JsonObject): Record<string, number> {
  const tools: Record<string, number> = {};
  for (const name in counts) {
    const count = countOf(counts[name]);
    if (count !== undefined && count > 0) tools[name.replace(/_requests$/, '')] = count;
  }
  return tools;
}

const INPUT_GROUP = [
  'input_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'cache_creation',
] as const;

/**
 * The provider's usage object after one more snapshot of a stream. Counts are cumulative, the last non-null wins.
 * A snapshot with `input_tokens` replaces the whole input group, because some vendors report the full prompt first
 * and the uncached tail later; an empty one, or one that only repeats the count, does not.
 */
export function mergeUsage(known: JsonObject, next: JsonObject): JsonObject {
  const merged: JsonObject = { ...known };
  if (replacesInput(known, next)) {
    for (const name of INPUT_GROUP) delete merged[name];
    const write = countOf(next.cache_creation_input_tokens) ?? 0;
    const split = known.cache_creation;
    if (isObject(split) && splitTotal(split) === write) merged.cache_creation = split;
  }
  for (const name in next) {
    const value = next[name];
    const isInput = (INPUT_GROUP as readonly string[]).includes(name);
    if (isInput && inputTotal(next) === 0 && inputTotal(known) > 0) continue;
    if (value !== undefined && (value !== null || merged[name] === undefined)) merged[name] = value;
  }
  return merged;
}

function replacesInput(known: JsonObject, next: JsonObject): boolean {
  const input = countOf(next.input_tokens);
  if (input === undefined || inputTotal(next) === 0) return false;
  const tellsCache =
    countOf(next.cache_read_input_tokens) !== undefined ||
    countOf(next.cache_creation_input_tokens) !== undefined;
  return tellsCache || input !== countOf(known.input_tokens);
}

function inputTotal(usage: JsonObject): number {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  return (
    (countOf(input_tokens) ?? 0) +
    (countOf(cache_creation_input_tokens) ?? 0) +
    (countOf(cache_read_input_tokens) ?? 0)
  );
}

function splitTotal(split: JsonObject): number {
  return (countOf(split.ephemeral_5m_input_tokens) ?? 0) + (countOf(split.ephemeral_1h_input_tokens) ?? 0);
}

/** The usage of a whole message, every member the type requires present. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const known = usage ?? noUsage();
  const { cacheWrite } = known;
  const tier = known.tier;
  return {
    input_tokens: known.inputUncached,
    cache_creation_input_tokens: cacheWriteTotal(known),
    cache_read_input_tokens: known.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite.ttl5m + cacheWrite.ttl30m + cacheWrite.unknown,
      ephemeral_1h_input_tokens: cacheWrite.ttl1h + cacheWrite.ttl12h,
    },
    output_tokens: known.output,
    output_tokens_details: { thinking_tokens: known.outputReasoning },
    server_tool_use: encodeServerTools(known),
    // only the format's own tiers: another provider's name would break a typed client
    service_tier: tier === 'standard' || tier === 'priority' || tier === 'batch' ? tier : null,
    inference_geo: known.geo ?? null,
    speed: tier === 'fast' ? 'fast' : null,
    ...known.cost,
  };
}

/** The shorter usage of a `message_delta`. */
export function encodeDeltaUsage(usage: Usage | undefined): JsonObject {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, ...rest } = encodeUsage(usage);
  const { output_tokens, output_tokens_details, server_tool_use } = rest;
  return {
    input_tokens: input_tokens ?? 0,
    cache_creation_input_tokens: cache_creation_input_tokens ?? 0,
    cache_read_input_tokens: cache_read_input_tokens ?? 0,
    output_tokens: output_tokens ?? 0,
    output_tokens_details: output_tokens_details ?? null,
    server_tool_use: server_tool_use ?? null,
    ...usage?.cost,
  };
}

function encodeServerTools(usage: Usage): JsonObject | null {
  const { web_search = 0, web_fetch = 0, code_execution = 0 } = usage.serverTools;
  if (web_search + web_fetch + code_execution === 0) return null;
  return {
    web_search_requests: web_search,
    web_fetch_requests: web_fetch,
    ...(code_execution > 0 ? { code_execution_requests: code_execution } : {}),
  };
}
