// Where a search may look, for vendors that take domains to keep to or domains to leave out, but not both.

import type { Loss } from '../canonical/loss.ts';
import type { WebSearchTool } from '../canonical/request.ts';
import { compact, type JsonObject } from '../lib/json.ts';

/** `allowed_domains` or `excluded_domains`; none when the tool says nothing of either. */
export function searchDomains(tool: WebSearchTool, losses: Loss[]): JsonObject {
  const { allowedDomains, blockedDomains, at = 'tools' } = tool;
  if (allowedDomains === undefined) return compact({ excluded_domains: blockedDomains });
  if (blockedDomains !== undefined) {
    const filters = tool.raw.format === 'openai-responses' ? 'filters.' : '';
    const reason = 'there are domains to keep to, and the provider takes only one of the two';
    losses.push({ path: `${at}.${filters}blocked_domains`, action: 'dropped', reason });
  }
  return { allowed_domains: allowedDomains };
}
