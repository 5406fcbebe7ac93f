// Remote MCP servers as Responses tools, and what of such a tool nobody else can be told.

import type { Loss } from '../../canonical/loss.ts';
import type { SourcePath } from '../../canonical/part.ts';
import type { OpaqueTool, RemoteServer } from '../../canonical/request.ts';
import { asArray, asObject, asString, compact, isObject, type JsonObject } from '../../lib/json.ts';
import { lostMembers } from './decode/lost-members.ts';

// biome-ignore format: a list of names
const MEMBERS = [
  'type', 'server_label', 'server_url', 'authorization', 'allowed_tools', 'require_approval', 'headers',
  'connector_id', 'tunnel_id', 'server_description', 'defer_loading',
];

/** The tool with its server; one that only OpenAI can reach has a problem. */
export function readServer(tool: JsonObject, at: SourcePath, losses: Loss[]): OpaqueTool {
  losses.push(...lostMembers(tool, MEMBERS, at));
  if (asString(tool.server_description))
    losses.push({
      path: `${at}.server_description`,
      action: 'dropped',
      reason: 'a server describes itself elsewhere',
    });
  const { headers, allowed_tools } = tool;
  const token = asString(tool.authorization) ?? bearerIn(headers);
  const allowed = Array.isArray(allowed_tools) ? allowed_tools : asObject(allowed_tools).tool_names;
  const names = Array.isArray(allowed) ? allowed.filter((name) => typeof name === 'string') : undefined;
  const problem = problemOf(tool, names, at);
  const remote: RemoteServer = {
    name: asString(tool.server_label) ?? '',
    url: asString(tool.server_url) ?? '',
    ...(token === undefined ? {} : { token }),
    ...(names === undefined ? {} : { allowed: names }),
    ...(tool.defer_loading === true ? { deferredAt: `${at}.defer_loading` } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
  return { kind: 'opaque', type: 'mcp', raw: { format: 'openai-responses', value: tool }, remote, at };
}

function bearerIn(headers: unknown): string | undefined {
  for (const [name, value] of Object.entries(asObject(headers)))
    if (name.toLowerCase() === 'authorization') return /^Bearer +(\S+)$/i.exec(asString(value) ?? '')?.[1];
  return undefined;
}

function problemOf(tool: JsonObject, allowed: string[] | undefined, at: SourcePath): RemoteServer['problem'] {
  const problem = (member: string, rule: string) => ({
    param: `${at}.${member}`,
    message: `\`${at}.${member}\`: ${rule}.`,
  });
  for (const member of ['server_label', 'server_url'])
    if (!asString(tool[member]))
      return problem(member, 'this model needs the name and the address of the server itself');
  if (asObject(tool.allowed_tools).read_only !== undefined && tool.allowed_tools !== null)
    return problem('allowed_tools.read_only', 'this model takes names of tools only');
  if (!isNeverAsked(tool.require_approval, allowed))
    return problem(
      'require_approval',
      'this model asks for no approvals; set it to "never" or leave the tool out',
    );
  const others = Object.keys(asObject(tool.headers)).filter((name) => name.toLowerCase() !== 'authorization');
  const isLost = others.length > 0 || (isObject(tool.headers) && hasOddToken(tool));
  return isLost
    ? problem(
        'headers',
        'this model’s provider sends the server a bearer token only; give it as `authorization`',
      )
    : undefined;
}

/** A header that says something else than the token, or is no token. */
function hasOddToken({ headers, authorization }: JsonObject): boolean {
  if (Object.keys(asObject(headers)).length === 0) return false;
  const own = bearerIn(headers);
  return own === undefined || (asString(authorization) ?? own) !== own;
}

/** Left out, it means that every call is asked for. */
function isNeverAsked(value: unknown, allowed: string[] | undefined): boolean {
  if (value === 'never') return true;
  const { always, never } = asObject(value);
  const free = asArray(asObject(never).tool_names);
  if (asObject(never).read_only !== undefined || (always ?? null) !== null) return false;
  return allowed?.every((name) => free.includes(name)) === true;
}

export function writeServer({ name, url, token, allowed, deferredAt }: RemoteServer): JsonObject {
  return compact({
    type: 'mcp',
    server_label: name,
    server_url: url,
    authorization: token,
    allowed_tools: allowed,
    require_approval: 'never',
    defer_loading: deferredAt === undefined ? undefined : true,
  });
}

/** Tools as an answer repeats them: without what signs their owner in at other servers. */
export function withoutTokens(tools: JsonObject[]): JsonObject[] {
  return tools.map((tool) => {
    if (tool.type !== 'mcp') return tool;
    const { authorization: _, headers, ...shown } = tool;
    if (!isObject(headers)) return shown;
    return {
      ...shown,
      headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '[redacted]'])),
    };
  });
}
