// What a chosen deployment can take, as the codecs want to know it: model facts with the provider's quirks on top.

import type { FormatId } from '../canonical/part.ts';
import type { Target } from '../formats/codec.ts';
import type { Provider } from '../providers/provider.ts';
import type { Deployment, Model } from './model.ts';

/** The wire format a deployment is called in: its own choice, else the provider's preferred one. */
export function formatOf(deployment: Deployment, provider: Provider): FormatId {
  return deployment.format ?? provider.formats[0] ?? 'openai-chat';
}

/** The facts a request to this deployment is fitted to; `priced` are the tiers and geographies that have a price. */
export function targetOf(
  model: Model,
  deployment: Deployment,
  provider: Provider,
  priced: Pick<Target, 'tiers' | 'geos'> = {},
): Target {
  const { capabilities } = model;
  const { quirks } = provider;
  const { refuses } = quirks;
  return {
    model: deployment.model,
    maxOutputTokens: model.maxOutputTokens,
    developerRole: quirks.developerRole ?? true,
    maxTokensField: quirks.maxTokensField ?? 'max_completion_tokens',
    midSystem: capabilities.midSystem,
    thinking: capabilities.thinking,
    thinkingSwitch: quirks.thinkingSwitch,
    efforts: capabilities.efforts,
    structuredOutput: capabilities.structuredOutput,
    sampling: capabilities.sampling,
    reasoningContent: quirks.reasoningContent ?? false,
    forcedTools: capabilities.forcedTools,
    tools: capabilities.tools,
    images: capabilities.images ?? true,
    audio: capabilities.audio ?? true,
    files: quirks.readsFiles ?? capabilities.files ?? true,
    prefill: capabilities.prefill ?? true,
    runsCode: quirks.runsCode ?? true,
    stop: (capabilities.stop ?? true) && !refuses?.includes('stop'),
    thinkingTools: capabilities.thinkingTools ?? true,
    toolSearch: capabilities.toolSearch ?? false,
    jsonMode: quirks.jsonMode ?? true,
    strict: quirks.strict ?? true,
    plainSchemas: quirks.plainSchemas ?? false,
    idleSampling: capabilities.idleSampling ?? false,
    topK: quirks.topK ?? false,
    tiers: [],
    ...priced,
    ...(quirks.temperatureMax === undefined ? {} : { temperatureMax: quirks.temperatureMax }),
    ...(refuses === undefined ? {} : { refuses }),
    ...(quirks.refusesBetas === undefined ? {} : { refusesBetas: quirks.refusesBetas }),
    ...(quirks.search === undefined ? {} : { search: quirks.search }),
  };
}
