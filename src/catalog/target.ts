// What a chosen deployment can take, as the codecs want to know it: model facts with the provider's quirks on top.

import type { FormatId } from '../canonical/part.ts';
import type { Target } from '../formats/codec.ts';
import type { Provider } from '../providers/provider.ts';
import type { Deployment, Model } from './model.ts';

/** The wire format a deployment is called in: its own choice, else the provider's preferred one. */
export function formatOf(deployment: Deployment, provider: Provider): FormatId {
  return deployment.format ?? provider.formats[0] ?? 'openai-chat';
}

/** The facts a request to this deployment is fitted to. */
export function targetOf(model: Model, deployment: Deployment, provider: Provider): Target {
  const { capabilities } = model;
  const { quirks } = provider;
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
  };
}
