// OpenAI's `prompt_cache_options`, which speak for all cache marks of a request, and requests that only fill the cache.

import type { AnswerChange } from '../canonical/answer-change.ts';
import { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { CacheMark, Part } from '../canonical/part.ts';
import type { CanonicalRequest, Tool } from '../canonical/request.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import type { Codec, Target } from './codec.ts';
import type { FitStep } from './output-form.ts';

const OPTIONS = 'prompt_cache_options';
const LIFETIMES: readonly unknown[] = ['30m', '12h'] satisfies CacheMark['ttl'][];

/** Reads the member into the request, whose messages and tools are there already. */
export function readCacheOptions(body: JsonObject, request: CanonicalRequest, losses: Loss[]): void {
  const options = body[OPTIONS];
  if (!isObject(options)) return;
  const { ttl, prewarm, ...others } = options;
  if (prewarm === true) {
    request.cache.prewarm = true;
    request.origin['cache.prewarm'] = `${OPTIONS}.prewarm`;
  }
  const marked = LIFETIMES.includes(ttl) ? markedIn(request) : [];
  for (const holder of marked) holder.cache = { ttl: ttl as CacheMark['ttl'] };
  const lost = Object.keys(others);
  if (marked.length > 0)
    losses.push({ path: `${OPTIONS}.ttl`, action: 'changed', reason: 'it stands on each cache mark' });
  else if (ttl !== undefined && ttl !== null) lost.push('ttl');
  for (const name of lost)
    losses.push({ path: `${OPTIONS}.${name}`, action: 'dropped', reason: 'no counterpart in other formats' });
}

/** Those whose marks say no lifetime of their own. */
function markedIn({ messages, tools }: CanonicalRequest): { cache?: CacheMark }[] {
  const parts = (list: Part[]): Part[] =>
    list.flatMap((part) => (part.kind === 'tool-result' ? [part, ...parts(part.content)] : [part]));
  const all: (Part | Tool)[] = [...tools, ...messages.flatMap((message) => parts(message.parts))];
  return all.filter((each): each is Extract<Part | Tool, { cache?: CacheMark }> & (Part | Tool) =>
    'cache' in each ? each.cache?.ttl === 'default' : false,
  );
}

/** `gpt-5.6` and later know breakpoints and how to fill the cache without an answer. */
export function knowsBreakpoints(model: string): boolean {
  const [, major = '0', minor = '0'] = /^gpt-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return Number(major) > 5 || (major === '5' && Number(minor) >= 6);
}

/** Throws Fault `unsupported_parameter` where an answer would be made and paid that nobody asked for. */
export function fitPrewarm(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  if (!request.cache.prewarm) return { request, losses: [], changes: [] };
  const isKnown =
    codec.id === 'anthropic-messages' || (codec.id === 'openai-responses' && knowsBreakpoints(target.model));
  if (isKnown) return { request, losses: [], changes: [() => NO_ANSWER] };
  const param = request.origin['cache.prewarm'] ?? OPTIONS;
  const message = `\`${param}\` only fills a prompt cache, which this model cannot do; leave it out.`;
  throw new Fault('unsupported_parameter', message, { param });
}

/** Anthropic says of such an answer that it was cut. */
const NO_ANSWER: AnswerChange = {
  events: (event) =>
    event.type === 'finish' && event.finish.reason === 'length'
      ? [{ ...event, finish: { reason: 'end' } }]
      : [event],
  response: (response) =>
    response.finish.reason === 'length' ? { ...response, finish: { reason: 'end' } } : response,
};
