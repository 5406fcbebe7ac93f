// Decides what the cache is to a call, and looks for an answer it may be given again.

import { Fault, toFault } from '../../canonical/fault.ts';
import { searchesTools } from '../../canonical/hosted-tool.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import type { Config } from '../../config/config.ts';
import type { Converted } from '../../formats/codec.ts';
import { isCached } from '../../store/key-cache.ts';
import type { Cache, Key } from '../../store/ports.ts';
import type { Call } from '../call.ts';
import { candidatesOf, formatsOf } from '../candidates/candidate.ts';
import { decode } from '../decoded.ts';
import { isStrict } from '../strict.ts';
import { type Caching, type Hit, type KeptAnswer, unpackAnswer } from './kept-answer.ts';
import { cacheName } from './name.ts';

export type CachingPorts = {
  config: Pick<Config, 'cache' | 'providers'>;
  cache: Pick<Cache, 'get'>;
  sealKey: Uint8Array;
};

/** What a client says by `Cache-Control` (RFC 9111 5.2.1). */
type Wish = { looks: boolean; keeps: boolean; maxAgeMs: number };

/**
 * Undefined when there is no cache for this call. Throws Fault `invalid_value` for an `X-Osiris-Cache` that says
 * neither on nor off.
 */
export function cachingOf(call: Call, ports: CachingPorts): Caching | undefined {
  const { cache: rules } = ports.config;
  if (rules.ttlMs === 0 || !isCached(call.key, rules, askedIn(call.headers))) return undefined;
  const wish = wishIn(call.headers);
  const common = { modelId: call.model.id, share: rules.priceTenThousandths };
  const question = readQuestion(call, ports);
  if ('why' in question)
    return { ...common, name: undefined, keeps: false, isCapped: false, why: question.why };
  const name = cacheName(call, question, scopeOf(call.key, rules.scope));
  const isCapped = question.value.maxOutputTokens !== undefined;
  const caching = { ...common, name, keeps: wish.keeps, isCapped };
  if (!wish.looks) return { ...caching, why: 'the request asks for a fresh answer (Cache-Control)' };
  const found = ports.cache.get(name);
  if (!found) return caching;
  const { ageMs } = found;
  if (ageMs > Math.min(rules.ttlMs, wish.maxAgeMs))
    return { ...caching, why: 'the answer that is kept is too old for this request' };
  const kept = unpackAnswer(found.answer);
  if (!fits(kept, call)) return { ...caching, why: 'the answer that is kept lost something on its way' };
  return { ...caching, hit: { ...kept, ageMs } satisfies Hit };
}

/** `X-Osiris-Cache` of a request. */
function askedIn(headers: Headers): 'on' | 'off' | undefined {
  const said = headers.get('x-osiris-cache')?.trim().toLowerCase();
  if (said === undefined || said === '') return undefined;
  if (said === 'on' || said === 'off') return said;
  throw new Fault('invalid_value', '`X-Osiris-Cache` must be `on` or `off`.', { param: 'X-Osiris-Cache' });
}

function wishIn(headers: Headers): Wish {
  const wish: Wish = { looks: true, keeps: true, maxAgeMs: Number.POSITIVE_INFINITY };
  for (const directive of headers.get('cache-control')?.toLowerCase().split(',') ?? []) {
    const [name = '', value = ''] = directive.split('=').map((word) => word.trim().replaceAll('"', ''));
    if (name === 'no-cache' || name === 'no-store') wish.looks = false;
    if (name === 'no-store') wish.keeps = false;
    if (name === 'max-age' && /^\d+$/.test(value)) wish.maxAgeMs = Number(value) * 1000;
  }
  return wish.maxAgeMs === 0 ? { ...wish, looks: false } : wish;
}

function scopeOf({ id, account }: Key, scope: Config['cache']['scope']): string {
  switch (scope) {
    case 'key':
      return `key ${id}`;
    case 'account':
      return `account ${account}`;
    case 'server':
      return 'server';
    default:
      return scope satisfies never;
  }
}

/** The question, or why an answer to it would be no answer to the next one that asks the same. */
function readQuestion(
  call: Call,
  { config, sealKey }: CachingPorts,
): Converted<CanonicalRequest> | { why: string } {
  try {
    const decoded = decode(call, sealKey);
    const why = whyNot(call, decoded.value) ?? whyStored(call, config);
    return why === undefined ? decoded : { why };
  } catch (thrown) {
    const fault = toFault(thrown);
    // what a provider of this format may take and nobody else can read
    if (fault.status === 400) return { why: 'it refers to something only its provider knows' };
    throw thrown;
  }
}

function whyNot(
  { extras }: Call,
  { sampling, tools, speech, pictures }: CanonicalRequest,
): string | undefined {
  if ((sampling.n ?? 1) > 1) return 'it asks for several answers';
  if (extras?.webSearch || extras?.searches || tools.some(({ kind }) => kind === 'web-search'))
    return 'it searches the web';
  if (tools.some((tool) => tool.kind === 'opaque' && !searchesTools(tool)))
    return 'it has tools that run at the provider';
  if (speech) return 'it wants a spoken answer';
  return pictures ? 'it wants pictures' : undefined;
}

/** The id of a stored response may be named in the next request, and belongs to one conversation. */
function whyStored(call: Call, { providers }: CachingPorts['config']): string | undefined {
  const { codec } = call;
  if (!codec.storesAnswer?.(call.body)) return undefined;
  const mayStore = candidatesOf(call, providers).some(
    (each) => !each.provider.builtIn && formatsOf(each).includes(codec.id),
  );
  return mayStore
    ? 'its answer is stored at the provider; `store: false` says that it need not be'
    : undefined;
}

/** Losses are named in the words of one format, and a strict request would have been refused. */
function fits({ losses, format }: KeptAnswer, call: Call): boolean {
  return losses.length === 0 || (format === call.codec.id && !isStrict(call));
}
