// Token counts of this format, both ways.

import { countOf, noUsage, settleUsage, type Usage } from '../../canonical/usage.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/**
 * Reads `usageMetadata`; undefined when there is none. Thoughts stand beside the candidates and what tools read
 * beside the prompt, so both are added; cached tokens are part of the prompt. `searches` are hosted ones, `codeRuns`
 * code that ran at Google.
 */
export function decodeUsage(value: JsonValue | undefined, searches = 0, codeRuns = 0): Usage | undefined {
  if (!isObject(value)) return undefined;
  const count = (name: string) => countOf(value[name]) ?? 0;
  const input = count('promptTokenCount') + count('toolUsePromptTokenCount');
  const cacheRead = count('cachedContentTokenCount');
  const thoughts = count('thoughtsTokenCount');
  const inputOf = (modality: string) =>
    modalityCount(value.promptTokensDetails, modality) +
    modalityCount(value.toolUsePromptTokensDetails, modality);
  const tier = tierOf(value);
  return settleUsage({
    ...noUsage(),
    input,
    inputUncached: input - cacheRead,
    cacheRead,
    inputAudio: inputOf('AUDIO'),
    inputImage: inputOf('IMAGE'),
    output: count('candidatesTokenCount') + thoughts,
    outputReasoning: thoughts,
    outputAudio: modalityCount(value.candidatesTokensDetails, 'AUDIO'),
    outputImage: modalityCount(value.candidatesTokensDetails, 'IMAGE'),
    serverTools: {
      ...(searches > 0 ? { web_search: searches } : {}),
      ...(codeRuns > 0 ? { code_execution: codeRuns } : {}),
    },
    ...(tier === undefined ? {} : { tier }),
    raw: value,
  });
}

function modalityCount(details: JsonValue | undefined, modality: string): number {
  const found = asArray(details)
    .map(asObject)
    .find((one) => one.modality === modality);
  return countOf(found?.tokenCount) ?? 0;
}

/** Which capacity answered, in the words all formats share. */
function tierOf(value: JsonObject): string | undefined {
  const named = asString(value.serviceTier)
    ?.toLowerCase()
    .replace(/^service_tier_/, '');
  const tier = named ?? TRAFFIC[asString(value.trafficType) ?? ''];
  return tier === 'standard' ? 'default' : tier;
}

/** What Vertex calls it. */
const TRAFFIC: Partial<Record<string, string>> = { ON_DEMAND_PRIORITY: 'priority', ON_DEMAND_FLEX: 'flex' };

/** Writes `usageMetadata`; thoughts are no part of the candidates here. */
export function encodeUsage(usage: Usage, serviceTier = usage.tier): JsonObject {
  const out: JsonObject = {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output - usage.outputReasoning,
    totalTokenCount: usage.input + usage.output,
  };
  if (usage.cacheRead > 0) out.cachedContentTokenCount = usage.cacheRead;
  if (usage.outputReasoning > 0) out.thoughtsTokenCount = usage.outputReasoning;
  const tier = encodeTier(serviceTier);
  if (tier !== undefined) out.serviceTier = tier;
  return { ...out, ...usage.cost };
}

/** Google's word for a tier; undefined where it has none. */
export function encodeTier(tier: string | undefined): string | undefined {
  if (tier === 'default' || tier === 'standard' || tier === 'standard_only') return 'standard';
  return tier === 'flex' || tier === 'priority' ? tier : undefined;
}
