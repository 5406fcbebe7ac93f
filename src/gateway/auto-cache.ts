// Has prompts cached where that takes a mark, for clients whose formats have none, for keys whose operator wants that.

import type { Part } from '../canonical/part.ts';
import type { CanonicalRequest, Tool } from '../canonical/request.ts';
import type { Codec, Target } from '../formats/codec.ts';
import type { Call } from './call.ts';

/** The request with "mark it for me". A client that has set marks of its own knows better, and Anthropic counts to four. */
export function withAutoCache(
  request: CanonicalRequest,
  call: Call,
  upstream: Codec,
  target: Target,
): CanonicalRequest {
  if (!isWanted(call) || !upstream.cachesMarked || target.refuses?.includes('cache_control')) return request;
  if (request.cache.auto || hasMarks(request)) return request;
  return { ...request, cache: { ...request.cache, auto: { ttl: 'default' } } };
}

/** The price by which the prompt may be written to a cache though its client has set no marks. */
export function autoCacheWrite(call: Call): 'cacheWrite' | 'cacheWrite1h' | undefined {
  if (!isWanted(call)) return undefined;
  return call.body.prompt_cache_retention === '24h' ? 'cacheWrite1h' : 'cacheWrite';
}

function isWanted({ key, codec }: Call): boolean {
  return key.autoCache === true && !codec.cachesMarked;
}

function hasMarks({ messages, tools }: CanonicalRequest): boolean {
  return tools.some(isMarked) || messages.some(({ parts }) => parts.some(isMarked));
}

function isMarked(each: Part | Tool): boolean {
  if ('cache' in each && each.cache !== undefined) return true;
  return each.kind === 'tool-result' && each.content.some(isMarked);
}
