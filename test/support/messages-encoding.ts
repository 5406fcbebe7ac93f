// Messages requests through the codec, for two kinds of models.

import type { CanonicalRequest } from '../../src/canonical/request.ts';
import { anthropicMessages as codec } from '../../src/formats/anthropic-messages/index.ts';
import type { Target } from '../../src/formats/codec.ts';
import type { JsonObject } from '../../src/lib/json.ts';

/** The least body. */
const base: JsonObject = { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] };
/** A model that thinks as much as it sees fit. */
export const adaptive: Target = {
  model: 'claude-opus-4-8',
  maxOutputTokens: 64_000,
  developerRole: false,
  maxTokensField: 'max_tokens',
  midSystem: true,
  thinking: 'adaptive',
  efforts: ['low', 'medium', 'high', 'max'],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};
/** One with a budget for it. */
export const older: Target = {
  ...adaptive,
  maxOutputTokens: 32_000,
  midSystem: false,
  thinking: 'budget',
  efforts: [],
  structuredOutput: false,
};

const decode = (members: JsonObject) => codec.decodeRequest({ ...base, ...members });
export const paths = (losses: { path: string }[]) => losses.map((loss) => loss.path).sort();
export const ask = (members: Partial<CanonicalRequest>): CanonicalRequest => ({
  ...decode({}).value,
  ...members,
});
export const encode = (members: Partial<CanonicalRequest>, target = adaptive) =>
  codec.encodeRequest(ask(members), target);
