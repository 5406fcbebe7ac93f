// Spoilt requests to every route of the compiled program: it answers each in the caller's form and stays as it was.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { problemOf } from './http-judge.ts';
import { CANARY, type Draft, routesOf } from './http-request.ts';
import { type HttpFuzz, openHttpFuzz } from './http-run.ts';
import { readResponse } from './http-wire.ts';

const TIMEOUT_MS = 300_000;
const ROUNDS = 600;
/** Far above what it takes, far below what a leak of bodies would come to. */
const RSS_BYTES_MAX = 700_000_000;

describe('a seeded run', () => {
  let fuzz: HttpFuzz;
  beforeAll(async () => {
    fuzz = await openHttpFuzz();
  }, TIMEOUT_MS);
  afterAll(() => fuzz.gateway.stop());

  test(
    `finds nothing in ${ROUNDS}, and the program is well behind it`,
    async () => {
      const { findings, answers, rssMax } = await fuzz.run(1, ROUNDS);
      expect(findings).toEqual([]);
      expect([...answers.values()].reduce((sum, times) => sum + times, 0)).toBe(ROUNDS);
      // many are understood, and every kind of refusal is among them
      expect(answers.get(200)).toBeGreaterThan(ROUNDS / 5);
      for (const status of [400, 401, 404, 405, 413]) expect(answers.get(status)).toBeGreaterThan(0);
      expect(rssMax).toBeLessThan(RSS_BYTES_MAX);
      expect(await fuzz.aftermath()).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

test('every operation of the document is asked, at a path that leads somewhere', () => {
  const paths = { '/v1beta/models/{model}:x': { post: {} }, '/admin/keys/{id}': { get: {}, patch: {} } };
  const routes = routesOf({ paths } as never, 'key_1').slice(0, 3);
  expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1beta/models/sandbox/echo:x',
    'GET /admin/keys/key_1',
    'PATCH /admin/keys/key_1',
  ]);
});

describe('the run notices', () => {
  const world = { keys: ['sk-osiris-secret'], adminSecret: 'osiris-admin-secret' };
  const draft: Draft = {
    ...{ method: 'POST', path: '/v1/messages', headers: [], body: Buffer.from(`{"text":"${CANARY}"}`) },
    ...{ format: 'anthropic-messages', chunks: undefined, hasTrailer: false, hangsUp: false },
    ...{ mayFail: false, isRough: false },
  };
  const error = {
    ...{ type: 'invalid_request_error', code: 'invalid_json', message: 'It is not JSON.', param: null },
    details: { error_code: 'invalid_json' },
  };
  const refusal = { type: 'error', error, request_id: 'a' };
  const problem = (bytes: string, changes: Partial<Draft> = {}) => {
    const response = readResponse(Buffer.from(bytes), false, true);
    if (!response) throw new Error('no response');
    return problemOf({ kind: 'answered', response }, { ...draft, ...changes }, world);
  };
  const answer = (status: number, body: unknown, headers = '') => {
    const labels = 'x-request-id: a\r\nrequest-id: a\r\n';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return problem(
      `HTTP/1.1 ${status} X\r\n${labels}${headers}content-length: ${text.length}\r\n\r\n${text}`,
    );
  };
  const bare = (status: number) => `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`;

  test('nothing in an answer as it should be', () => {
    expect(answer(400, refusal)).toBeUndefined();
    expect(answer(200, `anything, ${CANARY} too`)).toBeUndefined();
    expect(problem(bare(400), { isRough: true })).toBeUndefined();
  });
  test.each([
    ['a failure of ours', () => answer(500, refusal), /status 500/],
    ['one blamed on nobody', () => answer(503, refusal), /status 503 without a provider/],
    ['a text', () => answer(400, 'Bad Request'), /no JSON/],
    ['another format', () => answer(400, { error: { code: 400, status: 'A', message: 'm' } }), /in a form/],
    [
      'a word of another format',
      () => answer(400, { ...refusal, error: { ...error, type: 'x' } }),
      /in a form/,
    ],
    ['a wait of no length', () => answer(429, refusal), /without retry-after/],
    [
      'an echo',
      () => answer(400, { ...refusal, error: { ...error, message: CANARY } }),
      /came back in an error/,
    ],
    ['an echo in a header', () => answer(400, refusal, `x-a: ${CANARY}\r\n`), /came back in a header/],
    ['a key that comes back', () => answer(200, 'sk-osiris-secret'), /a secret came back/],
    ['an answer without labels', () => problem(bare(400)), /no label/],
    ['no answer', () => problemOf({ kind: 'hung' }, draft, world), /no answer/],
    ['a door that is shut', () => problemOf({ kind: 'closed' }, draft, world), /closed/],
    ['a bare failure of what HTTP refuses', () => problem(bare(500), { isRough: true }), /a bare 500/],
  ])('%s', (_, found, complaint) => expect(found()).toMatch(complaint));
});
