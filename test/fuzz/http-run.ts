// Sends spoilt requests to the running program, many at once, and tells what was answered as it must not be.

import { type Gateway, startGateway } from '../support/gateway.ts';
import type { OpenApi } from '../support/openapi-rules.ts';
import { Dice } from './dice.ts';
import { spoilRequest } from './http-accidents.ts';
import { problemOf } from './http-judge.ts';
import { CANARY, type Draft, draftOf, routesOf, type World } from './http-request.ts';
import { exchange, type RawRequest } from './http-wire.ts';
import { seedsOf } from './seeds.ts';

/** Requests under way at once. */
const AT_ONCE = 16;
const ACCIDENTS_MAX = 3;
/** Pages of keys and models are limited for each. */
const KEYS = 40;
const SEEDS_EACH = 20;

export type HttpFinding = { seed: number; problem: string; request: string };
/** `answers` counts statuses; 0 stands for a connection that was closed. */
export type HttpReport = { findings: HttpFinding[]; answers: Map<number, number>; rssMax: number };

export type HttpFuzz = {
  gateway: Gateway;
  /** As many requests as `count`, from this seed on. */
  run(first: number, count: number): Promise<HttpReport>;
  /** What is wrong with the program after all of them. */
  aftermath(): Promise<string[]>;
};

export async function openHttpFuzz(): Promise<HttpFuzz> {
  const gateway = await startGateway({
    upstreams: [],
    server: { max_body: '1MB', request_timeout: '20s' },
  });
  const { id: victim } = await makeKey(gateway);
  const keys: string[] = [];
  for (let i = 0; i < KEYS; i++) keys.push((await makeKey(gateway)).key);
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApi;
  const world: World = {
    port: Number(new URL(gateway.url).port),
    keys,
    adminSecret: gateway.adminSecret,
    routes: routesOf(document, victim),
    seeds: seedsOf(SEEDS_EACH, 7),
  };
  return {
    gateway,
    run: (first, count) => run(world, gateway, first, count),
    aftermath: () => aftermath(gateway),
  };
}

async function makeKey({ url, adminSecret }: Gateway): Promise<{ id: string; key: string }> {
  const response = await fetch(`${url}/admin/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminSecret}` },
    body: JSON.stringify({ name: 'fuzz', requests_per_minute: 1_000_000, concurrent: 1000 }),
  });
  return (await response.json()) as { id: string; key: string };
}

async function run(world: World, gateway: Gateway, first: number, count: number): Promise<HttpReport> {
  const report: HttpReport = { findings: [], answers: new Map(), rssMax: 0 };
  let next = first;
  const worker = async () => {
    while (next < first + count) {
      const seed = next++;
      const draft = spoiltDraft(seed, world);
      const raw = written(new Dice(seed), draft);
      const outcome = await exchange(world.port, raw);
      const status = outcome.kind === 'answered' ? outcome.response.status : 0;
      report.answers.set(status, (report.answers.get(status) ?? 0) + 1);
      report.rssMax = Math.max(report.rssMax, gateway.rssBytes());
      const problem = problemOf(outcome, draft, world);
      if (problem !== undefined) report.findings.push({ seed, problem, request: textOf(raw) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return report;
}

/** The request of a seed; most of them have had an accident or more. */
function spoiltDraft(seed: number, world: World): Draft {
  const dice = new Dice(seed);
  const draft = draftOf(dice, world);
  for (let times = dice.below(ACCIDENTS_MAX + 1); times > 0; times--) spoilRequest(dice, draft);
  return draft;
}

/** The request as it goes over the wire. */
function written(dice: Dice, draft: Draft): RawRequest {
  const { method, path, headers, body, chunks, hangsUp } = draft;
  const framing = chunks === undefined ? `content-length: ${body?.length}` : 'transfer-encoding: chunked';
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [framing]),
    'connection: close',
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const isHead = method === 'HEAD';
  if (body === undefined) return { pieces: [head], isHead, hangsUp };
  // in one piece with its head: who is answered before it was read could be cut off while still writing
  if (chunks === undefined) return { pieces: [Buffer.concat([head, body])], isHead, hangsUp };
  const pieces = chunked(dice, body, chunks, draft);
  const sent = hangsUp ? pieces.slice(0, dice.below(pieces.length + 1)) : pieces;
  return { pieces: [head, ...sent], isHead, hangsUp };
}

const PIECES_MAX = 200;

function chunked(dice: Dice, body: Uint8Array, size: number, { isRough, hasTrailer }: Draft): Uint8Array[] {
  const step = Math.max(size, Math.ceil(body.length / PIECES_MAX));
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += step) {
    const piece = body.subarray(at, at + step);
    const length = isRough && dice.chance(10) ? dice.one(['zz', '-1', 'fffffffffffffffff', '']) : undefined;
    const extension = dice.chance(10) ? ';name="value"' : '';
    const line = `${length ?? piece.length.toString(16)}${extension}\r\n`;
    pieces.push(Buffer.concat([Buffer.from(line), piece, Buffer.from('\r\n')]));
  }
  const trailer = hasTrailer ? `x-trailer: ${CANARY}\r\n` : '';
  return [...pieces, Buffer.from(`0\r\n${trailer}\r\n`)];
}

const SHOWN_BYTES_MAX = 2000;

function textOf({ pieces }: RawRequest): string {
  const text = Buffer.concat(pieces).subarray(0, SHOWN_BYTES_MAX).toString('latin1');
  return text.replace(/(sk-osiris-[0-9a-f]{4}|osiris-admin-\w{2})[\w-]*/g, '$1…');
}

const GOOD: [path: string, body: object][] = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hello' }] }],
  ['/v1/messages', { max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] }],
  ['/v1/responses', { input: 'hello' }],
];

async function aftermath({ url, key, logs }: Gateway): Promise<string[]> {
  const problems: string[] = [];
  const ready = await fetch(`${url}/health/ready`);
  if (ready.status !== 200) problems.push(`not ready: ${await ready.text()}`);
  for (const [path, body] of GOOD) {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'sandbox/echo', ...body }),
    });
    if (answer.status !== 200 || !(await answer.text()).includes('hello'))
      problems.push(`${path} answers ${answer.status}`);
  }
  for (const [what, secret] of [
    ['a value', CANARY],
    ['a key', key],
  ] as const)
    if (logs().includes(secret)) problems.push(`${what} is in the log`);
  if (/unhandled failure|"code":"internal_error"/.test(logs()))
    problems.push('the log tells of failures of ours');
  return problems;
}
