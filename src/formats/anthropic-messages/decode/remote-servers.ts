// Remote MCP servers of a Messages request, each with the toolset that says which of its tools the model has.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { SourcePath } from '../../../canonical/part.ts';
import type { OpaqueTool, RemoteServer, Tool } from '../../../canonical/request.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { leftovers, memberPath } from '../../leftovers.ts';
import { FORMAT } from './block.ts';

const SERVER_MEMBERS = ['type', 'name', 'url', 'authorization_token', 'tool_configuration'];
const TOOLSET_MEMBERS = ['type', 'mcp_server_name', 'default_config', 'configs', 'tools'];
const CONFIG_MEMBERS = ['enabled', 'defer_loading'];

/**
 * The tools with each toolset joined to its server; a server without one, as in the first beta, has all its tools. One
 * whose tools are all switched off is left out. Throws Fault 400 for a server without name or address, and for a
 * toolset without its server.
 */
export function joinServers(tools: Tool[], value: JsonValue | undefined, losses: Loss[]): Tool[] {
  const servers = asArray(value).map((server, i) => readServer(server, `mcp_servers[${i}]`, losses));
  const joined = tools.flatMap((tool): Tool[] => {
    if (tool.kind !== 'opaque' || tool.type !== 'mcp_toolset') return [tool];
    const toolset = asObject(tool.raw.value);
    const at = tool.at ?? 'tools';
    const server = servers.find(({ name }) => name === toolset.mcp_server_name);
    if (!server)
      throw new Fault('invalid_value', `\`${at}.mcp_server_name\` names no server of \`mcp_servers\`.`, {
        param: `${at}.mcp_server_name`,
      });
    server.isJoined = true;
    if (server.raw.tool_configuration) {
      const path = `${server.at}.tool_configuration`;
      losses.push({ path, action: 'dropped', reason: 'its toolset says which tools it has' });
    }
    const remote = withToolset(server, toolset, at, losses);
    return oneOf(remote, { server: server.raw, toolset }, [at, server.at], losses);
  });
  const others = servers
    .filter(({ isJoined }) => !isJoined)
    .flatMap((server) => oneOf(plainServer(server), { server: server.raw }, [server.at], losses));
  return [...joined, ...others];
}

type Server = {
  name: string;
  url: string;
  token: string | undefined;
  allowed: string[] | undefined;
  raw: JsonObject;
  at: SourcePath;
  isJoined: boolean;
};

function readServer(value: JsonValue, at: SourcePath, losses: Loss[]): Server {
  const raw = asObject(value);
  losses.push(...leftovers(raw, SERVER_MEMBERS, at));
  const configuration = asObject(raw.tool_configuration);
  losses.push(...leftovers(configuration, ['enabled', 'allowed_tools'], `${at}.tool_configuration`));
  const listed = configuration.allowed_tools;
  const allowed = Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : undefined;
  return {
    name: textOf(raw, 'name', at),
    url: textOf(raw, 'url', at),
    token: asString(raw.authorization_token),
    allowed: configuration.enabled === false ? [] : allowed,
    raw,
    at,
    isJoined: false,
  };
}

function textOf(server: JsonObject, name: string, at: SourcePath): string {
  const text = asString(server[name]);
  if (text !== undefined && text !== '') return text;
  throw new Fault('missing_field', `\`${at}.${name}\` is missing.`, { param: `${at}.${name}` });
}

function plainServer({ name, url, token, allowed }: Server): RemoteServer {
  return {
    name,
    url,
    ...(token === undefined ? {} : { token }),
    ...(allowed === undefined ? {} : { allowed }),
  };
}

/** Nothing is left of a server without tools. `places` are where the client wrote of it, its tools first. */
function oneOf(
  remote: RemoteServer,
  raw: JsonObject,
  places: [SourcePath, ...SourcePath[]],
  losses: Loss[],
): OpaqueTool[] {
  if (remote.allowed?.length === 0) {
    const reason = 'none of its tools is switched on';
    losses.push(...places.map((path): Loss => ({ path, action: 'dropped', reason })));
    return [];
  }
  const [at] = places;
  return [{ kind: 'opaque', type: 'mcp_toolset', raw: { format: FORMAT, value: raw }, remote, at }];
}

function withToolset(server: Server, toolset: JsonObject, at: SourcePath, losses: Loss[]): RemoteServer {
  losses.push(...leftovers(toolset, TOOLSET_MEMBERS, at));
  const fallback = asObject(toolset.default_config);
  losses.push(...leftovers(fallback, CONFIG_MEMBERS, `${at}.default_config`));
  const isOn = fallback.enabled !== false;
  const isDeferred = fallback.defer_loading === true;
  const configs = Object.entries(asObject(toolset.configs)).map(([name, config]) => {
    const own = asObject(config);
    const path = memberPath(`${at}.configs`, name);
    losses.push(...leftovers(own, CONFIG_MEMBERS, path));
    if (typeof own.defer_loading === 'boolean' && own.defer_loading !== isDeferred)
      losses.push({
        path: `${path}.defer_loading`,
        action: 'changed',
        reason: 'all tools of a server are deferred, or none',
      });
    return { name, isOn: own.enabled === undefined ? isOn : own.enabled !== false };
  });
  const listed = Array.isArray(toolset.tools) ? toolset.tools.filter(isObject) : undefined;
  if (listed)
    losses.push({
      path: `${at}.tools`,
      action: 'changed',
      reason: 'the provider asks the server for its tools',
    });
  // what the server has is known where its list is pinned
  const known = listed?.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const off = configs.filter((config) => !config.isOn).map(({ name }) => name);
  const on = configs.filter((config) => config.isOn).map(({ name }) => name);
  const named = isOn ? known?.filter((name) => !off.includes(name)) : on;
  const plain = plainServer({ ...server, allowed: named });
  const isSayable = !isOn || named !== undefined || off.length === 0;
  return {
    ...plain,
    ...(isDeferred ? { deferredAt: `${at}.default_config.defer_loading` } : {}),
    ...(isSayable ? {} : { problem: problemOf(at) }),
  };
}

function problemOf(at: SourcePath): NonNullable<RemoteServer['problem']> {
  return {
    param: `${at}.configs`,
    message: `\`${at}.configs\`: this model takes the tools it may call and no list of those it may not; set \`default_config.enabled\` to false and switch on the others.`,
  };
}
