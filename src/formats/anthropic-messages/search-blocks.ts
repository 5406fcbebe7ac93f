// Blocks of a search among deferred tools: what they tell, and those written of a search that another provider ran.

import type { ToolName, ToolSearch } from '../../canonical/part.ts';
import { fullName } from '../../canonical/tool-search.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** What a block tells of such a search; undefined for every other one. A reference alone is what a client's own found. */
export function toolSearchIn(block: JsonObject): ToolSearch | undefined {
  switch (block.type) {
    case 'server_tool_use': {
      if (asString(block.name)?.startsWith('tool_search_tool_') !== true) return undefined;
      const { query, pattern } = asObject(block.input);
      return { query: asString(query) ?? asString(pattern) ?? '' };
    }
    case 'tool_search_tool_result': {
      const { error_code, tool_references } = asObject(block.content);
      const failed = asString(error_code);
      return failed === undefined
        ? { found: asArray(tool_references).flatMap(nameIn) }
        : { found: [], failed };
    }
    case 'tool_reference':
      return { found: nameIn(block) };
    default:
      return undefined;
  }
}

function nameIn(reference: JsonValue): ToolName[] {
  const name = asString(asObject(reference).tool_name);
  return name === undefined ? [] : [{ name }];
}

export function referencesTo(found: readonly ToolName[]): JsonObject[] {
  return found.map((tool) => ({ type: 'tool_reference', tool_name: fullName(tool) }));
}

/** The variant that takes plain words, as OpenAI's search does. */
const BY_WORDS = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' };

/** The tool, for a client of another format that asked for such a search. */
export function searchTool(): JsonObject {
  return { ...BY_WORDS };
}

/** Makes the pairs of blocks of one answer, or of a conversation. */
export class SearchBlocks {
  readonly #idPrefix: string;
  readonly #name: string;
  #count = 0;
  /** The search whose outcome is still to come. */
  #open: string | undefined;

  /** `tools` are those that the client declared in this format, if it did. */
  constructor(idPrefix: string, tools?: JsonValue) {
    this.#idPrefix = idPrefix;
    const own = asArray(tools).map(asObject);
    const search = own.find(({ type }) => asString(type)?.startsWith('tool_search_tool_'));
    this.#name = asString(search?.name) ?? BY_WORDS.name;
  }

  of({ query, found, failed }: ToolSearch): JsonObject[] {
    const blocks: JsonObject[] = [];
    if (query !== undefined || this.#open === undefined) blocks.push(...this.rest(), this.#call(query ?? ''));
    if (found === undefined || this.#open === undefined) return blocks;
    const content: JsonObject =
      failed === undefined
        ? { type: 'tool_search_tool_search_result', tool_references: referencesTo(found) }
        : { type: 'tool_search_tool_result_error', error_code: 'unavailable', error_message: failed };
    blocks.push({ type: 'tool_search_tool_result', tool_use_id: this.#open, content });
    this.#open = undefined;
    return blocks;
  }

  /** An empty outcome for a search that never told one: Anthropic refuses a call without. */
  rest(): JsonObject[] {
    return this.#open === undefined ? [] : this.of({ found: [] });
  }

  #call(query: string): JsonObject {
    this.#open = `${this.#idPrefix}_t${this.#count++}`;
    const input = this.#name.includes('regex') ? { pattern: query } : { query };
    const called = { type: 'server_tool_use', id: this.#open, name: this.#name };
    return { ...called, input, caller: { type: 'direct' } };
  }
}
