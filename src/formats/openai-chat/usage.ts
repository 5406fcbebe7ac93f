// Token counts of the Chat format, both ways.

import { cacheWriteTotal, countOf, noUsage, settleUsage, type Usage } from '../../canonical/usage.ts';
import { asObject, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/**
 * Reads a `usage` object; undefined when there is none. Vendor spellings of cached and reasoning tokens count.
 * `isCited`: the answer names pages, so there was a search even where nobody counts them.
 */
export function decodeUsage(value: JsonValue | undefined, tier?: string, isCited = false): Usage | undefined {
  if (!isObject(value)) return undefined;
  const input = asObject(value.prompt_tokens_details);
  const output = asObject(value.completion_tokens_details);
  const prompt = countOf(value.prompt_tokens) ?? 0;
  const completion = countOf(value.completion_tokens) ?? 0;
  // DeepSeek and Moonshot report cached tokens beside the total
  const cacheRead =
    countOf(input.cached_tokens) ??
    countOf(value.prompt_cache_hit_tokens) ??
    countOf(value.cached_tokens) ??
    0;
  const cacheWrite = countOf(input.cache_write_tokens) ?? 0;
  const reasoning = countOf(output.reasoning_tokens) ?? countOf(value.reasoning_tokens) ?? 0;
  // some vendors leave reasoning out of the completion but not out of the total
  const isReasoningApart = reasoning > 0 && countOf(value.total_tokens) === prompt + completion + reasoning;
  const usage = noUsage();
  const searches =
    countOf(asObject(value.server_tool_use).web_search_requests) ??
    countOf(value.num_search_queries) ??
    (isCited ? 1 : 0);
  usage.input = prompt;
  usage.inputUncached = prompt - cacheRead - cacheWrite;
  usage.cacheRead = cacheRead;
  usage.cacheWrite.unknown = cacheWrite;
  usage.inputAudio = countOf(input.audio_tokens) ?? 0;
  usage.inputImage = countOf(input.image_tokens) ?? 0;
  usage.output = isReasoningApart ? completion + reasoning : completion;
  usage.outputReasoning = reasoning;
  usage.outputAudio = countOf(output.audio_tokens) ?? 0;
  usage.outputImage = countOf(output.image_tokens) ?? 0;
  if (searches > 0) usage.serverTools.web_search = searches;
  if (tier !== undefined) usage.tier = tier;
  usage.raw = value;
  return settleUsage(usage);
}

/** Writes the usage as Chat clients know it: totals with their parts as details. */
export function encodeUsage(usage: Usage): JsonObject {
  const { web_search = 0 } = usage.serverTools;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: cacheWriteTotal(usage),
      audio_tokens: usage.inputAudio,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.outputReasoning,
      audio_tokens: usage.outputAudio,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    // no member of the format counts them: the spelling is the one of those who do
    ...(web_search > 0 ? { server_tool_use: { web_search_requests: web_search } } : {}),
    ...usage.cost,
  };
}

const TIERS = ['auto', 'default', 'flex', 'scale', 'priority', 'fast'];

/** The tier that answered in Chat's words; undefined when it has none for it. */
export function answerTier(tier: string | undefined): string | undefined {
  if (tier === 'standard') return 'default';
  return tier !== undefined && TIERS.includes(tier) ? tier : undefined;
}
