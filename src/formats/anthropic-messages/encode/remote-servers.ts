// Remote MCP servers as a Messages request has them: the servers, and among the tools a toolset for each.

import { sayableServer } from '../../../canonical/hosted-tool.ts';
import type { OpaqueTool, RemoteServer, Tool } from '../../../canonical/request.ts';
import { asObject, compact, isObject, type JsonObject } from '../../../lib/json.ts';
import { FORMAT } from '../decode/block.ts';

/** `mcp_servers`; absent when no tool is one. Throws Fault for a server that Anthropic cannot be told. */
export function encodeServers(tools: readonly Tool[]): { mcp_servers?: JsonObject[] } {
  const mcp_servers = tools.flatMap((tool) =>
    tool.kind === 'opaque' && tool.remote ? [serverOf(tool, tool.remote)] : [],
  );
  return mcp_servers.length === 0 ? {} : { mcp_servers };
}

function serverOf(tool: OpaqueTool, { name, url, token }: RemoteServer): JsonObject {
  const { server } = asObject(tool.raw.value);
  if (tool.raw.format === FORMAT && isObject(server)) return server;
  sayableServer(tool);
  return compact({ type: 'url', url, name, authorization_token: token });
}

/** Tools that are not named are switched off. */
export function encodeToolset(tool: OpaqueTool, { name, allowed, deferredAt }: RemoteServer): JsonObject {
  const { toolset } = asObject(tool.raw.value);
  if (tool.raw.format === FORMAT && isObject(toolset)) return toolset;
  const config = {
    ...(allowed === undefined ? {} : { enabled: false }),
    ...(deferredAt === undefined ? {} : { defer_loading: true }),
  };
  return compact({
    type: 'mcp_toolset',
    mcp_server_name: name,
    default_config: Object.keys(config).length === 0 ? undefined : config,
    configs: allowed && Object.fromEntries(allowed.map((one) => [one, { enabled: true }])),
  });
}
