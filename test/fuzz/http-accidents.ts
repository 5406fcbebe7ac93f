// What happens to requests between a client and here: wrong methods, odd addresses, headers and bodies of any kind.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import { CANARY, type Draft } from './http-request.ts';
import { spoilBytes, spoilJson } from './spoil-text.ts';

/** One accident of any kind. */
export function spoilRequest(dice: Dice, draft: Draft): void {
  dice.one([
    spoilBody,
    spoilBody,
    spoilBody,
    spoilHeaders,
    spoilHeaders,
    spoilPath,
    spoilMethod,
    spoilFraming,
  ])(dice, draft);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const;
/** Not every server takes these at all. */
const ODD_METHODS = ['TRACE', 'CONNECT', 'post', 'BREW', 'PROPFIND', 'GET\t', ''] as const;

function spoilMethod(dice: Dice, draft: Draft): void {
  if (dice.chance(75)) {
    draft.method = dice.one(METHODS);
    return;
  }
  draft.method = dice.one(ODD_METHODS);
  draft.isRough = true;
}

/** Addresses that are still in one piece as HTTP has them; some are those of another route then. */
const PATHS: ((path: string, dice: Dice) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `/v1${path}`,
  (path) => path.replace(/^\/v1/, ''),
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.replace(/\/(?=[^/]*$)/, '/../'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2F'),
  (path) => path.replace(/.$/, '%$&'),
  (path) => `${path}%00`,
  (path) => `${path}%E0%A4%A`,
  (path) => `${path}%ff%fe`,
  (path) => `${path};x=${CANARY}`,
  (path) => `${path}:generateContent`,
  (path) => `${path}/${'x'.repeat(3000)}`,
  (path) => `http://elsewhere.test${path}`,
  (path, dice) => path.slice(0, dice.below(path.length) + 1),
];
const QUERIES = [
  'alt=sse',
  'alt=%',
  'key=wrong',
  `key=${CANARY}`,
  `x=${CANARY}`,
  'days=0',
  'days=1e9&days=-1',
  'limit=99999999999999999999',
  'limit=-1',
  'before=call_zzz',
  'after=NaN',
  'since=yesterday',
  'status=6xx',
  'from=2026-13-45&to=x',
  'by=key,key,constructor',
  'format=__proto__',
  '%',
  '&&&==&',
  '%00%00',
  `${'a=1&'.repeat(500)}`,
] as const;
/** What is no address at all. */
const ROUGH_PATHS = [
  '*',
  '',
  'no-slash',
  '/ /',
  '/\u0000',
  '/\u00e4\u00f6',
  'http://',
  '//',
  '/?#[]',
] as const;

function spoilPath(dice: Dice, draft: Draft): void {
  if (dice.chance(50)) {
    draft.path += (draft.path.includes('?') ? '&' : '?') + dice.one(QUERIES);
    return;
  }
  draft.format = undefined;
  if (dice.chance(85)) {
    const [path = '', ...query] = draft.path.split('?');
    const change = dice.pick(PATHS) ?? String;
    draft.path = [change(path, dice), ...query].join('?');
    draft.isRough ||= !/^(\/|http:)/.test(draft.path);
    return;
  }
  draft.path = dice.one(ROUGH_PATHS);
  draft.isRough = true;
}

/** Headers that are well-formed, whatever they say. */
const HEADERS: [name: string, value: string][] = [
  ['content-type', 'text/plain'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', CANARY],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'br, gzip'],
  ['content-encoding', CANARY],
  ['accept', 'text/csv'],
  ['accept', 'text/event-stream'],
  ['accept', `x/${CANARY}`],
  ['accept-encoding', 'zstd, br;q=0'],
  ['authorization', 'Bearer'],
  ['authorization', `Bearer ${CANARY}`],
  ['authorization', `Basic ${CANARY}`],
  ['authorization', 'Bearer sk-osiris-00000000000000000000000000000000'],
  ['authorization', `Bearer ${'x'.repeat(5000)}`],
  ['x-api-key', CANARY],
  ['x-api-key', ''],
  ['x-goog-api-key', CANARY],
  ['x-request-id', 'a label'],
  ['x-request-id', 'x'.repeat(300)],
  ['request-id', 'label-1'],
  ['x-osiris-strict', '1'],
  ['x-osiris-strict', CANARY],
  ['anthropic-version', CANARY],
  ['anthropic-beta', `${CANARY},${'b'.repeat(2000)}`],
  ['openai-organization', CANARY],
  ['origin', `https://${CANARY}.test`],
  ['access-control-request-method', 'DELETE'],
  ['x-forwarded-for', '127.0.0.1, ::1, [::1]:80, nonsense'],
  ['x-forwarded-for', ','.repeat(500)],
  ['forwarded', 'for=unknown;proto=gopher'],
  ['cookie', `session=${CANARY}`],
  ['range', 'bytes=5-1,-0'],
  ['if-none-match', `W/"${CANARY}", *`],
  ['if-modified-since', 'never'],
  ['expect', '100-continue'],
  ['connection', 'keep-alive, close, upgrade'],
  ['x-long', 'y'.repeat(6000)],
  ['x-odd', '\u00ff\u0080\u00e9'],
  ['constructor', '__proto__'],
];
/** Headers that decide where a request ends, or that no parser need take. */
const ROUGH_HEADERS: [name: string, value: string][] = [
  ['content-length', '-1'],
  ['content-length', '0x10'],
  ['content-length', '99999999999999999999'],
  ['content-length', '3'],
  ['transfer-encoding', 'gzip'],
  ['transfer-encoding', 'identity, chunked'],
  ['host', 'second.test'],
  ['host', 'a b'],
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['bad name', 'x'],
  ['', 'x'],
  ['x-control', 'a\u0001b'],
  ['x-folded', 'a\r\n b'],
  ['x-huge', 'z'.repeat(40_000)],
];

function spoilHeaders(dice: Dice, draft: Draft): void {
  if (dice.chance(25)) {
    const lost = dice.pick(draft.headers)?.[0];
    draft.headers = draft.headers.filter(([name]) => name !== lost);
    if (lost === 'host') draft.isRough = true;
    return;
  }
  const isRough = dice.chance(20);
  const header = dice.pick(isRough ? ROUGH_HEADERS : HEADERS);
  if (!header) return;
  draft.isRough ||= isRough;
  // what is promised and never sent would be waited for
  draft.hangsUp ||= isRough && header[0] === 'content-length';
  // one of a kind, unless two of a kind are the accident
  if (!isRough && dice.chance(80)) draft.headers = draft.headers.filter(([name]) => name !== header[0]);
  draft.headers.push(header);
  if (!dice.chance(3)) return;
  draft.isRough = true;
  for (let i = 0; i < 150; i++) draft.headers.push([`x-many-${i}`, CANARY]);
}

const BODIES = [
  '',
  '[]',
  'null',
  '7',
  '"text"',
  '{}',
  '{',
  '{"model":',
  'model=x&messages=y',
  `--x\r\n${CANARY}`,
];

function spoilBody(dice: Dice, draft: Draft): void {
  const { body = Buffer.from('{}') } = draft;
  const text = Buffer.from(body).toString();
  draft.body = dice.one<() => Uint8Array>([
    () => spoilJson(dice, text),
    () => spoilJson(dice, text),
    () => spoilJson(dice, text),
    () => spoilBytes(dice, body),
    () => Buffer.from(dice.pick(BODIES) ?? ''),
    () => Buffer.from(`\ufeff${text}`),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.alloc(dice.one([10, 70_000, 1_200_000]), '[{"a":'),
    () => packed(dice, draft, body),
  ])();
}

/** Packed as its header says, or nearly. */
function packed(dice: Dice, draft: Draft, body: Uint8Array): Uint8Array {
  const [encoding, pack] = dice.one<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['gzip', () => gzipSync(Buffer.alloc(3_000_000, ' '))],
  ]);
  draft.headers.push(['content-encoding', encoding]);
  return dice.chance(70) ? pack(body) : spoilBytes(dice, pack(body));
}

/** How the body goes out: in chunks, with more or less of it than was said. */
function spoilFraming(dice: Dice, draft: Draft): void {
  draft.body ??= Buffer.from('{}');
  draft.chunks = dice.one([1, 7, 100, 5000]);
  draft.hasTrailer = dice.chance(15);
  draft.isRough ||= draft.hasTrailer;
  if (dice.chance(60)) return;
  draft.isRough = true;
  draft.hangsUp = dice.chance(70);
}
