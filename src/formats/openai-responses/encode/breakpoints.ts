// Cache marks of a prompt as the breakpoints that OpenAI's newer models take.

import type { Loss } from '../../../canonical/loss.ts';
import type { CacheMark } from '../../../canonical/part.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import { knowsBreakpoints } from '../../cache-options.ts';

const BREAKPOINTS_MAX = 4;

/** The provider caches by itself; explicit marks are known to its newest models only. */
export function unmarked(at: string | undefined): Loss {
  return { path: at ?? 'input', action: 'dropped', reason: 'the cache mark: the provider caches by itself' };
}

export class Breakpoints {
  readonly #isKnown: boolean;
  readonly #losses: Loss[];
  readonly #set: { holder: JsonObject; at: string | undefined }[] = [];

  constructor(model: string, losses: Loss[]) {
    this.#isKnown = knowsBreakpoints(model);
    this.#losses = losses;
  }

  /** Marks the content part, which must be one of input. Lifetimes are half an hour, unsaid, or twelve. */
  put(holder: JsonObject, cache: CacheMark | undefined, at: string | undefined): void {
    if (!cache) return;
    if (!this.#isKnown) {
      this.#losses.push(unmarked(at));
      return;
    }
    const isLong = cache.ttl === '1h' || cache.ttl === '12h';
    if (cache.ttl === '5m' || cache.ttl === '1h') {
      const reason = `the cache lifetime became ${isLong ? '12 hours' : 'half an hour'}`;
      this.#losses.push({ path: at ?? 'input', action: 'changed', reason });
    }
    const ttl = isLong ? '12h' : cache.ttl === '30m' ? '30m' : undefined;
    holder.prompt_cache_breakpoint = compact({ mode: 'explicit', ttl });
    this.#set.push({ holder, at });
  }

  /** A request writes four at most; the last ones cover the longest prefixes. */
  limit(): void {
    for (const { holder, at } of this.#set.slice(0, Math.max(0, this.#set.length - BREAKPOINTS_MAX))) {
      delete holder.prompt_cache_breakpoint;
      this.#losses.push({ path: at ?? 'input', action: 'dropped', reason: 'OpenAI writes four breakpoints' });
    }
  }
}
