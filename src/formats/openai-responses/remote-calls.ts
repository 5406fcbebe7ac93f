// Items of calls to remote MCP servers: what they tell, and those written of calls that another provider made.

import type { RemoteCall } from '../../canonical/part.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** What an item tells of such a call; undefined for every other one. */
export function remoteIn(item: JsonObject): RemoteCall | undefined {
  if (item.type !== 'mcp_call') return undefined;
  const { server_label, name } = item;
  const called = {
    server: asString(server_label) ?? '',
    name: asString(name) ?? '',
    input: asString(item.arguments) ?? '{}',
  };
  const error = errorText(item.error);
  if (error !== undefined) return { called, output: error, failed: true };
  const output = asString(item.output);
  if (output === undefined) return { called };
  return item.status === 'failed' ? { called, output, failed: true } : { called, output };
}

/** A text in the first versions, an object later. */
export function errorText(error: JsonValue | undefined): string | undefined {
  if (error === undefined || error === null) return undefined;
  const { message, content } = asObject(error);
  const texts = asArray(content).flatMap((part) => asString(asObject(part).text) ?? []);
  if (texts.length > 0) return texts.join('\n');
  return asString(error) ?? asString(message) ?? asString(content) ?? JSON.stringify(error);
}

/** The item as far as it has come. */
export function remoteItem(id: string, status: string, { called, output, failed }: RemoteCall): JsonObject {
  const { server = '', name = '', input = '' } = called ?? {};
  const content = [{ type: 'text', text: output ?? '' }];
  return {
    id,
    type: 'mcp_call',
    status,
    server_label: server,
    name,
    arguments: input,
    output: failed ? null : (output ?? null),
    error: failed ? { type: 'mcp_tool_execution_error', content } : null,
    approval_request_id: null,
  };
}
