// Calls that a provider made to remote MCP servers, where nobody can be told of the server: something to read.

import type { Message, Part } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { Codec, Target } from './codec.ts';
import type { FitStep } from './output-form.ts';

const CALLERS = ['anthropic-messages', 'openai-responses'];

/** Providers refuse a call to a server that the request does not name. */
export function fitRemoteCalls(request: CanonicalRequest, _: Target, codec: Codec): FitStep {
  const servers = new Set(
    CALLERS.includes(codec.id)
      ? request.tools.flatMap((tool) => (tool.kind === 'opaque' && tool.remote ? [tool.remote.name] : []))
      : [],
  );
  const runs = new Set<string | undefined>();
  const isKept = (part: Part): boolean => {
    if (part.kind !== 'opaque' || !part.remote) return true;
    const { called } = part.remote;
    if (called === undefined) return runs.has(part.run);
    if (servers.has(called.server)) runs.add(part.run);
    return servers.has(called.server);
  };
  const messages = request.messages.flatMap((message): Message[] => {
    if (message.role !== 'assistant') return [message];
    const told = message.parts.filter((part) => codec.id === LISTING.format || !isListing(part));
    const parts = told.map((part) => (isKept(part) ? part : withoutCall(part)));
    if (parts.length === message.parts.length && parts.every((part, i) => part === message.parts[i]))
      return [message];
    return parts.length === 0 ? [] : [{ ...message, parts }];
  });
  return { request: { ...request, messages }, losses: [], changes: [] };
}

/** What tools a server has: every provider asks it itself, so that nothing is lost where it is left out. */
const LISTING = { format: 'openai-responses', type: 'mcp_list_tools' };

function isListing(part: Part): boolean {
  return part.kind === 'opaque' && part.type === LISTING.type && part.raw.format === LISTING.format;
}

function withoutCall(part: Part): Part {
  if (part.kind !== 'opaque') return part;
  const { remote: _, ...rest } = part;
  return rest;
}
