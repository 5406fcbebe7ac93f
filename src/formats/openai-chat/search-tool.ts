// The search of OpenRouter, a tool of its own among those of Chat (openrouter.ai/docs, "Web Search" of the server tools).

import type { Loss } from '../../canonical/loss.ts';
import type { WebSearchTool } from '../../canonical/request.ts';
import { compact, type JsonObject } from '../../lib/json.ts';
import { searchDomains } from '../search-domains.ts';

/** The model's own search, whose fee is passed on as it is: the others that OpenRouter offers are billed by result. */
export function searchTool(tool: WebSearchTool, losses: Loss[]): JsonObject {
  const { maxUses, contextSize, location } = tool;
  return {
    type: 'openrouter:web_search',
    parameters: compact({
      engine: 'native',
      ...searchDomains(tool, losses),
      max_uses: maxUses,
      search_context_size: contextSize,
      user_location: location && { type: 'approximate', ...location },
    }),
  };
}
