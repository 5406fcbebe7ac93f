// Blocks of calls to remote MCP servers: what they tell, and those written of calls that another provider made.

import type { RemoteCall } from '../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';

/** What a block tells of such a call; undefined for every other one. */
export function remoteIn(block: JsonObject): RemoteCall | undefined {
  if (block.type === 'mcp_tool_use') {
    const { server_name, name, input } = block;
    const called = { server: asString(server_name) ?? '', name: asString(name) ?? '' };
    return { called: { ...called, input: JSON.stringify(input ?? {}) } };
  }
  if (block.type !== 'mcp_tool_result') return undefined;
  const { content, is_error } = block;
  const texts = asArray(content).map((one) => asString(asObject(one).text) ?? '');
  const output = asString(content) ?? texts.join('\n');
  return is_error === true ? { output, failed: true } : { output };
}

const NO_OUTCOME = { output: 'No result was recorded for this call.', failed: true };

/** Makes the pairs of blocks of one answer, or of a conversation. */
export class RemoteBlocks {
  readonly #idPrefix: string;
  #count = 0;
  /** The call whose outcome is still to come. */
  #open: string | undefined;

  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  of({ called, output, failed = false }: RemoteCall): JsonObject[] {
    const blocks: JsonObject[] = [];
    if (called) {
      blocks.push(...this.rest());
      this.#open = `${this.#idPrefix}_m${this.#count++}`;
      const { server, name, input } = called;
      const parsed = tryParseJson(input);
      blocks.push({
        type: 'mcp_tool_use',
        id: this.#open,
        name,
        server_name: server,
        input: isObject(parsed) ? parsed : input.trim() === '' ? {} : { _raw: input },
      });
    }
    if (output === undefined || this.#open === undefined) return blocks;
    // clients echo an empty text, and Anthropic refuses it
    const content = output === '' ? [] : [{ type: 'text', text: output }];
    blocks.push({ type: 'mcp_tool_result', tool_use_id: this.#open, is_error: failed, content });
    this.#open = undefined;
    return blocks;
  }

  /** An outcome for a call that never had one: Anthropic refuses a call without. */
  rest(): JsonObject[] {
    return this.#open === undefined ? [] : this.of(NO_OUTCOME);
  }
}
