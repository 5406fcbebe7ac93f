// What the writers of one request share: the target, the losses so far, and the cache marks they set.

import type { Loss } from '../../../canonical/loss.ts';
import type { CacheMark, SourcePath } from '../../../canonical/part.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Target } from '../../codec.ts';
import type { Room } from '../../schema/fit.ts';
import type { RemoteBlocks } from '../remote-blocks.ts';
import type { SearchBlocks } from '../search-blocks.ts';

export type Writing = {
  request: CanonicalRequest;
  target: Target;
  losses: Loss[];
  /** Every block and tool with a mark, in prompt order when tools, system and messages are written in turn. */
  marks: { holder: JsonObject; at: SourcePath }[];
  /** For the definitions that schemas refer to. */
  room: Room;
  /** Searches among tools that another provider ran. */
  searches: SearchBlocks;
  /** Calls of remote servers that another provider made. */
  calls: RemoteBlocks;
};

/** Notes a loss of a control under the name the client wrote it as. */
export function lose(writing: Writing, control: string, action: Loss['action'], reason: string): void {
  const { origin } = writing.request;
  const [group = control] = control.split('.');
  writing.losses.push({ path: origin[control] ?? origin[group] ?? control, action, reason });
}

/** Sets `cache_control` on a block or tool. */
export function mark(
  holder: JsonObject,
  cache: CacheMark | undefined,
  at: SourcePath | undefined,
  writing: Writing,
): void {
  if (!cache) return;
  const path = at ?? 'cache_control';
  holder.cache_control = cacheControl(cache, path, writing);
  writing.marks.push({ holder, at: path });
}

/** The two lifetimes there are: half an hour counts as five minutes, twelve hours as one. */
export function cacheControl(cache: CacheMark, at: SourcePath, writing: Writing): JsonObject {
  switch (cache.ttl) {
    case 'default':
      return { type: 'ephemeral' };
    case '5m':
    case '1h':
      return { type: 'ephemeral', ttl: cache.ttl };
    case '30m':
    case '12h': {
      const ttl = cache.ttl === '30m' ? '5m' : '1h';
      writing.losses.push({ path: at, action: 'changed', reason: `the cache lifetime became ${ttl}` });
      return { type: 'ephemeral', ttl };
    }
    default:
      return cache.ttl satisfies never;
  }
}

const MARKS_MAX = 4;

/** Anthropic refuses a fifth mark; the last ones cover the longest prefixes. The automatic mark takes one place. */
export function limitMarks(writing: Writing, hasAutomatic: boolean): void {
  const max = hasAutomatic ? MARKS_MAX - 1 : MARKS_MAX;
  const surplus = writing.marks.slice(0, Math.max(0, writing.marks.length - max));
  for (const { holder, at } of surplus) {
    delete holder.cache_control;
    writing.losses.push({ path: at, action: 'dropped', reason: 'Anthropic takes four cache marks' });
  }
}

/** Gives the marks of the request an hour; false when there are none or one says its own time. */
export function keepForLonger({ marks }: Writing, body: JsonObject): boolean {
  const holders = [...marks.map(({ holder }) => holder), body].filter((each) => each.cache_control);
  // a longer lifetime may not stand behind a shorter one
  if (holders.length === 0 || holders.some((each) => asObject(each.cache_control).ttl !== undefined))
    return false;
  for (const holder of holders) holder.cache_control = { type: 'ephemeral', ttl: '1h' };
  return true;
}

/**
 * Anthropic refuses a longer lifetime behind a shorter one. What stands in front of an hour gets an hour: the prompt up
 * to there, of which it is a part, is kept and paid for that long anyway.
 */
export function orderMarks({ marks, losses }: Writing, body: JsonObject): void {
  const places = new Map(marks.map(({ holder, at }) => [holder, at]));
  const holders = [...holdersIn(body), body].filter(({ cache_control }) => cache_control !== undefined);
  const lastLong = holders.findLastIndex((holder) => ttlOf(holder) === '1h');
  for (const holder of holders.slice(0, Math.max(0, lastLong))) {
    if (ttlOf(holder) === '1h') continue;
    holder.cache_control = { type: 'ephemeral', ttl: '1h' };
    const path = places.get(holder) ?? 'cache_control';
    losses.push({ path, action: 'changed', reason: 'the cache lifetime became 1h, as that of a later mark' });
  }
}

/** Tools, system, messages: the order of the prompt, which results that move to the front of their turn change. */
function holdersIn({ tools, system, messages }: JsonObject): JsonObject[] {
  const blocks = (content: JsonValue | undefined): JsonObject[] =>
    asArray(content)
      .filter(isObject)
      .flatMap((block) => [...(block.type === 'tool_result' ? blocks(block.content) : []), block]);
  return [tools, system, ...asArray(messages).map((message) => asObject(message).content)].flatMap(blocks);
}

function ttlOf({ cache_control }: JsonObject): JsonValue | undefined {
  return asObject(cache_control).ttl;
}
