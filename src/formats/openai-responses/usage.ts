// Token counts of the Responses format, both ways.

import {
  addContainers,
  cacheWriteTotal,
  countOf,
  noUsage,
  settleUsage,
  type Usage,
} from '../../canonical/usage.ts';
import { asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { containerSizes } from './containers.ts';
import type { HostedRun } from './hosted-runs.ts';

/**
 * The usage of a whole `response` object; undefined when it has none. `runs` are the hosted tools seen to run, for
 * providers that do not report `tool_usage`; `containers` what their code ran in.
 */
export function readUsage(
  response: JsonObject,
  runs: Partial<Record<HostedRun, number>> = {},
  containers: readonly (string | undefined)[] = [],
): Usage | undefined {
  const raw = response.usage;
  if (!isObject(raw)) return undefined;
  const inputDetails = asObject(raw.input_tokens_details);
  const outputDetails = asObject(raw.output_tokens_details);
  const writeDetails = asObject(inputDetails.cache_write_tokens_details);
  const count = (value: unknown) => countOf(value) ?? 0;

  const input = count(raw.input_tokens);
  const cacheRead = Math.min(count(inputDetails.cached_tokens), input);
  const written = Math.min(count(inputDetails.cache_write_tokens), input - cacheRead);
  const ttl30m = Math.min(count(writeDetails.ttl_30m_tokens), written);
  const ttl12h = Math.min(count(writeDetails.ttl_12h_tokens), written - ttl30m);
  const usage: Usage = {
    ...noUsage(),
    inputUncached: input - cacheRead - written,
    cacheRead,
    cacheWrite: { ttl5m: 0, ttl1h: 0, ttl30m, ttl12h, unknown: written - ttl30m - ttl12h },
    inputAudio: count(inputDetails.audio_tokens),
    inputImage: count(inputDetails.image_tokens),
    output: count(raw.output_tokens),
    outputReasoning: count(outputDetails.reasoning_tokens),
    outputAudio: count(outputDetails.audio_tokens),
    outputImage: count(outputDetails.image_tokens),
    raw,
  };
  // xAI's spelling (docs.x.ai, "Tool usage")
  const { web_search_calls, code_interpreter_calls } = asObject(raw.server_side_tool_usage_details);
  const reported =
    countOf(asObject(asObject(response.tool_usage).web_search).num_requests) ?? countOf(web_search_calls);
  const searches = reported ?? runs.web_search ?? 0;
  if (searches > 0) usage.serverTools.web_search = searches;
  const codeRuns = countOf(code_interpreter_calls) ?? runs.code_execution ?? 0;
  if (codeRuns > 0) usage.serverTools.code_execution = codeRuns;
  addContainers(usage, containerSizes(containers, response.tools));
  const { image_generation: pictures = 0 } = runs;
  if (pictures > 0) usage.serverTools.image_generation = pictures;
  const tier = asString(response.service_tier);
  if (tier !== undefined) usage.tier = tier;
  return settleUsage(usage);
}

/** `tool_usage`, where the number of searches stands; undefined when there was none. */
export function writeSearches(usage: Usage | undefined): JsonObject | undefined {
  const runs = usage?.serverTools.web_search ?? 0;
  return runs === 0 ? undefined : { web_search: { num_requests: runs } };
}

/** Clients read the details without asking whether they are there. */
export function writeUsage(usage: Usage): JsonObject {
  const { ttl30m, ttl12h } = usage.cacheWrite;
  const input: JsonObject = { cached_tokens: usage.cacheRead, cache_write_tokens: cacheWriteTotal(usage) };
  if (ttl30m + ttl12h > 0)
    input.cache_write_tokens_details = { ttl_30m_tokens: ttl30m, ttl_12h_tokens: ttl12h };
  return {
    input_tokens: usage.input,
    input_tokens_details: input,
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.outputReasoning },
    total_tokens: usage.input + usage.output,
    ...usage.cost,
  };
}
