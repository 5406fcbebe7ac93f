// A request to some route of the running program as it should be, before anything happens to it.

import type { FormatId } from '../../src/canonical/part.ts';
import { isObject, type JsonObject, type JsonValue, tryParseJson } from '../../src/lib/json.ts';
import type { OpenApi } from '../support/openapi-rules.ts';
import type { Dice } from './dice.ts';
import type { Seeds } from './seeds.ts';

/** Stands in values of every kind; it may come back in an answer of a model, and nowhere else. */
export const CANARY = 'cAnArY7f3a';

/** What requests are sent to. */
export type World = {
  port: number;
  keys: readonly string[];
  adminSecret: string;
  routes: readonly Route[];
  seeds: Record<string, Seeds>;
};

/** An operation of the program; `format` is that of its bodies and errors. */
export type Route = { method: string; path: string; format: FormatId; isAdmin: boolean };

export type Draft = {
  method: string;
  path: string;
  /** Pairs, as a name may stand there twice. */
  headers: [name: string, value: string][];
  body: Uint8Array | undefined;
  /** Whose errors its client reads; undefined when the address has become one of nobody's. */
  format: FormatId | undefined;
  /** Sizes of the chunks it goes out in; undefined for a body of a told length. */
  chunks: number | undefined;
  /** A header stands behind the chunks, which not every server reads. */
  hasTrailer: boolean;
  /** The provider was told to fail. */
  mayFail: boolean;
  /** It may be no HTTP any more: the server may refuse or drop it before it is ours. */
  isRough: boolean;
  /** More will be promised than is sent. */
  hangsUp: boolean;
};

/** Addresses that the document does not list: pages, other names of listed ones, and what is not built. */
const UNLISTED: [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/key'],
  ['GET', '/admin'],
  ['GET', '/docs'],
  ['GET', '/docs/manual'],
  ['GET', '/docs/translation'],
  ['GET', '/openapi.json'],
  ['GET', '/pages/nothing.js'],
  ['GET', '/v1/key/usage?days=7'],
  ['GET', '/v1/v1/models'],
  ['GET', '/v1/models/sandbox%2Fecho'],
  ['GET', '/responses'],
  ['POST', '/chat/completions'],
  ['POST', '/v1/v1/messages'],
  ['POST', '/v1/embeddings'],
  ['POST', '/v1/images/generations'],
  ['POST', '/v1/audio/transcriptions'],
  ['GET', '/v1/realtime'],
  ['GET', '/v1/responses/resp_1'],
  ['POST', '/v1/v1beta/models/sandbox/echo:generateContent'],
  ['GET', '/nothing/here'],
];

/** The routes that the program says it has, and those above; `victim` is the id of a key that nobody needs. */
export function routesOf(document: OpenApi, victim: string): Route[] {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [method.toUpperCase(), path]),
  );
  // whoever asks for a pause is refused from then on
  const asked = listed.filter(([, path]) => path !== '/admin/pause');
  return [...asked, ...UNLISTED].map(([method, path]) => ({
    method,
    path: path
      .replace('{model}', 'sandbox/echo')
      .replace(/\{\w+\}/, path.startsWith('/admin/keys') ? victim : 'sandbox/echo'),
    format: formatAt(path),
    isAdmin: path.startsWith('/admin/'),
  }));
}

/** Whose vocabulary an address speaks, as clients expect it. */
function formatAt(path: string): FormatId {
  if (/\/v1beta(\/|$)/.test(path)) return 'google-generate-content';
  if (/\/messages(\/|$)/.test(path)) return 'anthropic-messages';
  return /\/responses(\/|$)/.test(path) ? 'openai-responses' : 'openai-chat';
}

const GOOD_MODELS = ['echo', 'echo', 'tools', 'reason', 'cached', 'refuse', 'empty', 'long-40', 'bytes-3000'];
/** These fail as providers do. */
const BAD_MODELS = [
  ...['truncate', 'error-midstream', 'malformed', 'fail-400', 'fail-401', 'fail-429'],
  ...['fail-500', 'fail-502', 'fail-503', 'fail-529'],
];

export function draftOf(dice: Dice, { keys, adminSecret, routes, seeds }: World): Draft {
  const key = dice.pick(keys) ?? '';
  const route = dice.pick(routes);
  if (!route) throw new Error('no routes');
  const { format, isAdmin } = route;
  const mayFail = dice.chance(20);
  const model = `sandbox/${dice.pick(mayFail ? BAD_MODELS : GOOD_MODELS)}`;
  const hasBody = route.method === 'POST' || route.method === 'PATCH';
  const body = isAdmin ? adminBody(dice) : inferenceBody(dice, seeds[format], model);
  return {
    method: route.method,
    path: isAdmin ? route.path : route.path.replace(/sandbox\/echo(?=:)/, model),
    headers: [
      ['host', 'osiris.test'],
      dice.chance(50) || isAdmin || format === 'google-generate-content'
        ? ['authorization', `Bearer ${isAdmin ? adminSecret : key}`]
        : ['x-api-key', key],
      ['user-agent', `fuzz/1 ${CANARY}`],
      ...(hasBody ? [['content-type', 'application/json'] as [string, string]] : []),
    ],
    body: hasBody ? Buffer.from(JSON.stringify(body)) : undefined,
    format,
    chunks: undefined,
    hasTrailer: false,
    mayFail,
    isRough: false,
    hangsUp: false,
  };
}

function inferenceBody(dice: Dice, seeds: Seeds | undefined, model: string): JsonValue {
  const body = tryParseJson(dice.pick(seeds?.requests ?? []) ?? '{}');
  if (!isObject(body)) return {};
  if ('model' in body) body.model = model;
  if (dice.chance(30)) body.stream = dice.chance(50);
  mark(dice, body);
  return body;
}

const ADMIN_MEMBERS: [name: string, value: JsonValue][] = [
  ['name', 'fuzz'],
  ['kind', 'credit'],
  ['credit_usd', 1],
  ['usd', '0.5'],
  ['days', 3],
  ['budget', '20/month'],
  ['models', ['sandbox/echo']],
  ['model', 'sandbox/echo'],
  ['requests_per_minute', 60],
  ['concurrent', 3],
  ['expires', '2030-12-31'],
  ['strict', true],
  ['grace', '1h'],
  ['note', CANARY],
  ['from', '2026-01-01'],
  ['to', '2026-12-31'],
  ['post', false],
];

function adminBody(dice: Dice): JsonObject {
  return Object.fromEntries(ADMIN_MEMBERS.filter(() => dice.chance(30)));
}

const MARKED = new Set([
  'text',
  'content',
  'input',
  'instructions',
  'system',
  'arguments',
  'description',
  'user',
]);

/** The canary at the end of some texts; never of names, which messages may repeat. */
function mark(dice: Dice, value: JsonValue): void {
  if (Array.isArray(value)) for (const inner of value) mark(dice, inner);
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'string') mark(dice, member);
    else if (MARKED.has(name) && dice.chance(40)) value[name] = member + CANARY;
  }
}
