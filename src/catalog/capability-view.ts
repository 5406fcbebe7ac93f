// What a model can do, as people and programs are shown it.

import type { JsonObject } from '../lib/json.ts';
import type { Model } from './model.ts';

/** Null where nobody has said. */
export function viewCapabilities({ capabilities }: Model): JsonObject {
  return {
    tools: capabilities.tools,
    images: capabilities.images ?? null,
    files: capabilities.files ?? null,
    audio: capabilities.audio ?? null,
    reasoning: capabilities.thinking !== 'none',
    structured_output: capabilities.structuredOutput,
    web_search: capabilities.webSearch,
    tool_search: capabilities.toolSearch ?? false,
    embeddings: capabilities.embeddings ?? false,
  };
}
